/** Tiles and lanes: other loops, the same numbers. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Builder } from "../../src/ir/builder.ts";
import { execute, Memory } from "../../src/ir/kernel-interpreter.ts";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import type { Call, Kernel, KernelStatement, Procedure, Schedule } from "../../src/ir/kernel.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import type { Dim, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { spreadOverLanes } from "../../src/passes/schedule/lanes.ts";
import { NameSpace } from "../../src/passes/schedule/names.ts";
import { tile } from "../../src/passes/schedule/tile.ts";
import { numbers, sizeOf } from "./build.ts";
import { models } from "./models.ts";
import { graphsOf } from "./run.ts";

type Block = readonly KernelStatement[];

/** The schedule with the body of every kernel rewritten. */
function rewritten(made: Schedule, rewrite: (body: Block) => Pick<Kernel, "scratch" | "body">): Schedule {
  const kernels = new Map<Kernel, Kernel>(made.kernels.map((k) => [k, { ...k, ...rewrite(k.body) }]));
  const call = (c: Call): Call => (c.kind === "call" ? { ...c, kernel: kernels.get(c.kernel)! } : c);
  const procedure = (p: Procedure): Procedure => ({ ...p, calls: p.calls.map(call) });
  return {
    ...made,
    kernels: [...kernels.values()],
    initialise: procedure(made.initialise),
    forward: procedure(made.forward),
    evaluate: procedure(made.evaluate),
    backward: procedure(made.backward),
    statistics: procedure(made.statistics),
    update: procedure(made.update),
  };
}

const tiled =
  (b: Builder, vector: boolean) =>
  (body: Block): Pick<Kernel, "scratch" | "body"> => {
    const names = new NameSpace();
    const { body: loops, scratch } = tile(body, names, b, vector);
    return { scratch, body: vector ? spreadOverLanes(loops, names, b) : loops };
  };

/** Everything that lasts, and the results of each pass, after some steps. */
function train(made: Schedule, graphs: ModelGraphs, count: number): Map<string, number[]> {
  const { program } = graphs;
  const dims = new Map<Dim, number>(program.dims.map((d) => [d, Math.min(count, d.maximum)]));
  const memory = new Memory(made, dims, NaN);
  for (const t of program.inputs)
    memory.set(t, numbers(sizeOf(t, dims), t.below ? sizeOf({ ...t, shape: [t.below] }, dims) : undefined));
  for (const t of program.hypers) memory.set(t, [t.value ?? 0]);
  const { seed, step, pass, training } = program.builtins;
  for (const [t, value] of [
    [seed, 7],
    [step, 1],
    [pass, 1],
    [training, 1],
  ] as const)
    memory.set(t, [value]);
  const found = new Map<string, number[]>();
  const keep = (where: string, tensors: readonly Tensor[]): void => {
    for (const t of tensors) if (t.role !== "input") found.set(`${where} ${t.name}`, [...memory.get(t)]);
  };
  execute(made.initialise, memory);
  for (let turn = 0; turn < 2; turn++) {
    for (const name of ["forward", "evaluate", "backward", "statistics", "update"] as const) {
      execute(made[name], memory);
      keep(`${turn} ${name}`, graphs[name].results);
    }
  }
  keep("at the end", [...program.parameters, ...program.states, ...program.optimizerStates]);
  return found;
}

const product = (rows: number, inner: number, columns: number): string => `model Product {
  dim batch <= 9
  input x: [batch, ${inner}]
  input t: [batch, ${rows}, ${columns}]
  param A: [${rows}, ${inner}] ~ normal()
  param B: [${inner}, ${columns}] ~ normal()
  y[b, i, j] = sum[k] A[i, k] * x[b, k] * B[k, j]
  loss mse(y, t)
  // Adam would make a whole step of a gradient that is zero but for rounding.
  optimizer sgd(lr = 0.1)
}`;

const sources: Record<string, string> = {
  ...models,
  ...Object.fromEntries(
    [
      [1, 3, 2],
      [3, 1, 5],
      [4, 4, 4],
      [5, 9, 7],
      [8, 6, 12],
      [11, 5, 19],
    ].map(([n, k, m]) => [`a product ${n}×${k}×${m}`, product(n!, k!, m!)]),
  ),
  ...Object.fromEntries(
    ["cnn", "classes"].map((name) => [
      name,
      readFileSync(new URL(`../../examples/${name}.nn`, import.meta.url), "utf8"),
    ]),
  ),
};

describe.each(Object.entries(sources))("%s", (_, text) => {
  const { graphs, context } = graphsOf(text);
  const plain = schedule(graphs, 1, context);
  const expected = [1, 4, 7].map((count) => train(plain, graphs, count));

  test("tiles change no bit", () => {
    const made = rewritten(plain, tiled(context.builder, false));
    [1, 4, 7].forEach((count, i) => expect(train(made, graphs, count)).toEqual(expected[i]));
  });

  test("lanes change the order of sums at most", () => {
    const made = rewritten(plain, tiled(context.builder, true));
    [1, 4, 7].forEach((count, i) => {
      for (const [name, cells] of train(made, graphs, count)) {
        cells.forEach((value, at) => {
          const wanted = expected[i]!.get(name)![at]!;
          const near = Object.is(value, wanted) || Math.abs(value - wanted) <= 1e-9 * (1 + Math.abs(wanted));
          if (!near) expect.fail(`${name}[${at}] of ${count} is ${value}, not ${wanted}`);
        });
      }
    });
  });
});

test("a product of matrices is sixteen sums at once, and six vectors through a panel where there are lanes", () => {
  const text = `model M { input x: [16, 8]\nparam W: [8, 24] ~ ones\noutput y = x @ W }`;
  const { graphs, context } = graphsOf(text);
  const [call] = schedule(graphs, 2, context, { isStraight: false }).forward.calls;
  const kernel = (call as Extract<Call, { kind: "call" }>).kernel;
  expect(printKernel(kernel).match(/var /g)).toHaveLength(16);
  const lanes = rewritten(schedule(graphs, 1, context), tiled(context.builder, true));
  const spread = printKernel((lanes.forward.calls[0] as Extract<Call, { kind: "call" }>).kernel);
  expect(spread.match(/var /g)).toHaveLength(6);
  expect(spread).toContain("scratch panel[8, 12]");
});
