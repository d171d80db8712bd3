import { describe, expect, test } from "vitest";
import { atomNames, atoms } from "../../src/ir/atoms.ts";
import { Builder } from "../../src/ir/builder.ts";
import { exponentialInPlace } from "../../src/ir/in-place.ts";
import { printHelpers } from "../../src/codegen/helpers.ts";
import { TextBuilder } from "../../src/codegen/text.ts";
import { compile } from "../../src/index.ts";

/** eˣ as it is printed. */
function printed(): (x: number) => number {
  if (exponentialInPlace.form !== "lines") throw new Error("it has lines of its own");
  const { prepared, value, helpers } = exponentialInPlace;
  const out = new TextBuilder("javascript");
  printHelpers(new Set(helpers), out);
  const body = `return (x) => { const t = ${prepared("x")}; return ${value("t")}; };`;
  const made: unknown = new Function(`${out.lines.map((l) => l.text).join("\n")}\n${body}`)();
  return made as (x: number) => number;
}

describe("exp, written in place", () => {
  const exp = printed();

  test("is exact to 2⁻²⁹ wherever a 32-bit float holds it", () => {
    let worst = 0;
    for (let x = -104; x <= 89; x += 0.000731) worst = Math.max(worst, Math.abs(exp(x) / Math.exp(x) - 1));
    expect(worst).toBeLessThan(2 ** -29);
    expect(worst).toBeGreaterThan(2 ** -30);
  });

  test("is 1 at 0, keeps NaN, and is 0 or infinite in 32 bits beyond that", () => {
    expect([0, -0, NaN].map(exp)).toEqual([1, 1, NaN]);
    const single = [-104, -1e9, -Infinity, 89, 1e300, Infinity].map((x) => Math.fround(exp(x)));
    expect(single).toEqual([0, 0, 0, Infinity, Infinity, Infinity]);
    expect(Math.fround(1 / (1 + exp(Infinity)))).toBe(0);
  });
});

test("what is made of others means the same", () => {
  const b = new Builder();
  const made = atomNames.flatMap((name) => {
    const { inPlace, evaluate } = atoms[name];
    return inPlace?.form === "made" ? [{ of: inPlace.of, evaluate }] : [];
  });
  expect(made).not.toEqual([]);
  for (const { of, evaluate } of made) {
    for (const x of [-50, -1, 0, 0.3, 20]) {
      const e = of(b, [b.number(x)]);
      const value = (n: typeof e): number =>
        n.kind === "constant"
          ? n.value
          : n.kind === "apply"
            ? atoms[n.atom].evaluate(...n.args.map(value))
            : NaN;
      expect(value(e)).toBeCloseTo(evaluate(x), 12);
    }
  }
});

test("what a branch protects is not computed before it", async () => {
  const source = `model M {
    dim batch <= 4
    input x: [batch, 2]
    param w: [2] ~ ones
    z[b] = sum[j] (if x[b, j] > 0 then exp(x[b, j] * w[j]) else sigmoid(w[j]))
    loss mean(z)
    optimizer sgd(lr = 0.1)
  }`;
  const { outputs } = await compile(source, { level: 2, target: "typescript", language: "javascript" });
  const text = outputs.find((o) => o.kind === "module")!.text;
  expect(text).toContain("? Math.exp(");
});
