import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { schedule } from "../../src/passes/schedule.ts";
import { models } from "./models.ts";
import { differences, graphsOf } from "./run.ts";

describe.each(Object.entries(models))("%s", (_, text) => {
  test.each(levels)("level %i computes what the graphs mean", (level) => {
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

test("layers that are equal add calls, not kernels", () => {
  const kernels = (layers: number): number => {
    const { graphs, context } = graphsOf(deep(layers));
    return schedule(graphs, 1, context).kernels.length;
  };
  expect(kernels(20)).toBe(kernels(4));
});
