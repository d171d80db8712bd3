/** Updates in rows: one call for all parameters that an optimizer treats alike, and what keeps them apart. */
import { expect, test } from "vitest";
import type { Call, Level, Schedule } from "../../src/ir/kernel.ts";
import { machines } from "../../src/passes/schedule/machine.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { differences, graphsOf } from "./run.ts";

const model = (optimizer: string): string => `model Deep {
  dim batch <= 4
  input x: [batch, 3]
  input y: [batch, 3]
  a = x |> linear(5) |> sigmoid
  z = a |> linear(5) |> sigmoid
  p = z |> linear(3) |> sigmoid
  loss mse(p, y)
  ${optimizer}
}`;

function made(optimizer: string, level: Level = 2, vector = false): Schedule {
  const { graphs, context } = graphsOf(model(optimizer));
  return schedule(graphs, level, context, { machine: vector ? "vector" : "scalar" });
}

/** What the update passes to its kernels: rows by the names of the parameters and states in them. */
const passed = ({ update, plan }: Schedule): string[][] =>
  update.calls.flatMap((c: Call) => {
    if (c.kind === "clear") return [];
    const named = c.buffers.map((t) => plan.rows.find((r) => r.tensor === t)?.slots ?? t.name);
    return [named.map((x) => (typeof x === "string" ? x : x.map((s) => s.tensors[0]!.name).join(" ")))];
  });

const weights = "a.linear.W z.linear.W p.linear.W";
const all = "a.linear.W a.linear.b z.linear.W z.linear.b p.linear.W p.linear.b";
const of = (names: string, before: string, after = ""): string =>
  names
    .split(" ")
    .map((name) => before + name + after)
    .join(" ");

test("an optimizer is one call over parameters, gradients and its states", () => {
  expect(passed(made("optimizer adam(lr = 0.1)"))).toEqual([
    [of(all, "", ".adam.m"), of(all, "", ".adam.v"), all, of(all, "d")],
  ]);
});

test("below level 2 every parameter has a line of its own", () => {
  expect(made("optimizer adam(lr = 0.1)", 1).update.calls.length).toBe(6);
});

test("groups with hypers of their own are rows of their own", () => {
  const groups = made('optimizer adamw(lr = 0.1)\n  for "*.b" (decay = 0)');
  expect(passed(groups).map((row) => row[2])).toEqual([weights, weights.replaceAll("W", "b")]);
});

test("frozen parameters stand in no row", () => {
  const frozen = made('optimizer sgd(lr = 0.1)\n  freeze "z"');
  expect(passed(frozen).map(([row]) => row)).toEqual([all.replace("z.linear.W z.linear.b ", "")]);
});

test("what an update computes for all stands before the row that uses it", () => {
  const clipped = made("optimizer sgd(lr = 0.1, gradient = clip_by_norm(gradient, 1))");
  const calls = clipped.update.calls.map((c) => (c.kind === "call" ? c.buffers.length : 0));
  expect(passed(clipped).at(-1)).toEqual([all, "gradient_norm", of(all, "d")]);
  expect(calls.length).toBeGreaterThan(1);
});

test.each([
  "optimizer adam(lr = 0.1)",
  'optimizer adamw(lr = 0.1, gradient = clip_by_norm(gradient, 0.1))\n  for "*.b" (decay = 0)',
  'optimizer lamb(lr = 0.1)\n  freeze "a"',
  "optimizer momentum(lr = 0.1)\n  optimizer average(decay = 0.5)",
])("%s: rows compute what the graphs mean", (optimizer) => {
  expect(differences(model(optimizer), 2).found).toEqual([]);
});

test("a target of vectors begins every slot on a cache line, and counts what is between", () => {
  const { plan, update } = made("optimizer sgd(lr = 0.1)", 2, true);
  const fixed = plan.slots.filter((s) => s.block !== "values");
  for (const { size } of fixed) expect(size.constant % machines.vector.alignment.cells).toBe(0);
  const [call] = update.calls;
  // 15 + 1, 5 + 11, 25 + 7, 5 + 11, 15 + 1 and 3 cells.
  expect(call).toMatchObject({ dims: [16 + 16 + 32 + 16 + 16 + 3] });
});
