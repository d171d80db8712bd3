/** Schedules for a GPU compute what the graphs mean, in whatever order the turns that are launched run. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Builder } from "../../src/ir/builder.ts";
import type { Call, Kernel, KernelStatement, Schedule } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import { mapStatement } from "../../src/ir/kernel-walk.ts";
import { foldsOf } from "../../src/ir/folds.ts";
import { nestOf } from "../../src/ir/nest.ts";
import type { Launch } from "../../src/ir/launch.ts";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import type { Index } from "../../src/ir/types.ts";
import type { Device } from "../../src/passes/dispatch/cost.ts";
import { withIndex } from "../../src/passes/dispatch/nest.ts";
import { machines } from "../../src/passes/schedule/machine.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { compare } from "./build.ts";
import { models } from "./models.ts";
import { generate, statements } from "./random-graphs.ts";
import { differences, graphsOf } from "./run.ts";

const gpu = { machine: "gpu" } as const;
/** A device on which workgroups share whatever they can. */
const shares: Device = {
  full: 1e9,
  dispatch: 1e9,
  meeting: 0,
  scattered: 1,
  gain: 0,
  addition: 1e9,
  fewestTurns: 2,
  fewestInVectors: 4096,
};
/** A device on which sums are split wherever they can be. */
const splits: Device = { ...shares, dispatch: -1e9, meeting: 1e9, gain: -1e9 };
const devices: readonly (Device | undefined)[] = [undefined, shares, splits];

/** The loops that are launched, outer before inner. */
const loopsOf = (launch: Launch): readonly Index[] =>
  launch.kind === "tiles" ? [...launch.batch, ...launch.rows, ...launch.columns] : launch.loops;

/** The same schedule, but the turns of launched and of shared loops are done from the last to the first. */
function backwards(made: Schedule, b: Builder): Schedule {
  const kernels = new Map(
    made.kernels.map((k): [Kernel, Kernel] => {
      const launch = made.launches!.get(k)!;
      const launched = new Set([...loopsOf(launch), ...(launch.kind === "rows" ? launch.shared : [])]);
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
    // Of equals, the first stays.
    if (foldsOf(inside)?.some((f) => f.kind === "position")) return inside;
    const last = b.minus(b.plus(inside.from, inside.to), b.plus(inside.index, 1));
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
    const { loops } = nestOf(kernel.body);
    for (const l of loops)
      expect([b.constantOf(l.from), l.to, l.step, l.lanes]).toEqual([
        0,
        l.index.extent,
        undefined,
        undefined,
      ]);
    const launched = loopsOf(made.launches!.get(kernel)!);
    const launch = made.launches!.get(kernel)!;
    if (launch.kind === "rows") {
      const { leaf } = nestOf(kernel.body);
      const inLeaf = leaf.filter((s) => s.kind === "loop");
      for (const index of launch.shared) {
        const loop = inLeaf.find((l) => l.index === index);
        expect(loop && (loop.role === "map" || foldsOf(loop) !== undefined)).toBe(true);
      }
    }
    const outer = loops.slice(0, launched.length).map((l) => l.index);
    expect(outer.filter((i) => launched.includes(i))).toEqual(outer);
    const isJoined = kernel.body.some((s) => s.heading);
    if (made.level > 0 && kernel.statements.length > 1 && !isJoined)
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
    for (const device of level === 0 ? [undefined] : devices) {
      const options = { ...gpu, ...(device && { device }) };
      expect(differences(text, level, {}, options).found).toEqual([]);
      expect(differences(text, level, {}, options, backwards).found).toEqual([]);
    }
  });
});

describe.each([...Object.entries(models), ...examples])("%s", (_, text) => {
  test.each(levels)("level %i is made of nests that can be launched", (level) => {
    const { graphs, context } = graphsOf(text);
    expectLaunchable(schedule(graphs, level, context, gpu), context.builder);
  });
});

test("a schedule of any graph computes what the graph means, in any order", () => {
  const property = fc.property(statements, fc.constantFrom(...devices), (choices, device) => {
    const options = { ...gpu, ...(device && { device }) };
    for (const level of levels) {
      for (const change of [undefined, backwards]) {
        const { s, results } = generate(choices);
        const graphs = s.graphs(results);
        const made = compare(s, graphs, level, new Map(), new Map(), options, change);
        expect(made.differences).toEqual([]);
        if (!change) expectLaunchable(made.schedule, s.b);
      }
    }
  });
  fc.assert(property, { numRuns: 60 });
});
