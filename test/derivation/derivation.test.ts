/** What a derivation says about small models, and that its checks can fail. */
import { expect, test } from "vitest";
import type { Derivation } from "../../src/derivation/derivation.ts";
import { checksOf, failures } from "../../src/derivation/derivation.ts";
import { printDerivation } from "../../src/derivation/print.ts";
import { lineText, textOf } from "../../src/derivation/text.ts";
import type { ExplainOptions } from "../../src/index.ts";
import { explain } from "../../src/index.ts";

function derive(source: string, options: ExplainOptions = {}): Derivation {
  const { derivation, diagnostics, problem } = explain(source, options);
  if (problem !== undefined) throw new Error(problem);
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  return derivation!;
}

const layer = `
model Layer {
  dim batch <= 8
  input x: [batch, 3]
  input y: [batch]
  param W: [3] ~ zeros
  z[i] = sum[k] x[i, k] * W[k]
  p = sigmoid(z)
  loss -mean[i] (y[i] * log(p[i]) + (1 - y[i]) * log(1 - p[i]))
}`;

test("a step tells who reads, what arrives, the local gradient, and why which index is summed", () => {
  const [target] = derive(layer).targets;
  const step = target!.backward.find((s) => s.wrt === "W")!;
  expect(step).toMatchObject({ ref: "dW", shape: ["3"], isResult: true, into: [], readBy: [] });
  const [contribution, ...more] = step.contributions;
  expect(more).toEqual([]);
  expect(contribution).toMatchObject({ kind: "chain", reader: "z", summed: ["i"] });
  expect(textOf(contribution!.read!)).toBe("W[k]");
  expect(textOf(contribution!.upstream!)).toBe("dz[i]");
  expect(textOf(contribution!.local!)).toBe("x[i, k]");
  expect(lineText(contribution!.line)).toBe("dW[k] = Σ_i x[i, k]·dz[i]");
  expect(contribution!.words[0]).toBe(
    "i does not occur in W[k]: every i contributes, so their sum is taken.",
  );
});

test("simplification is told equation by equation, with what was written in, and what was absorbed where", () => {
  const [target] = derive(layer).targets;
  const step = target!.backward.find((s) => s.wrt === "z")!;
  expect(step.result.map((l) => lineText(l))).toEqual(["dz[i] = (p[i] − y[i])/batch"]);
  const rewrite = target!.simplify[step.rewrites.at(-1)!]!;
  expect(rewrite.rules).toContainEqual({ name: "cancel", realOnly: true });
  expect(rewrite.through).toContain("dp");
  expect(target!.backward.find((s) => s.wrt === "p")).toMatchObject({ result: [], into: ["dz"] });
});

test("every step is checked, and all of it is plain data", () => {
  const derivation = derive(layer);
  expect(failures(derivation)).toEqual([]);
  expect(checksOf(derivation).length).toBeGreaterThan(15);
  expect(checksOf(derivation).every(({ check }) => check.cells > 0)).toBe(true);
  expect(JSON.parse(JSON.stringify(derivation))).toEqual(derivation);
});

test("a wrong gradient given by hand is found, at its own step", () => {
  const wrong = derive(`
fn relu_bad(x) = max(0, x)
  with gradient(x, dy) = dy
model Bad {
  input x: [6]
  param w: [6] ~ zeros
  z = w * x
  h = relu_bad(z)
  loss sum((h - 1)^2)
}`);
  const found = failures(wrong);
  expect(found.length).toBeGreaterThan(0);
  expect(found.map((f) => f.ref)).toContain("dz");
  expect(found[0]!.check.difference).toBeGreaterThan(0.1);
});

test("what stop_gradient holds fixed is fixed in the checks too", () => {
  const straightThrough = derive(`
model Rounded {
  input x: [4]
  param w: [4] ~ zeros
  z = w * x
  q = z + stop_gradient(floor(z) - z)
  loss sum(q^2)
}`);
  expect(failures(straightThrough)).toEqual([]);
});

test("two paths are two contributions of one step", () => {
  const [target] = derive(`
model TwoPaths {
  input w: []
  input x: []
  a = w * x
  b = w^2
  output L = a * b
  output dw = grad(L, w)
}`).targets;
  const step = target!.backward.find((s) => s.wrt === "w")!;
  expect(step.contributions.map((c) => c.reader)).toEqual(["b", "a"]);
  expect(step.contributions.map((c) => c.line.accumulate)).toEqual([false, true]);
});

test("one gradient can be asked for: of a parameter, of an input, of a definition, by either name", () => {
  const results = (gradient: string): string[] =>
    derive(layer, { gradient }).targets.flatMap((t) =>
      t.backward.filter((s) => s.isResult).map((s) => s.wrt),
    );
  expect(results("W")).toEqual(["W"]);
  expect(results("dW")).toEqual(["W"]);
  expect(results("x")).toEqual(["x"]);
  expect(results("p")).toEqual(["p"]);
  expect(() => derive(layer, { gradient: "V" })).toThrow("there is no gradient by `V`: Layer has `W`");
});

test("a model that asks for no gradient needs to be told of what", () => {
  const source = "model M {\n  input x: [2]\n  output f = sum(x^2)\n}\n";
  expect(() => derive(source)).toThrow("say which scalar to differentiate");
  expect(derive(source, { of: "f" }).targets[0]!.backward.at(-1)).toMatchObject({ wrt: "x" });
});

test("a sample gives numbers to every step, and central differences beside them", () => {
  const sample = { x: [[1, 2, 3]], y: [1], W: [0.5, -0.5, 0.25] };
  const [target] = derive(layer, { sample }).targets;
  const step = target!.backward.find((s) => s.wrt === "W")!;
  const p = 1 / (1 + Math.exp(-0.25));
  step.numbers!.cells.forEach((v, k) => expect(v).toBeCloseTo((p - 1) * (k + 1), 12));
  expect(step.differences!.deviation).toBeLessThan(1e-9);
  expect(target!.names.find((n) => n.ref === "z")!.numbers).toEqual({ shape: [1], cells: [0.25], count: 1 });
});

test("differences say where there is no slope to compare with", () => {
  const source = "model M {\n  param w: [2] ~ zeros\n  input x: [2]\n  loss sum(relu(x * w))\n}\n";
  const said = (w: number[]): string =>
    printDerivation(derive(source, { sample: { x: [1, 2], w } }), { format: "text" }).replace(/\s+/g, " ");
  expect(said([0, 0])).toContain("none, since no cell lies where the loss is finite and has no kink.");
  expect(said([0, 3])).toContain("(at a kink, 2); off by");
});

test.each([
  [{ y: [1] }, "the sample lacks `x` [batch, 3]"],
  [{ x: [[1, 2]], y: [1] }, "`x` must be [batch, 3], but the sample has [1, 2]"],
  [
    {
      x: [
        [1, 2, 3],
        [1, 2],
      ],
      y: [1],
    },
    "`x` has rows of different lengths: [3] and [2]",
  ],
  [{ x: [[1, 2, 3]], y: [1, 0] }, "`batch` is 1 in one place and 2 in `y`"],
  [{ x: [[1, 2, "a"]], y: [1] }, '`x` must be a number or an array of numbers, but holds "a"'],
  [{ x: [[1, 2, 3]], y: [1], v: 1 }, "`v` is no input and no parameter: there are `x`, `y`, `W`"],
])("a sample that does not fit is explained: %j", (sample, message) => {
  expect(() => derive(layer, { sample })).toThrow(message);
});

test("a model that asks for a gradient itself, beside a loss of the library that counts 0·log 0 as 0", () => {
  const { derivation } = explain(`model M {
    input z: [4]
    input y: [4]
    p = sigmoid(z)
    L = sum(p * y)
    output library = binary_cross_entropy(p, y)
    output dz = grad(L, z)
  }`);
  expect(derivation!.targets.map((t) => t.of)).toEqual(["L"]);
  expect(failures(derivation!)).toEqual([]);
});
