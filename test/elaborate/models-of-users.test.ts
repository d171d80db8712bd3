/** Models as people write them for real tasks, small: their gradients are right, they learn, and compiled they do so alike. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Affine, Tensor } from "../../src/ir/types.ts";
import { load } from "../support/generated.ts";
import { Model, build, numbers } from "../support/model.ts";

const home = join(dirname(fileURLToPath(import.meta.url)), "users");
const names = readdirSync(home).map((file) => file.replace(".nn", ""));
const textOf = (name: string): string => readFileSync(join(home, `${name}.nn`), "utf8");

/** Repeatable data for one input: integers below their bound, rows that sum to 1, zeros and ones, or numbers. */
function dataFor(m: Model, input: Tensor, seed: number): number[] {
  const valueOf = (e: Affine): number =>
    e.terms.reduce(
      (sum, t) => sum + t.factor * (t.atom.kind === "dim" ? m.dims.get(t.atom)! : NaN),
      e.constant,
    );
  const extents = input.shape.map(valueOf);
  const drawn = numbers(
    extents.reduce((n, e) => n * e, 1),
    seed,
  );
  if (input.type === "i32") return drawn.map((v) => Math.floor(((v + 1) / 2) * valueOf(input.below!)));
  const last = extents.at(-1) ?? 1;
  if (input.distribution) return drawn.map((_, i) => (i % last === seed % last ? 1 : 0));
  return input.name === "mask" || input.name === "tags" ? drawn.map((v) => (v < 0 ? 0 : 1)) : drawn;
}

const inputsOf = (m: Model): Record<string, number[]> =>
  Object.fromEntries(m.program.inputs.map((input, k) => [input.name, dataFor(m, input, k + 3)]));

describe.each(names)("%s", (name) => {
  const m = new Model(build(textOf(name)));
  const inputs = inputsOf(m);
  // The generator of two adversaries climbs where the judge descends.
  const descends = name !== "adversaries";

  test.runIf(descends)("has the gradients of central differences", () => {
    expect(m.gradientError(inputs, 1e-5, 2)).toBeLessThan(1e-5);
  });

  test("learns, and at level 2 just so", async () => {
    const losses = Array.from({ length: 12 }, () => m.step(inputs));
    if (descends) expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    const { outputs, diagnostics } = await compile(textOf(name), { level: 2, language: "javascript" });
    expect(diagnostics).toEqual([]);
    const module = await load(outputs.find((o) => o.kind === "module")!.text, m.program.name);
    const dims = m.program.dims.filter((d) => d.varies !== "call").map((d) => [d.name, d.maximum]);
    const compiled = module.create({ seed: 1, ...Object.fromEntries(dims) });
    for (const loss of losses.slice(0, 4)) {
      const own = compiled.step(inputs);
      expect(Math.abs(own - loss)).toBeLessThan(1e-4 * (1 + Math.abs(loss)));
    }
  });
});
