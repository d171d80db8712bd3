import { expect, test } from "vitest";
import { model } from "../support/model.ts";

test("a factor stays in a sum whose condition keeps it in range", () => {
  // dw runs over three places, v over two: what is read of v lies in range where some b is at least q.
  const m = model(`model M {
    param v: [2] ~ normal(0, 0.5)
    param w: [3] ~ normal(0, 0.5)
    y[b < 2] = tanh(sum[q < 2] (if q <= b then v[q] * w[q] else 0))
    loss mean(y)
    optimizer sgd(lr = 0.1)
  }`);
  expect(m.gradientError()).toBeLessThan(1e-6);
  expect(m.gradient("w")[2]).toBe(0);
});
