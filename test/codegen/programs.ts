/** Small models, each compiled and compared with what its graphs mean. */
import type { Level } from "../../src/ir/kernel.ts";
import { readdirSync, readFileSync } from "node:fs";
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import type { NumericArray } from "../../src/ir/interpreter.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { Sources } from "../../src/ir/source.ts";
import type { Dim, Tensor } from "../../src/ir/types.ts";
import { elaborate } from "../../src/parser/elaborate/elaborate.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { buildGraphs } from "../../src/pipeline.ts";
import type { AnyClass, AnyModel } from "./load.ts";
import { at, emit, importCode } from "./load.ts";

const std = new URL("../../src/std/", import.meta.url);
const library = readdirSync(std)
  .filter((name) => name.endsWith(".nn"))
  .map((name) => ({ file: `std/${name}`, text: readFileSync(new URL(name, std), "utf8") }));

export interface Compiled {
  readonly graphs: ModelGraphs;
  readonly context: Context;
}

export function graphsOf(source: string, model?: string): Compiled {
  const context: Context = {
    builder: new Builder(),
    sources: new Sources(),
    options: { realOnlyRules: true },
    log: [],
  };
  const diagnostics = new Diagnostics();
  const program = elaborate({
    source: { file: "sample.nn", text: source },
    library,
    resolveImport: () => null,
    model,
    sizes: new Map(),
    builder: context.builder,
    sources: context.sources,
    diagnostics,
  });
  if (!program) throw new Error(diagnostics.all.map((d) => d.message).join("\n"));
  return { graphs: buildGraphs(program, context, { simplify: true }), context };
}

export async function modelOf(compiled: Compiled, level: Level): Promise<Record<string, AnyClass>> {
  const { graphs, context } = compiled;
  return importCode(emit(schedule(graphs, level, context), context, "javascript").code);
}

/** Flat values of every input. */
export type Inputs = Readonly<Record<string, readonly number[]>>;

/** What a graph gives for the parameters, states and hypers that the model has now. */
export function meaning(
  { graphs }: Compiled,
  model: AnyModel,
  inputs: Inputs,
  dims: Readonly<Record<string, number>>,
  graph: "forward" | "evaluate" | "backward" | "update",
): Map<Tensor, NumericArray> {
  const { program } = graphs;
  const { builtins } = program;
  const values = new Map<Tensor, NumericArray>();
  for (const t of program.inputs) if (inputs[t.name]) values.set(t, Float64Array.from(inputs[t.name]!));
  for (const t of program.parameters) values.set(t, Float64Array.from(at(model.parameters, t.name)));
  for (const t of [...program.states, ...program.optimizerStates])
    values.set(t, Float64Array.from(at(model.states, t.name)));
  for (const t of program.hypers) values.set(t, Float64Array.of(model.hyper[t.name]!));
  const training = graph === "backward" || graph === "update";
  values.set(builtins.step, Float64Array.of(model.stepCount + Number(training)));
  values.set(builtins.pass, Float64Array.of((model.passCount ?? model.stepCount) + Number(training)));
  values.set(builtins.seed, Float64Array.of(model.seed));
  values.set(builtins.training, Float64Array.of(Number(training)));
  const counts = new Map<Dim, number>(
    program.dims.flatMap((d) => (d.name in dims ? [[d, dims[d.name]!]] : [])),
  );
  const environment = { dims: counts, values };
  interpret(graph === "update" ? graphs.backward : graphs[graph], environment);
  if (graph !== "update") return values;
  interpret(graphs.statistics, environment);
  interpret(graphs.update, environment);
  return values;
}
