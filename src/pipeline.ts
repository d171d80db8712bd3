/** From a program to a graph for each entry point of the generated module. After every pass the verifier runs. */
import type { Context, Pass } from "./ir/context.ts";
import { slice, tensorsRead, tensorsWritten } from "./ir/dependences.ts";
import type { ModelGraphs } from "./ir/model.ts";
import { printGraph } from "./ir/printer.ts";
import type { Graph, Program, Statement, Tensor } from "./ir/types.ts";
import { verify } from "./ir/verifier.ts";
import { differentiate } from "./passes/differentiate.ts";
import { polyphase } from "./passes/polyphase.ts";
import { restrict } from "./passes/restrict.ts";
import { simplify } from "./passes/simplify.ts";
import { specialise } from "./passes/specialise.ts";

/** Shows a stage to whoever asked for a trace. */
export type Trace = (stage: string, text: string) => void;

export interface PipelineOptions {
  readonly simplify: boolean;
  /** Whether definitions end where their last reader does; otherwise they have the shapes of the source. */
  readonly restrict?: boolean;
  readonly trace?: Trace | undefined;
}

export function buildGraphs(program: Program, context: Context, options: PipelineOptions): ModelGraphs {
  const { forward, backward, statistics, update, initialise, loss, metrics, outputs, gradients } = program;
  const evaluated = [...(loss ? [loss] : []), ...metrics.map((m) => m.tensor)];
  const lasting = [...program.parameters, ...program.states, ...program.optimizerStates];
  const graph = (name: string, statements: readonly Statement[], results: readonly Tensor[]): Graph => ({
    name,
    statements,
    results,
  });
  const run = (g: Graph, training: boolean, given: readonly Tensor[] = []): Graph =>
    runPasses(g, training, given, program, context, options);
  const wanted = [...evaluated, ...gradients];
  const train = run(graph("train", [...forward, ...backward, ...statistics], wanted), true);
  // A graph of its own, with the definitions that a schedule is made of: nothing of a pass is simplified into it.
  const optimize = slice(graph("update", [...forward, ...update], []), [], "keep");
  return {
    program,
    initialise: run(graph("initialise", initialise, lasting), false),
    forward: run(
      graph(
        "forward",
        forward,
        outputs.map((o) => o.tensor),
      ),
      false,
    ),
    evaluate: run(graph("evaluate", forward, evaluated), false),
    ...(loss
      ? { ...splitStatistics(train, wanted), update: run(optimize, true, gradients) }
      : {
          backward: graph("backward", [], []),
          statistics: graph("statistics", [], []),
          update: graph("update", [], []),
        }),
  };
}

/** `given` are tensors that another graph has computed. */
function runPasses(
  start: Graph,
  training: boolean,
  given: readonly Tensor[],
  program: Program,
  context: Context,
  options: PipelineOptions,
): Graph {
  const stage = (name: string, g: Graph): Graph => {
    verify(g, context, given);
    options.trace?.(`${g.name}: ${name}`, printGraph(g));
    return g;
  };
  const apply = (pass: Pass, g: Graph): Graph => stage(pass.name, pass.run(g, context));
  // The outputs stay in view, so that what a loss computes again is recognised as the user's own `probability`.
  const computed = new Set(start.statements.flatMap(tensorsWritten));
  const outputs = program.outputs.map((o) => o.tensor).filter((t) => computed.has(t));
  const inView = [...new Set([...start.results, ...outputs])];
  let g = slice(specialise(start, training, program, context), inView, "keep");
  stage("elaborate", g);
  const derives = g.statements.some((s) => s.kind === "gradient");
  if (options.simplify) g = apply(simplify, g);
  if (options.restrict) g = apply(restrict, g);
  if (derives || g.statements.some((s) => s.kind === "override")) {
    g = apply(differentiate, g);
    if (options.simplify) g = apply(simplify, g);
  }
  if (options.simplify && derives) {
    const phased = polyphase.run(g, context);
    if (phased !== g) g = apply(simplify, stage(polyphase.name, phased));
  }
  return slice(g, start.results, "keep");
}

/**
 * The statements of one training pass in two: what loss, metrics and gradients need, and the updates of layer states
 * with what only they need. `backward` also keeps what `statistics` reads of it.
 */
function splitStatistics(
  train: Graph,
  wanted: readonly Tensor[],
): Pick<ModelGraphs, "backward" | "statistics"> {
  const first = slice(train, wanted, "drop");
  const own = new Set(first.statements);
  const rest = train.statements.filter((s) => !own.has(s));
  const computed = new Set(first.statements.flatMap(tensorsWritten));
  const carried = rest.flatMap(tensorsRead).filter((t) => computed.has(t));
  return {
    backward: {
      name: "backward",
      statements: first.statements,
      results: [...new Set([...wanted, ...carried])],
    },
    statistics: { name: "statistics", statements: rest, results: [] },
  };
}
