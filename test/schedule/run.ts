/** Whole models, from their text: every procedure of the schedule against the graphs by definition. */
import type { Level } from "../../src/ir/kernel.ts";
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import { execute, Memory } from "../../src/ir/kernel-interpreter.ts";
import type { Procedure, Schedule } from "../../src/ir/kernel.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { Sources } from "../../src/ir/source.ts";
import type { Dim, Graph, Tensor } from "../../src/ir/types.ts";
import { elaborate } from "../../src/parser/elaborate/elaborate.ts";
import type { ScheduleOptions } from "../../src/passes/schedule.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { buildGraphs } from "../../src/pipeline.ts";
import { library } from "../../src/std/index.ts";
import { numbers, sizeOf } from "./build.ts";

export function graphsOf(text: string): { graphs: ModelGraphs; context: Context } {
  const builder = new Builder();
  const sources = new Sources();
  const diagnostics = new Diagnostics();
  const source = { file: "model.nn", text };
  const read = { source, library, resolveImport: () => null, sizes: new Map<string, number | boolean>() };
  const program = elaborate({ ...read, model: undefined, builder, sources, diagnostics });
  if (!program) throw new Error(diagnostics.all.map((d) => `${d.code} ${d.message}`).join("\n"));
  const context = { builder, sources, options: { realOnlyRules: true }, log: [] };
  return { graphs: buildGraphs(program, context, { simplify: true }), context };
}

/** What differs between a schedule and its graphs, after every procedure, in memory that starts as NaN. */
export function differences(
  text: string,
  level: Level,
  counts: Readonly<Record<string, number>> = {},
  options: ScheduleOptions = { isStraight: false },
  change: (s: Schedule, b: Builder) => Schedule = (s) => s,
): { schedule: Schedule; found: string[] } {
  const { graphs, context } = graphsOf(text);
  const made = change(schedule(graphs, level, context, options), context.builder);
  const { program } = graphs;
  const dims = new Map<Dim, number>(
    program.dims.map((d) => [d, counts[d.name] ?? Math.max(d.minimum, d.maximum - 1)]),
  );
  const memory = new Memory(made, dims);
  const values = new Map<Tensor, Float64Array>();
  const give = (t: Tensor, numbers: readonly number[]): void => {
    memory.set(t, numbers);
    values.set(t, Float64Array.from(numbers));
  };
  for (const t of program.inputs)
    give(t, numbers(sizeOf(t, dims), t.below ? sizeOf({ ...t, shape: [t.below] }, dims) : undefined));
  for (const t of program.hypers) give(t, [t.value ?? 0]);
  give(program.builtins.seed, [7]);
  give(program.builtins.step, [1]);
  give(program.builtins.pass, [1]);
  give(program.builtins.training, [1]);
  const lasting = [...program.parameters, ...program.states, ...program.optimizerStates];
  for (const t of lasting) values.set(t, new Float64Array(sizeOf(t, dims)));
  const found: string[] = [];
  const check = (t: Tensor, where: string): void => {
    const expected = values.get(t)!;
    const actual = memory.get(t);
    const at = expected.findIndex(
      (v, i) => !(Object.is(v, actual[i]) || Math.abs(v - actual[i]!) <= 1e-9 * (1 + Math.abs(v))),
    );
    if (at >= 0) found.push(`${where}: ${t.name}[${at}] is ${actual[at]}, not ${expected[at]}`);
  };
  const run = (graph: Graph, procedure: Procedure, fresh: boolean): void => {
    // What the procedures share is lost between them; where one continues another it is kept.
    if (fresh)
      for (const s of made.plan.slots) if (s.block === "values") memory.storage(s.tensors[0]!)!.fill(NaN);
    interpret(graph, { dims, values });
    execute(procedure, memory);
    for (const t of [...graph.results, ...lasting]) if (values.has(t)) check(t, graph.name);
  };
  run(graphs.initialise, made.initialise, true);
  for (let step = 0; step < 2; step++) {
    run(graphs.forward, made.forward, true);
    run(graphs.evaluate, made.evaluate, true);
    run(graphs.backward, made.backward, true);
    run(graphs.statistics, made.statistics, false);
    run(graphs.update, made.update, false);
    // Loss and metrics are still those of the pass.
    for (const t of graphs.backward.results) check(t, "backward, after update");
  }
  return { schedule: made, found };
}
