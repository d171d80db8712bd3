/**
 * nnc: from the text of a `.nn` file to a training module. This file is the whole way on one screen; it and all below
 * it run in a browser.
 */
import { emitModule } from "./codegen/module.ts";
import { wasmUnit } from "./codegen/wasm/unit.ts";
import { shadersAsText } from "./codegen/webgpu/class-shaders.ts";
import { deviceCost } from "./codegen/webgpu/cost.ts";
import { gpuUnit } from "./codegen/webgpu/unit.ts";
import type { Derivation } from "./derivation/derivation.ts";
import { SampleError } from "./derivation/sample.ts";
import { WantedError } from "./derivation/wanted.ts";
import type { DerivationOptions } from "./explain.ts";
import { derivationOf } from "./explain.ts";
import type { OnnxOptions, OnnxResult } from "./export.ts";
import { onnxOf } from "./export.ts";
import { Builder } from "./ir/builder.ts";
import type { Context, RuleApplication } from "./ir/context.ts";
import type { Diagnostic } from "./ir/diagnostics.ts";
import { Diagnostics } from "./ir/diagnostics.ts";
import type { Level } from "./ir/kernel.ts";
import { printSchedule } from "./ir/kernel-printer.ts";
import type { ModelGraphs } from "./ir/model.ts";
import { Sources } from "./ir/source.ts";
import type { Dim, Program } from "./ir/types.ts";
import { elaborate } from "./parser/elaborate/elaborate.ts";
import type { ResolveImport } from "./parser/elaborate/files.ts";
import type { FlowOptions, FlowResult } from "./flow.ts";
import { flowOf } from "./flow.ts";
import { schedule } from "./passes/schedule.ts";
import type { Detail } from "./pictures/clusters.ts";
import type { GraphFormat } from "./pictures/graph.ts";
import { drawGraph } from "./pictures/graph.ts";
import type { Choice, ConcreteTarget } from "./report/choose.ts";
import { chooseTarget } from "./report/choose.ts";
import { dimensionsAt } from "./report/dimensions.ts";
import type { CostReport } from "./report/report.ts";
import { reportOf } from "./report/report.ts";
import type { Trace } from "./pipeline.ts";
import { buildGraphs } from "./pipeline.ts";
import { library } from "./std/index.ts";
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
  /** Which model, where the file has several. */
  readonly model?: string;
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
  /** `text`: the kernels as WebAssembly text or as WGSL, where that is the target. */
  readonly kind: "module" | "declaration" | "map" | "text";
  readonly text: string;
}

export interface CheckResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  /** Every file that was read, the standard library left out. */
  readonly files: readonly string[];
}

export interface CompileResult extends CheckResult {
  /** Empty where a diagnostic is an error. */
  readonly outputs: readonly Emitted[];
  /** What was compiled, for tools that look inside; null where a diagnostic is an error. */
  readonly graphs: ModelGraphs | null;
  /** The simplification rules that were applied, in order. */
  readonly rules: readonly RuleApplication[];
  /** Where it was asked for, and no diagnostic is an error. */
  readonly report?: CostReport;
  /** What was chosen, where the target was left open, and no diagnostic is an error. */
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

/** Reads and checks a model, or a file of functions and layers for others to import; compiles nothing. */
export function check(source: string, options: CompileOptions = {}): CheckResult {
  const { program: _, context: __, reporter: ___, ...result } = read(source, options, true);
  return result;
}

/** What runs the kernels of each target. */
const machineOf = { typescript: "scalar", wasm: "vector", webgpu: "gpu" } as const;

/** Compiles one model. Mistakes in the source are diagnostics; only a broken invariant of the compiler throws. */
export async function compile(source: string, options: CompileOptions = {}): Promise<CompileResult> {
  const { program, context, reporter, ...checked } = read(source, options, false);
  const nothing = { ...checked, outputs: [], graphs: null, rules: [] };
  if (!program) return nothing;
  const at = options.report && dimensionsAt(options.report.at ?? {}, program, reporter);
  if (reporter.hasErrors) return nothing;
  const { level = 1, simplify = true, trace, language = "typescript" } = options;
  const graphs = buildGraphs(program, context, { simplify, trace });
  const choice = options.target === "auto" ? chooseTarget(graphs) : undefined;
  const target = options.target === "auto" ? choice!.target : (options.target ?? "typescript");
  const scheduled = schedule(graphs, level, context, {
    machine: machineOf[target],
    ...(options.tiles && { tiles: options.tiles }),
  });
  trace?.("fusion", `${(scheduled.notes?.() ?? []).join("\n")}\n`);
  trace?.("schedule", printSchedule(scheduled));
  const { file = "model.nn", version = ownVersion } = options;
  const unit = `${file.replace(/\.nn$/, "")}.${language === "typescript" ? "ts" : "js"}`;
  const { certificate } = options;
  const note = choice && `Target ${choice.target}: ${choice.reason}.`;
  const header = { version, file, sha256: await sha256(source), note, ...(certificate && { certificate }) };
  const wasm = target === "wasm" ? await wasmUnit(scheduled, context, reporter) : undefined;
  if (wasm === null) return nothing;
  const gpu = target === "webgpu" ? await gpuUnit(scheduled, context) : undefined;
  const kernels = {
    ...(wasm && { wasm: new Map([[scheduled, wasm]]) }),
    ...(gpu && { gpu: new Map([[scheduled, gpu]]) }),
  };
  const emitted = emitModule(scheduled, context, { language, header, unit, ...kernels });
  const text = wasm?.program.text ?? (gpu && shadersAsText(scheduled, gpu));
  const outputs: Emitted[] = [
    { kind: "module", text: emitted.code },
    ...(emitted.declaration === undefined
      ? []
      : [{ kind: "declaration" as const, text: emitted.declaration }]),
    { kind: "map", text: emitted.map },
    ...(text === undefined ? [] : [{ kind: "text" as const, text }]),
  ];
  const ofDevice = gpu && ((dims: ReadonlyMap<Dim, number>) => deviceCost(gpu.program, dims));
  const report = at && { report: reportOf(scheduled, at, ofDevice) };
  return { ...checked, outputs, graphs, rules: context.log, ...report, ...(choice && { choice }) };
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
  const { program, context, reporter: _, ...checked } = read(source, options, false);
  if (!program) return { ...checked, picture: null };
  const { simplify = true, format = "svg", detail = 1, unrolled = false } = options;
  const graphs = buildGraphs(program, context, { simplify });
  return { ...checked, picture: drawGraph(graphs, format, { detail, unrolled }) };
}

/** How the gradients of a model come about, step by step, each checked in 64 bits. */
export function explain(source: string, options: ExplainOptions = {}): ExplainResult {
  const { program, context, reporter, ...checked } = read(source, options, false);
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
  const { program, context, reporter, ...checked } = read(source, options, false);
  if (!program || reporter.hasErrors || !program.loss) return { ...checked, flow: null };
  const graphs = buildGraphs(program, context, { simplify: true });
  return { ...checked, flow: flowOf(program, graphs, context, options) };
}

/** The inference of a model as an ONNX file. Throws a `WeightsError` where weights do not fit. */
export function exportOnnx(source: string, options: OnnxOptions = {}): OnnxResult {
  const { program, context, reporter, ...checked } = read(source, options, false);
  const counts = program && dimensionsAt(options.at ?? {}, program, reporter);
  if (!counts || reporter.hasErrors) return { ...checked, bytes: null };
  const { weights, seed = 1, version = ownVersion } = options;
  const graphs = buildGraphs(program, context, { simplify: true });
  return { ...checked, bytes: onnxOf(graphs, context, reporter, { counts, weights, seed, version }) };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface ReadResult extends CheckResult {
  readonly program: Program | null;
  readonly context: Context;
  /** What `diagnostics` shows, for what is reported later. */
  readonly reporter: Diagnostics;
}

function read(source: string, options: CompileOptions, mayBeLibrary: boolean): ReadResult {
  const { file = "model.nn", model, sizes = {}, realOnlyRules = true } = options;
  const builder = new Builder();
  const sources = new Sources();
  const diagnostics = new Diagnostics();
  const program = elaborate({
    source: { file, text: source },
    library,
    resolveImport: options.resolveImport ?? (() => null),
    model,
    mayBeLibrary,
    sizes: new Map(Object.entries(sizes)),
    builder,
    sources,
    diagnostics,
  });
  const internal = new Set(library.map((l) => l.file));
  return {
    program,
    context: { builder, sources, options: { realOnlyRules }, log: [] },
    diagnostics: diagnostics.all,
    reporter: diagnostics,
    sources,
    files: [...sources.files()].filter((f) => !internal.has(f)),
  };
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
