/**
 * The derivation of a model's gradients, from the compiler's own passes: `differentiate` on the equations as they are
 * written, so that the chain rule is seen as it falls out, then `simplify`, which is watched. The module itself is compiled
 * in another order (the loss is simplified before it is differentiated); the derivation holds what is compiled against it.
 */
import { emitModule } from "./codegen/module.ts";
import { almostEverywhere } from "./derivation/almost-everywhere.ts";
import type { CodeLine, Derivation } from "./derivation/derivation.ts";
import { Sample } from "./derivation/numbers.ts";
import { sampleOf } from "./derivation/sample.ts";
import { targetOf } from "./derivation/target.ts";
import { withoutCopies } from "./derivation/tidy.ts";
import type { Trail, Transition } from "./derivation/trail.ts";
import type { Wanted } from "./derivation/wanted.ts";
import { wantedIn } from "./derivation/wanted.ts";
import type { Context } from "./ir/context.ts";
import { slice } from "./ir/dependences.ts";
import type { ModelGraphs } from "./ir/model.ts";
import type { Graph, Program, Statement, Tensor } from "./ir/types.ts";
import { differentiate } from "./passes/differentiate.ts";
import { schedule } from "./passes/schedule.ts";
import { simplify } from "./passes/simplify.ts";
import { specialise } from "./passes/specialise.ts";
import { buildGraphs } from "./pipeline.ts";

export interface DerivationOptions {
  /** What to explain: a tensor of the model, or the name of its gradient. Default: every gradient that is asked for. */
  readonly gradient?: string;
  /** The scalar that is differentiated. Default: the loss, and whatever `grad` is asked of. */
  readonly of?: string;
  /** Values of inputs, and of parameters, as parsed JSON: with it, every step has numbers. */
  readonly sample?: unknown;
  /** Whether the derivation holds the generated code, level 0. */
  readonly code?: boolean;
}

/** Throws a `WantedError` or a `SampleError` where what is asked for is not there. */
export function derivationOf(
  program: Program,
  context: Context,
  file: string,
  options: DerivationOptions = {},
): Derivation {
  const whole = { name: "explain", statements: program.forward, results: [] };
  const specialised = specialise(whole, true, program, context).statements;
  const start = almostEverywhere(program, specialised, context.builder);
  const wanted = wantedIn(program, start, context.builder, options);
  const graphs = buildGraphs(program, context, { simplify: true });
  const sample =
    options.sample === undefined
      ? null
      : new Sample(sampleOf(program, graphs.initialise.statements, options.sample));
  return {
    version: 1,
    model: program.name,
    ...(program.doc === undefined ? {} : { doc: program.doc }),
    file,
    sources: [...context.sources.files()]
      .filter((f) => !f.startsWith("std/"))
      .map((f) => ({ file: f, text: context.sources.text(f) })),
    targets: wanted.map((w) => targetOf(trailOf(w, start, program, graphs, context), sample)),
    leavesPointsOut: start !== specialised,
    code: options.code ? codeOf(graphs, context, file) : [],
  };
}

/** Differentiates, then watches how the result is simplified. */
function trailOf(
  wanted: Wanted,
  forward: readonly Statement[],
  program: Program,
  graphs: ModelGraphs,
  context: Context,
): Trail {
  const { of, request, compiled } = wanted;
  const b = context.builder;
  const graph = (statements: readonly Statement[], results: readonly Tensor[]): Graph => ({
    name: "explain",
    statements,
    results,
  });
  const needed = slice(graph(forward, [of]), [of, ...request.wrt], "drop").statements;
  const derived = differentiate.run(graph([...needed, request], [of, ...request.results]), context);
  const { results } = request;
  const raw = slice(
    graph(withoutCopies(b, derived.statements, new Set(results)), []),
    [of, ...results],
    "drop",
  ).statements;
  const transitions: Transition[] = [];
  const observe = (before: Graph, after: Graph, rules: Transition["rules"]): void => {
    transitions.push({ before, after, rules });
  };
  const simplified = simplify.run(graph(raw, [of, ...results]), { ...context, log: [], observe });
  return {
    program,
    builder: b,
    sources: context.sources,
    of,
    results,
    raw,
    transitions,
    simplified: simplified.statements,
    compiled: compiled ? { statements: graphs[compiled.graph].statements, results: compiled.results } : null,
  };
}

/** The module at level 0; each of its functions belongs to the tensor that it computes. */
function codeOf(graphs: ModelGraphs, context: Context, file: string): CodeLine[] {
  const header = { version: "", file, sha256: "" };
  const unit = file.replace(/\.nn$/, ".ts");
  const { code, lines } = emitModule(schedule(graphs, 0, context), context, {
    language: "typescript",
    header,
    unit,
  });
  const text = code.trimEnd().split("\n");
  const begins = (at: number): boolean => {
    const first = text[at]!.startsWith("/**")
      ? text.findIndex((l, i) => i >= at && !/^(\/\*\*| \*)/.test(l))
      : at;
    return text[first]?.startsWith("function ") === true;
  };
  let inside: string | null = null;
  return text.map((line, i) => {
    if (inside === null && begins(i)) inside = lines[i]?.name ?? null;
    const ref = inside;
    if (line === "}") inside = null;
    return { text: line, ref };
  });
}
