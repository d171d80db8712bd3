import { describe, expect, test } from "vitest";
import { models } from "./models.ts";
import { differences } from "./run.ts";

describe.each(Object.entries(models))("%s", (_, text) => {
  test.each([0, 1] as const)("level %i computes what the graphs mean", (level) => {
    expect(differences(text, level).found).toEqual([]);
  });
});

const deep = (layers: number): string => `model Deep {
  dim batch <= 4
  input x: [batch, 3]
  input y: [batch, 3]
  for l in 0..${layers} { x = x |> linear(3) |> sigmoid }
  loss mse(x, y)
  optimizer adam(lr = 0.1)
}`;

test("fifty layers have as many kernels as four", () => {
  const few = differences(deep(4), 1).schedule;
  const many = differences(deep(50), 1).schedule;
  expect(many.kernels.length).toBe(few.kernels.length);
});
