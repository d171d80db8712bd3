/** A loss of the library, whose 0·log 0 is no matter of a lecture, comes out as the lecture writes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PrintOptions } from "../../src/derivation/print.ts";
import { printDerivation } from "../../src/derivation/print.ts";
import { explain } from "../../src/index.ts";

const xor = readFileSync(join(import.meta.dirname, "../../examples/xor.nn"), "utf8");

const print = (source: string, as: PrintOptions["as"]): string => {
  const { derivation } = explain(source);
  return printDerivation(derivation!, { as });
};

test("binary cross-entropy of a sigmoid: p − y, with its two fractions on the way", () => {
  const steps = print(xor, "steps");
  expect(steps).not.toContain(" if ");
  expect(steps).toContain("da²[b, i] = −(y[b, i]/a²[b, i] − (1 − y[b, i])/(1 − a²[b, i]))/batch\n");
  expect(steps).toContain("= (a²[b, j] − y[b, j])/batch    cancel (ℝ)\n");
  expect(steps).toContain("Left out: what the source says for single points");
});

test("the layer below it, though its sum over one output is written out, is a product of matrices", () => {
  const delta = print(xor, "delta");
  expect(delta).toContain("δ²        = (a² − y)/batch       δᴸ = (aᴸ − y)/batch\n");
  expect(delta).toContain("δ¹        = W² δ² ⊙ tanh′(z¹)    δˡ = Wˡ⁺¹ δˡ⁺¹ ⊙ tanh′(zˡ)\n");
});

test("cross-entropy of a softmax: what the module computes, where that is shorter", () => {
  const source = `model M {
  dim batch <= 4
  input x: [batch, 3]
  input label: int[batch] < 5
  z = x |> linear(5)
  output p = softmax(z)
  loss cross_entropy(z, label)
  optimizer sgd(lr = 0.1)
}`;
  expect(print(source, "index")).toContain("as the module computes it");
});

test("a mask of zeros and ones is no single point", () => {
  const source = `model M {
  dim batch <= 4
  input x: [batch, 3]
  param w: [3] ~ ones
  mask = if x > 0 then 1 else 0
  loss mean(if mask == 1 then x * w else w * w)
}`;
  const index = print(source, "index");
  expect(index).toContain("if mask");
  expect(index).not.toContain("Left out");
});
