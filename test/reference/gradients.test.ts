import { describe, expect, test } from "vitest";
import { centralDifference, checkGradients } from "../../src/reference/gradients.ts";
import { build } from "../support/model.ts";

/** The difference of f at x, where reverse mode claims `claimed`. */
const at = (f: (x: number) => number, x: number, claimed: number): number | null => {
  const cells = Float64Array.of(x);
  const error = (d: number): number => Math.abs(d - claimed) / Math.max(Math.abs(d), 1e-3);
  const found = centralDifference(() => f(cells[0]!), cells, 0, error);
  expect(cells[0]).toBe(x);
  return found;
};

describe("a difference", () => {
  test("is the derivative of a smooth function, also where another is claimed", () => {
    expect(at(Math.exp, 1, Math.E)).toBeCloseTo(Math.E, 8);
    expect(at(Math.exp, 1, 3)).toBeCloseTo(Math.E, 8);
    expect(at((x) => 1e6 * x ** 2, 1, 0)).toBeCloseTo(2e6, 0);
  });
  test("is none at a kink, and looks closer at one nearby", () => {
    expect(at(Math.abs, 0, 1)).toBeNull();
    expect(at((x) => Math.max(0, x), 0, 0)).toBeNull();
    expect(at((x) => Math.max(0, x), 1e-7, 1)).toBeNull();
    expect(at((x) => Math.max(0, x), 5e-6, 1)).toBeCloseTo(1, 8);
  });
});

test("every parameter is compared, at a point where none of its cells is zero", () => {
  const { graphs } = build(`model M {
    dim batch <= 8
    input x: [batch, 3]
    input target: distribution[batch, 2]
    input label: int[batch] < 2
    h = x |> linear(4) |> relu |> dropout(0.5)
    logits = h |> linear(2)
    loss cross_entropy(logits, label) + mse(softmax(logits), target)
    optimizer sgd(lr = 0.1)
  }`);
  const { parameters, point, hasOwnGradients } = checkGradients(graphs, { seed: 3, samples: 5 });
  expect(parameters.map((p) => [p.name, p.compared + p.skipped, p.cells])).toEqual([
    ["h.linear.W", 5, 12],
    ["h.linear.b", 4, 4],
    ["logits.linear.W", 5, 8],
    ["logits.linear.b", 2, 2],
  ]);
  for (const { error, reverse, difference } of parameters) {
    expect(error).toBeLessThan(1e-6);
    expect(Math.abs(reverse - difference)).toBeLessThan(1e-6);
  }
  expect(hasOwnGradients).toBe(false);
  expect(point.dims).toEqual({ batch: 4 });
  expect(point.lasting.get("h.linear.b")!.every((v) => v !== 0 && Math.fround(v) === v)).toBe(true);
  const rows = point.inputs.get("target")!;
  expect(rows[0]! + rows[1]!).toBeCloseTo(1, 6);
  expect([...point.inputs.get("label")!].every((v) => v === 0 || v === 1)).toBe(true);
});
