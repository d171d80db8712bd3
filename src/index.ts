/**
 * nnc: from the text of a `.nn` file to a training module. This file is the whole way on one screen; it and all below
 * it run in a browser.
 */
import { reportClashes } from "./codegen/exports.ts";
import type { Derivation } from "./derivation/derivation.ts";
import { SampleError } from "./derivation/sample.ts";
import { WantedError } from "./derivation/wanted.ts";
import type { DerivationOptions } from "./explain.ts";
import { derivationOf } from "./explain.ts";
import type { OnnxOptions, OnnxResult } from "./export.ts";
import { onnxOf } from "./export.ts";
import type { RuleApplication } from "./ir/context.ts";
import type { Diagnostic } from "./ir/diagnostics.ts";
import type { Level } from "./ir/kernel.ts";
import type { ModelGraphs } from "./ir/model.ts";
import type { Sources } from "./ir/source.ts";
import type { Program } from "./ir/types.ts";
import type { ResolveImport } from "./parser/elaborate/files.ts";
import type { FlowOptions, FlowResult } from "./flow.ts";
import { flowOf } from "./flow.ts";
import type { Detail } from "./pictures/clusters.ts";
import type { GraphFormat } from "./pictures/graph.ts";
import { drawGraph } from "./pictures/graph.ts";
import type { Choice, ConcreteTarget } from "./report/choose.ts";
import type { Lowered } from "./lower.ts";
import { described, lower, outputsOf, unitsOf } from "./lower.ts";
import { read } from "./read.ts";
import { dimensionsAt } from "./report/dimensions.ts";
import type { CostReport } from "./report/report.ts";
import type { Trace } from "./pipeline.ts";
import { buildGraphs } from "./pipeline.ts";
import type { TileChoice } from "./passes/dispatch/tile-shapes.ts";
import { version as ownVersion } from "./version.ts";

export interface CompileOptions {
  /** The name of the source in diagnostics and comments. Default `model.nn`. */
  readonly file?: string;
  /** 0 reads like the lecture: one function per equation. 1 (the default) fuses and shares memory. */
  readonly level?: Level;
  /** Compile-time sizes and dimensions by name, instead of their defaults. */
  readonly sizes?: Readonly<Record<string, number | boolean>>;
  /** false shows the chain rule as it falls out. Default true. */
  readonly simplify?: boolean;
  /** false turns off the rules that hold over the real numbers but not for every float. Default true. */
  readonly realOnlyRules?: boolean;
  /**
   * What the kernels are made of; default "typescript". The class around those of "wasm" and "webgpu" is of the same
   * language; with "webgpu" its methods are promises. "auto" takes TypeScript or WebAssembly, whichever a step is estimated
   * to be faster with, and says so in `choice`.
   */
  readonly target?: ConcreteTarget | "auto";
  /**
   * How contractions are computed at level 2 of "webgpu": "registers" (the default), where every invocation reads for itself,
   * or "staged", where a workgroup brings what it reads into its memory; or all in tiles of one shape, for measurements.
   */
  readonly tiles?: TileChoice;
  /** Default "typescript". "javascript" also gives the declarations. */
  readonly language?: "typescript" | "javascript";
  /** Only this model, where the file has several; the module has a class for each without it. */
  readonly model?: string;
  /** Several models are a mistake, unless one is named. */
  readonly isOne?: boolean;
  /** Asks what the model costs, for these counts of its dimensions; where none is given, for the largest. */
  readonly report?: { readonly at?: Readonly<Record<string, number>> };
  /** Called with a readable text after every stage. */
  readonly trace?: Trace;
  /** Finds an imported file; without it, imports are an error. */
  readonly resolveImport?: ResolveImport;
  /** Written into the header of the module. */
  readonly version?: string;
  /** Written into the header as well: what is known of the gradients, in one line. */
  readonly certificate?: string;
}

export interface Emitted {
  /** `text`: the kernels of a model as WebAssembly text or as WGSL, where that is the target. */
  readonly kind: "module" | "declaration" | "map" | "text";
  readonly text: string;
}

export interface CheckResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  /** Every file that was read, the standard library left out. */
  readonly files: readonly string[];
}

/** One model of a file, for tools that look inside. */
export interface CompiledModel {
  readonly name: string;
  readonly graphs: ModelGraphs;
  /** Where it was asked for. */
  readonly report?: CostReport;
  /** What was chosen, where the target was left open. */
  readonly choice?: Choice;
}

export interface CompileResult extends CheckResult {
  /** Empty where a diagnostic is an error. */
  readonly outputs: readonly Emitted[];
  /** In the order of the source; empty where a diagnostic is an error. */
  readonly models: readonly CompiledModel[];
  /** Of the model, where there is exactly one; null where a diagnostic is an error. */
  readonly graphs: ModelGraphs | null;
  /** The simplification rules that were applied, in order. */
  readonly rules: readonly RuleApplication[];
  /** Of the model, where there is exactly one. */
  readonly report?: CostReport;
  /** Of the model, where there is exactly one. */
  readonly choice?: Choice;
}

export interface ExplainOptions
  extends
    DerivationOptions,
    Pick<CompileOptions, "file" | "sizes" | "model" | "realOnlyRules" | "resolveImport"> {}

export interface ExplainResult extends CheckResult {
  /** null where a diagnostic is an error, or where there is a problem. */
  readonly derivation: Derivation | null;
  /** Why a name or a sample does not fit the model. */
  readonly problem?: string;
}

/** Reads and checks models, or a file of functions and layers for others to import; compiles nothing. */
export function check(source: string, options: CompileOptions = {}): CheckResult {
  const { programs, reporter, checked } = read(source, options, "library");
  reportClashes(programs, reporter);
  return checked;
}

/** Compiles all models of a file, or the one that is named. Mistakes in the source are diagnostics; only a broken invariant of the compiler throws. */
export async function compile(source: string, options: CompileOptions = {}): Promise<CompileResult> {
  const { programs, context, reporter, checked } = read(source, options, options.isOne ? "one" : "models");
  const nothing = { ...checked, outputs: [], models: [], graphs: null, rules: [] };
  reportClashes(programs, reporter);
  const counts = options.report && dimensionsAt(options.report.at ?? {}, programs, reporter);
  if (programs.length === 0 || reporter.hasErrors) return nothing;
  const lowered: Lowered[] = [];
  for (const program of programs) {
    const model = await lower(program, context, reporter, options, programs.length === 1);
    if (!model) return nothing;
    lowered.push(model);
  }
  const units = await unitsOf(lowered, context);
  const outputs = await outputsOf(lowered, units, source, context, options);
  const models = lowered.map((model) => described(model, units, counts));
  const [{ graphs, report, choice }] = models as [CompiledModel];
  const ofOne = models.length === 1 && { ...(report && { report }), ...(choice && { choice }) };
  return { ...checked, outputs, models, graphs: ofOne ? graphs : null, rules: context.log, ...ofOne };
}

export interface GraphOptions extends Pick<
  CompileOptions,
  "file" | "sizes" | "simplify" | "realOnlyRules" | "model" | "resolveImport"
> {
  /** Default "svg". */
  readonly format?: GraphFormat;
  /** 1 (the default): a box for each definition of the source. 2: layers opened, a box for each equation. */
  readonly detail?: Detail;
  /** Whether each turn of a loop has boxes of its own. Default false. */
  readonly unrolled?: boolean;
}

export interface GraphResult extends CheckResult {
  /** null where a diagnostic is an error. */
  readonly picture: string | null;
}

/** Draws the training graph of a model: values and their gradients in two mirrored lanes. */
export function graph(source: string, options: GraphOptions = {}): GraphResult {
  const {
    programs: [program],
    context,
    checked,
  } = read(source, options, "one");
  if (!program) return { ...checked, picture: null };
  const { simplify = true, format = "svg", detail = 1, unrolled = false } = options;
  const graphs = buildGraphs(program, context, { simplify });
  return { ...checked, picture: drawGraph(graphs, format, { detail, unrolled }) };
}

/** How the gradients of a model come about, step by step, each checked in 64 bits. */
export function explain(source: string, options: ExplainOptions = {}): ExplainResult {
  const {
    programs: [program],
    context,
    reporter,
    checked,
  } = read(source, options, "one");
  if (!program || reporter.hasErrors) return { ...checked, derivation: null };
  try {
    return { ...checked, derivation: derivationOf(program, context, options.file ?? "model.nn", options) };
  } catch (error) {
    if (!(error instanceof WantedError || error instanceof SampleError)) throw error;
    return { ...checked, derivation: null, problem: error.message };
  }
}

/** Measures gradients and updates of one step, and how activations react. Throws a `SampleError` about a sample. */
export function flow(source: string, options: FlowOptions = {}): FlowResult {
  const {
    programs: [program],
    context,
    reporter,
    checked,
  } = read(source, options, "one");
  if (!program || reporter.hasErrors || !program.loss) return { ...checked, flow: null };
  const graphs = buildGraphs(program, context, { simplify: true });
  return { ...checked, flow: flowOf(program, graphs, context, options) };
}

/** The inference of a model as an ONNX file. Throws a `WeightsError` where weights do not fit. */
export function exportOnnx(source: string, options: OnnxOptions = {}): OnnxResult {
  const {
    programs: [program],
    context,
    reporter,
    checked,
  } = read(source, options, "one");
  const counts = program && dimensionsAt(options.at ?? {}, [program], reporter);
  if (!counts || reporter.hasErrors) return { ...checked, bytes: null };
  const { weights, seed = 1, version = ownVersion } = options;
  const graphs = buildGraphs(program, context, { simplify: true });
  return { ...checked, bytes: onnxOf(graphs, context, reporter, { counts, weights, seed, version }) };
}

export { drawFlow } from "./pictures/flow-chart.ts";
export { printFlow } from "./pictures/flow.ts";
export type { ActivationFlow, Flow, ParameterFlow } from "./pictures/flow.ts";
export { format } from "./format/format.ts";
export type { Formatted } from "./format/format.ts";
export type { Diagnostic } from "./ir/diagnostics.ts";
export type { RuleApplication } from "./ir/context.ts";
export type { TileChoice } from "./passes/dispatch/tile-shapes.ts";
export type { Choice } from "./report/choose.ts";
export type { CallCost, Cost, CostReport, ProcedureCost, Room } from "./report/report.ts";
export { Sources } from "./ir/source.ts";
export type { Derivation } from "./derivation/derivation.ts";
export type { FlowOptions, FlowResult } from "./flow.ts";
export { WeightsError } from "./export.ts";
export type { OnnxOptions, OnnxResult } from "./export.ts";
export { SampleError } from "./derivation/sample.ts";
export { WantedError } from "./derivation/wanted.ts";
export { describeInputs } from "./ir/inputs.ts";
export { failures } from "./derivation/derivation.ts";
export { printDerivation } from "./derivation/print.ts";
export type { PrintOptions } from "./derivation/print.ts";
export { describeCode } from "./ir/diagnostic-text.ts";
export { interpret } from "./ir/interpreter.ts";
export { drawLosses } from "./pictures/losses.ts";
export { checkGradients } from "./reference/gradients.ts";
export type { GradientCheck, ParameterCheck, Point } from "./reference/gradients.ts";
export { findNonFinite } from "./reference/nonfinite.ts";
export type { NonFinite, Situation } from "./reference/nonfinite.ts";
export { verify } from "./ir/verifier.ts";
export { printGraph, printStatement } from "./ir/printer.ts";
export type { ModelGraphs, Program };
