/** What attention promises beyond its formula: which sizes it takes, what is seen, what positions do to a product. */
import { expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { model, numbers } from "../support/model.ts";

const mistakeOf = (call: string): unknown =>
  check(`model M { input x: [2, 3, 5]; output y = ${call} }`).diagnostics.map((d) => [d.code, d.message]);

test.each([
  [
    "x |> multi_head_attention(2)",
    "`multi_head_attention` can't be used here: `heads` must divide the last dimension of x",
  ],
  [
    "rotary(x)",
    "`rotary` can't be used here: the last dimension must be even, because numbers are turned in pairs",
  ],
])("%s is a mistake of its caller", (call, message) => {
  expect(mistakeOf(call)).toEqual([["NN2038", message]]);
});

test("a causal block sees no later place", () => {
  const m = model(`model M {
    input x: [1, 5, 4]
    output y = x |> transformer_block(2, causal = true)
  }`);
  const x = numbers(20);
  const changed = x.map((value, i) => (i < 12 ? value : -2 * value));
  const [before, after] = [x, changed].map((values) => m.forward({ x: values })["y"]!);
  expect(after!.slice(0, 12)).toEqual(before!.slice(0, 12));
  expect(after!.slice(12)).not.toEqual(before!.slice(12));
});

test("what is not allowed has no influence, and who may look at nothing gets 0", () => {
  const m = model(`model M {
    input allowed: bool[2, 3]
    param q: [2, 4] ~ normal
    param k: [3, 4] ~ normal
    param v: [3, 2] ~ normal
    output y = attend(q, k, v, allowed)
    loss sum(y)
  }`);
  const allowed = [1, 0, 1, 0, 0, 0];
  expect(m.forward({ allowed })["y"]!.slice(2)).toEqual([0, 0]);
  m.backward({ allowed });
  const perPlace = (name: string, width: number): boolean[] =>
    Array.from({ length: m.gradient(name).length / width }, (_, i) =>
      m
        .gradient(name)
        .slice(i * width, (i + 1) * width)
        .every((d) => d === 0),
    );
  expect(perPlace("q", 4)).toEqual([false, true]);
  expect(perPlace("k", 4)).toEqual([false, true, false]);
  expect(perPlace("v", 2)).toEqual([false, true, false]);
});

test("products of turned queries and keys depend on the distance of their places only", () => {
  const m = model(`model M {
    input q: [6]
    input k: [6]
    repeated_q[p < 8, j] = q[j]
    repeated_k[p < 8, j] = k[j]
    turned_q = rotary(repeated_q)
    turned_k = rotary(repeated_k)
    output y[a, b] = sum[j] turned_q[a, j] * turned_k[b, j]
  }`);
  const y = m.forward({ q: numbers(6, 1), k: numbers(6, 2) })["y"]!;
  for (let a = 0; a < 7; a++) {
    for (let b = 0; b < 7; b++) expect(y[(a + 1) * 8 + b + 1]).toBeCloseTo(y[a * 8 + b]!, 12);
  }
  expect(Math.abs(y[1]! - y[0]!)).toBeGreaterThan(1e-3);
});
