import { describe, expect, test } from "vitest";
import type { Call, Kernel, Procedure } from "../../src/ir/kernel.ts";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { isTiny } from "../../src/passes/straighten.ts";
import { models } from "./models.ts";
import { differences, graphsOf } from "./run.ts";

describe.each(Object.entries(models))("%s", (_, text) => {
  test.each([1, undefined])("as one kernel it computes what the graphs mean, of %s rows", (batch) => {
    expect(differences(text, 2, batch === undefined ? {} : { batch }, { isStraight: true }).found).toEqual(
      [],
    );
  });
});

const perceptron = (hidden: number): string => `model M {
  dim batch <= 4
  input x: [batch, 2]
  input t: [batch, 1]
  h = x |> linear(${hidden}) |> sigmoid
  output y = h |> linear(1) |> sigmoid
  loss mse(y, t)
  optimizer sgd(lr = 0.5)
}`;

const kernelsOf = (p: Procedure): Kernel[] =>
  p.calls.flatMap((c: Call) => (c.kind === "call" ? [c.kernel] : []));

describe("a tiny model", () => {
  const { graphs, context } = graphsOf(perceptron(3));
  const made = schedule(graphs, 2, context);
  const [backward, ...others] = kernelsOf(made.backward);

  test("trains in one kernel with one loop, over the batch", () => {
    expect(others).toEqual([]);
    expect(printKernel(backward!).match(/^ *for /gm)).toEqual(["  for "]);
  });

  test("keeps what it computes in locals: it stores the loss and gradients, and nothing else", () => {
    const stored = backward!.buffers.filter((x) => x.access !== "read").map((x) => x.tensor);
    expect(new Set(stored)).toEqual(new Set([graphs.program.loss, ...graphs.program.gradients]));
    expect(made.plan.slots.flatMap((s) => (s.block === "values" ? s.tensors : []))).not.toContainEqual(
      expect.objectContaining({ name: "h" }),
    );
  });

  test("computes each function of a unit once", () => {
    expect(printKernel(backward!).match(/sigmoid/g)).toHaveLength(4);
  });

  test("says above which lines which equations are computed", () => {
    const headings = JSON.stringify(backward!.body, (key, value: unknown) =>
      key === "heading"
        ? (value as { tensor: { name: string } }[]).map((s) => s.tensor.name)
        : key === "tensor" || key === "origin"
          ? 0
          : value,
    );
    expect(headings).toContain('"heading":["dh.linear.W"]');
  });
});

test("a larger one keeps its kernels, and what would be too long stays in loops", () => {
  const large = graphsOf(perceptron(2000));
  expect(isTiny(large.graphs)).toBe(false);
  expect(schedule(large.graphs, 2, large.context).backward.calls.length).toBeGreaterThan(3);
  expect(
    schedule(large.graphs, 2, large.context, { isStraight: true }).backward.calls.length,
  ).toBeGreaterThan(3);
});

test("a maximum over a window at a border goes on from turn to turn of both of its loops", () => {
  const text = `model M {
    input x: [1, 5, 5, 1]
    output y = x |> max_pool2d(3, stride = 2, pad = 1)
    output m = mean(x)
  }`;
  expect(differences(text, 2, {}, { isStraight: true }).found).toEqual([]);
});
