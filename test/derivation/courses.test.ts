/** The notations of the courses, as their slides print them: what each must say, and the whole text as a golden. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failures } from "../../src/derivation/derivation.ts";
import type { PrintOptions } from "../../src/derivation/print.ts";
import { printDerivation } from "../../src/derivation/print.ts";
import type { ExplainOptions } from "../../src/index.ts";
import { explain } from "../../src/index.ts";

const courses = join(import.meta.dirname, "../../examples/courses");

/** The printed text; how far off rounding was depends on the machine. */
function printed(file: string, print: PrintOptions, options: ExplainOptions = {}): string {
  const source = readFileSync(join(courses, file), "utf8");
  const { derivation, problem } = explain(source, { file, ...options });
  expect(problem).toBeUndefined();
  expect(failures(derivation!)).toEqual([]);
  return printDerivation(derivation!, print).replace(/\b\d+e-\d+\b/g, "…");
}

/** One space for many, so that columns may move. */
const lines = (text: string): string[] => text.split("\n").map((l) => l.trim().replace(/ +/g, " "));

const saysAll = (text: string, expected: readonly string[]): void => {
  const found = lines(text);
  for (const line of expected) expect(found).toContainEqual(expect.stringContaining(line));
};

test("no line of any notation is wider than 100 columns", async () => {
  for (const as of ["index", "matrix", "delta", "steps", "table"] as const) {
    const text = printed("d/09-layers.nn", { as, detail: 3 }, { code: true });
    expect(text.split("\n").filter((l) => [...l.normalize("NFC")].length > 100)).toEqual([]);
  }
});

test("A.1: the gradients of a linear map, in indices and in matrices", async () => {
  const index = printed("a/01-linear-map.nn", {});
  saysAll(index, [
    "dx[i] = Σ_j W[i, j]·dŷ[j]",
    "dW[i, j] = x[i]·dŷ[j]",
    "j does not occur in x[i]: every j contributes",
  ]);
  const matrix = printed("a/01-linear-map.nn", { as: "matrix" });
  saysAll(matrix, ["ŷ = Wᵀ x", "dx = W dŷ", "dW = x dŷᵀ"]);
  await expect(index).toMatchFileSnapshot("golden/A.1-index.txt");
  await expect(matrix).toMatchFileSnapshot("golden/A.1-matrix.txt");
});

test("B.5: addition distributes, multiplication switches, max routes", async () => {
  const gates = printed("b/05-gates.nn", { as: "table" }, { model: "Gates", sample: { x: -2, y: 5, z: 4 } });
  saysAll(gates, [
    "q x + y distributes 3",
    "f q·z switches 12",
    "∂f/∂x = z = 4",
    "∂f/∂y = z = 4",
    "∂f/∂z = q = 3",
  ]);
  const larger = printed("b/05-gates.nn", { as: "table" }, { model: "Larger" });
  saysAll(larger, ["q max(x, y) routes", "∂f/∂x = z·[x ≥ q]", "∂f/∂y = z·[x < q]"]);
  await expect(`${gates}\n${larger}`).toMatchFileSnapshot("golden/B.5.txt");
});

test("B.6: the neuron as a circuit, with the numbers of the course", async () => {
  const sample = { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 };
  const text = printed("b/06-circuit.nn", { as: "table" }, { sample });
  saysAll(text, ["f 1/one_more 0.731059", "−0.196612", "∂f/∂x0 = f²·power·w0 = 0.393224"]);
  saysAll(text, [
    "∂f/∂w1 = f²·power·x1 = −0.393224",
    "∂f/∂x1 = f²·power·w1 = −0.589836",
    "∂f/∂w2 = f²·power = 0.196612",
  ]);
  await expect(text).toMatchFileSnapshot("golden/B.6.txt");
});

test("C.2: the cancellation, raw, rule by rule, then ŷ − y", async () => {
  const text = printed("c/02-simplification.nn", {}, { model: "Sigmoid" });
  saysAll(text, [
    "dŷ = dL·((1 − y)/(1 − ŷ) − y/ŷ)",
    "= (ŷ − y)/((1 − ŷ)·ŷ) cancel (ℝ)",
    "dz = dŷ·ŷ·(1 − ŷ)",
    "= (ŷ − y)/((1 − ŷ)·ŷ)·ŷ·(1 − ŷ) with dŷ written out",
    "= ŷ − y cancel (ℝ)",
  ]);
  await expect(text).toMatchFileSnapshot("golden/C.2.txt");
});

test("C.2: softmax and cross-entropy, with class ids", async () => {
  const text = printed("c/02-simplification.nn", {}, { model: "ClassIds" });
  saysAll(text, ["= p[b, j] − [j = label[b]]"]);
  await expect(text).toMatchFileSnapshot("golden/C.2-class-ids.txt");
});

test("C.3: the recipe of δ, for three layers and for any", async () => {
  const text = printed("c/03-recipe.nn", { as: "delta" });
  saysAll(text, [
    "δ³ = a³ − y δᴸ = aᴸ − y",
    "∂loss/∂W³ = δ³ (a²)ᵀ ∂loss/∂Wˡ = δˡ (aˡ⁻¹)ᵀ",
    "δ² = (W³)ᵀ δ³ ⊙ σ′(z²) δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ′(zˡ)",
    "= (W³)ᵀ δ³ ⊙ a² ⊙ (1 − a²)",
    "∂loss/∂b¹ = δ¹ ∂loss/∂bˡ = δˡ",
    "∂loss/∂W¹ = δ¹ (a⁰)ᵀ",
  ]);
  await expect(text).toMatchFileSnapshot("golden/C.3.txt");
});

test("C.4: five atomic steps, ending in L²·z4·x", async () => {
  const text = printed("c/04-circuit.nn", { as: "table" });
  saysAll(text, [
    "z4 ∂L/∂z4 = −L² ∂L/∂L · ∂L/∂z4 −L²",
    "z2 ∂z3/∂z2 = −1 ∂L/∂z3 · ∂z3/∂z2 L²·z4",
    "∂L/∂w = L²·z4·x",
  ]);
  await expect(text).toMatchFileSnapshot("golden/C.4.txt");
});

test("C.6: two paths are added", async () => {
  const text = printed("c/06-two-paths.nn", { as: "table" });
  saysAll(text, ["copied: gradients are summed", "∂L/∂w = 2·z1·w + z2·x"]);
  await expect(text).toMatchFileSnapshot("golden/C.6.txt");
});

test("C.8: the hand calculation, with its numbers and central differences", async () => {
  const text = printed("c/08-by-hand.nn", {}, { sample: { x: [0.5, 1], y: 1 } });
  saysAll(text, [
    "= 0.795493",
    "= 0.228794",
    "= −0.204507",
    "(−0.138897, −0.138897)",
    "= (−0.0445611, −0.0445611)",
  ]);
  saysAll(text, ["Central differences, h = …: (−0.0222806, −0.0222806, −0.0445611, −0.0445611)"]);
  await expect(text).toMatchFileSnapshot("golden/C.8.txt");
});

test("D.3: J = 2(ab + c)", async () => {
  const text = printed("d/03-circuit.nn", { as: "table" }, { sample: { a: 3, b: 2, c: 5 } });
  saysAll(text, ["J 2·v 22", "∂J/∂a = 2·b = 4", "∂J/∂b = 2·a = 6", "∂J/∂c = 2 = 2"]);
  await expect(text).toMatchFileSnapshot("golden/D.3.txt");
});

test("E.2: steps B1, B2, B3", async () => {
  const text = printed("e/02-logistic.nn", { as: "steps" });
  const found = lines(text);
  const places = [
    "B1 ",
    "da = (1 − y)/(1 − a) − y/a",
    "B2 ",
    "dz = da·a·(1 − a)",
    "= a − y cancel (ℝ)",
    "B3 ",
  ].map((l) => found.findIndex((x) => x.startsWith(l)));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  saysAll(text, ["= x[k]·(a − y)", "= a − y"]);
  await expect(text).toMatchFileSnapshot("golden/E.2.txt");
});

test("E.3: da, dz, dW, db of each layer, from the last to the first", async () => {
  const text = printed("e/03-layers.nn", { as: "steps" }, { sizes: { L: 3 } });
  const order = lines(text)
    .map((l) => /^(d[azWb][¹²³])(?:\[| )/.exec(l)?.[1])
    .filter((x) => x !== undefined);
  expect(order).toEqual(
    [3, 2, 1]
      .flatMap((l) => ["a", "z", "W", "b"].map((x) => `d${x}${"¹²³"[l - 1]!}`))
      .filter((x) => x !== "da¹" || order.includes(x)),
  );
  await expect(text).toMatchFileSnapshot("golden/E.3.txt");
});

test("E.5: a mini-batch, in matrices: 1/m once, where the mean is", async () => {
  const text = printed("e/05-mini-batch.nn", { as: "matrix", layout: "columns" });
  saysAll(text, ["dz2 = (a2 − y)/m", "dW1 = x dz1ᵀ", "db1 = dz1 1"]);
  expect(text.match(/\/m\b/g)!.length).toBe(2);
  await expect(text).toMatchFileSnapshot("golden/E.5.txt");
});
