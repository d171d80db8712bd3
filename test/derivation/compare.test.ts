/** Central differences: the slope of what is smooth, null where there is a kink within reach. */
import { expect, test } from "vitest";
import { differenceStep as h, slopeAt, stepFor } from "../../src/derivation/compare.ts";

test("the slope of a smooth function, also where it is straight, flat, or bends at the fourth power", () => {
  expect(slopeAt((x) => Math.exp(x))).toBeCloseTo(1, 9);
  expect(slopeAt((x) => 3 * x - 7)).toBeCloseTo(3, 9);
  expect(slopeAt((x) => 1e-6 * Math.cos(x))).toBeCloseTo(0, 9);
  expect(slopeAt((x) => x + x ** 4)).toBeCloseTo(1, 9);
});

test("none at a kink, be it small, to one side, or only within the outer points", () => {
  const kink = (at: number, size: number) => (x: number) => 1 + size * Math.max(0, x - at);
  expect(slopeAt(kink(0, 1))).toBeNull();
  expect(slopeAt(kink(0, 2e-5))).toBeNull();
  expect(slopeAt(kink(0.5 * h, 1e-4))).toBeNull();
  expect(slopeAt(kink(1.5 * h, 1))).toBeNull();
  expect(slopeAt(kink(-1.5 * h, 1e-4))).toBeNull();
  for (const at of [0.3, 0.42, 0.47, 0.6, 0.9, 1.9]) expect(slopeAt(kink(at * h, 1e-4)), `${at}`).toBeNull();
  expect(slopeAt(kink(3 * h, 1))).toBe(0);
  expect(slopeAt(kink(0, 1), h, true)).toBeNull();
});

test("cells are shifted with their size, but never by so little that nothing sees it", () => {
  expect(stepFor([20, -3])).toBe(h);
  expect(stepFor([0.02, -0.5])).toBe(0.5 * h);
  expect(stepFor([0, 0])).toBe(h);
  expect(1 + stepFor([1e-77])).toBeGreaterThan(1);
});
