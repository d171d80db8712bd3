/** Loops that are split around sums: by quotient and remainder, and where conditions change. */
import { expect, test } from "vitest";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { differences, graphsOf } from "./run.ts";

/** Queries, keys and values of two heads lie side by side in the rows of one matrix. */
const attention = `layer fused(heads: int)(x: [...s, time, c]) -> [...s, time, c] {
  z = x |> linear(3 * c)
  q[...b, i, j < c] = z[...b, i, j]
  k[...b, i, j < c] = z[...b, i, c + j]
  v[...b, i, j < c] = z[...b, i, 2 * c + j]
  y = attend(split_heads(q, heads), split_heads(k, heads), split_heads(v, heads), past(time))
  return join_heads(y) |> linear(c)
}

model M {
  input x: [2, 9, 8]
  input t: [2, 9, 8]
  loss mse(x |> fused(2), t)
}`;

function kernelsOf(text: string): string[] {
  const { graphs, context } = graphsOf(text);
  return schedule(graphs, 2, context, { machine: "vector" }).kernels.map(printKernel);
}

test("heads side by side: the same numbers, from sums whose indices are plain", () => {
  expect(differences(attention, 2, {}, { machine: "vector" }).found).toEqual([]);
  const sums = kernelsOf(attention).filter((k) => k.includes("for reduce") && !k.includes("argmax"));
  expect(sums.filter((k) => /[⌊]|mod/u.test(k))).toEqual([]);
  // The gradient of the matrix is stored in parts, each of them a product of its own.
  expect(sums.some((k) => (k.match(/scratch panel/g) ?? []).length > 1)).toBe(true);
});

test("a sum under a condition is computed where the condition holds, and is zero elsewhere", () => {
  const text = `model M {
    input x: [9, 5]
    param W: [5, 12] ~ normal()
    param A: [4, 6] ~ normal()
    param B: [5, 6] ~ normal()
    z = x @ W
    p[i, j < 4] = z[i, j]
    q[i, j < 5] = z[i, 6 + j]
    loss mean(p @ A) + mean((q @ B) * (q @ B))
  }`;
  expect(differences(text, 2, {}, { machine: "vector" }).found).toEqual([]);
  const [gradient] = kernelsOf(text).filter((k) => k.startsWith("kernel d_z("));
  expect(gradient).toContain("scratch panel");
  expect(gradient).not.toContain("  if ");
});
