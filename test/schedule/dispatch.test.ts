/** Schedules for a GPU compute what the graphs mean, in whatever order the turns that are launched run. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Builder } from "../../src/ir/builder.ts";
import type { Call, Kernel, KernelStatement, Schedule } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import { mapStatement } from "../../src/ir/kernel-walk.ts";
import type { Launch } from "../../src/ir/launch.ts";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import type { Index } from "../../src/ir/types.ts";
import { chainOf, withIndex } from "../../src/passes/dispatch/nest.ts";
import { machines } from "../../src/passes/schedule/machine.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { compare } from "./build.ts";
import { models } from "./models.ts";
import { generate, statements } from "./random-graphs.ts";
import { differences, graphsOf } from "./run.ts";

const gpu = { machine: "gpu" } as const;

/** The loops that are launched, outer before inner. */
const loopsOf = (launch: Launch): readonly Index[] =>
  launch.kind === "tiles" ? [...launch.batch, ...launch.rows, ...launch.columns] : launch.loops;

/** The same schedule, but the turns of launched loops are done from the last to the first. */
function backwards(made: Schedule, b: Builder): Schedule {
  const kernels = new Map(
    made.kernels.map((k): [Kernel, Kernel] => {
      const launched = new Set<Index>(loopsOf(made.launches!.get(k)!));
      return [k, { ...k, body: turned(k.body, launched, b) }];
    }),
  );
  const call = (c: Call): Call => (c.kind === "call" ? { ...c, kernel: kernels.get(c.kernel)! } : c);
  const names = ["initialise", "forward", "evaluate", "backward", "statistics", "update"] as const;
  const procedures = names.map((n) => [n, { ...made[n], calls: made[n].calls.map(call) }] as const);
  return { ...made, ...Object.fromEntries(procedures), kernels: [...kernels.values()] };
}

const turned = (
  block: readonly KernelStatement[],
  launched: ReadonlySet<Index>,
  b: Builder,
): readonly KernelStatement[] =>
  block.map((s) => {
    const inside = mapStatement(
      s,
      (e) => e,
      (inner) => turned(inner, launched, b),
    );
    if (inside.kind !== "loop" || !launched.has(inside.index)) return inside;
    const last = b.minus(inside.index.extent, b.plus(inside.index, 1));
    return { ...inside, body: withIndex(inside.body, inside.index, last, b) };
  });

/** What a GPU is promised of every kernel and every call. */
function expectLaunchable(made: Schedule, b: Builder): void {
  const procedures = [
    made.initialise,
    made.forward,
    made.evaluate,
    made.backward,
    made.statistics,
    made.update,
  ];
  for (const c of procedures.flatMap((p) => p.calls)) {
    expect(c.kind).toBe("call");
    if (c.kind === "call") expect(made.kernels).toContain(c.kernel);
  }
  for (const kernel of made.kernels) {
    const { loops } = chainOf(kernel.body);
    for (const l of loops)
      expect([b.constantOf(l.from), l.to, l.step, l.lanes]).toEqual([
        0,
        l.index.extent,
        undefined,
        undefined,
      ]);
    const launched = loopsOf(made.launches!.get(kernel)!);
    const outer = loops.slice(0, launched.length).map((l) => l.index);
    expect(outer.filter((i) => launched.includes(i))).toEqual(outer);
    if (made.level > 0 && kernel.statements.length > 1)
      expect(kernel.buffers.length, printKernel(kernel)).toBeLessThanOrEqual(machines.gpu.mostBuffers);
  }
  expect(new Set(made.kernels.map((k) => k.name)).size).toBe(made.kernels.length);
}

const folder = new URL("../../examples/", import.meta.url);
const examples = readdirSync(folder)
  .filter((name) => name.endsWith(".nn"))
  .map((name): [string, string] => [name, readFileSync(new URL(name, folder), "utf8")]);

describe.each(Object.entries(models))("%s", (_, text) => {
  test.each(levels)("level %i computes what the graphs mean, in any order", (level) => {
    expect(differences(text, level, {}, gpu).found).toEqual([]);
    expect(differences(text, level, {}, gpu, backwards).found).toEqual([]);
  });
});

describe.each([...Object.entries(models), ...examples])("%s", (_, text) => {
  test.each(levels)("level %i is made of nests that can be launched", (level) => {
    const { graphs, context } = graphsOf(text);
    expectLaunchable(schedule(graphs, level, context, gpu), context.builder);
  });
});

test("a schedule of any graph computes what the graph means, in any order", () => {
  const property = fc.property(statements, (choices) => {
    for (const level of levels) {
      for (const change of [undefined, backwards]) {
        const { s, results } = generate(choices);
        const { schedule: made, differences: found } = compare(
          s,
          s.graphs(results),
          level,
          new Map(),
          new Map(),
          gpu,
          change,
        );
        expect(found).toEqual([]);
        if (!change) expectLaunchable(made, s.b);
      }
    }
  });
  fc.assert(property, { numRuns: 40 });
});
