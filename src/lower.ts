/** From the program of each model to the text of the module that holds them all. */
import { emitModule } from "./codegen/module.ts";
import type { TooLarge, WasmUnit } from "./codegen/wasm/unit.ts";
import { summonAssembler } from "./codegen/wasm/assemble.ts";
import { reportTooLarge, wasmUnit } from "./codegen/wasm/unit.ts";
import { shadersAsText } from "./codegen/webgpu/class-shaders.ts";
import { deviceCost } from "./codegen/webgpu/cost.ts";
import type { GpuUnit } from "./codegen/webgpu/unit.ts";
import { gpuUnit } from "./codegen/webgpu/unit.ts";
import type { CompiledModel, CompileOptions, Emitted } from "./index.ts";
import type { Context } from "./ir/context.ts";
import type { Diagnostics } from "./ir/diagnostics.ts";
import type { Level, Schedule } from "./ir/kernel.ts";
import { printSchedule } from "./ir/kernel-printer.ts";
import type { ModelGraphs } from "./ir/model.ts";
import type { Dim, Program } from "./ir/types.ts";
import { schedule } from "./passes/schedule.ts";
import { buildGraphs } from "./pipeline.ts";
import type { ConcreteTarget } from "./report/choose.ts";
import { chooseTarget, withoutWasm } from "./report/choose.ts";
import { reportOf } from "./report/report.ts";
import { version as ownVersion } from "./version.ts";

/** A model with its kernels; `wasm`: as WebAssembly, where that is the target. */
export interface Lowered extends Omit<CompiledModel, "report">, Kernels {}

interface Kernels {
  readonly target: ConcreteTarget;
  readonly scheduled: Schedule;
  readonly wasm?: WasmUnit;
}

/** The kernels of each schedule as its target takes them. */
export interface Units {
  readonly wasm: ReadonlyMap<Schedule, WasmUnit>;
  readonly gpu: ReadonlyMap<Schedule, GpuUnit>;
}

/** What runs the kernels of each target. */
const machineOf = { typescript: "scalar", wasm: "vector", webgpu: "gpu" } as const;

/**
 * Passes and schedule of one model; null, and a diagnostic, where it is too large for its target. `isOne`: it is alone in
 * its file, and a trace need not name it.
 */
export async function lower(
  program: Program,
  context: Context,
  reporter: Diagnostics,
  { level = 1, simplify = true, ...options }: CompileOptions,
  isOne: boolean,
): Promise<Lowered | null> {
  const { name } = program;
  const trace: CompileOptions["trace"] =
    options.trace && ((stage, text) => options.trace?.(isOne ? stage : `${name}: ${stage}`, text));
  const graphs = buildGraphs(program, context, { simplify, restrict: level > 1, trace });
  const choice = options.target === "auto" ? chooseTarget(graphs) : undefined;
  const target = options.target === "auto" ? choice!.target : (options.target ?? "typescript");
  const kernelsOf = (machine: ConcreteTarget): Promise<Kernels | TooLarge> =>
    kernelsFor(machine, graphs, context, { ...options, level });
  let [kernels, chosen] = [await kernelsOf(target), choice];
  if ("gibibytes" in kernels && choice) {
    chosen = withoutWasm(choice, kernels.gibibytes);
    kernels = await kernelsOf(chosen.target);
  }
  if ("gibibytes" in kernels) {
    reportTooLarge(program, kernels, reporter);
    return null;
  }
  const { scheduled } = kernels;
  trace?.("fusion", `${(scheduled.notes?.() ?? []).join("\n")}\n`);
  trace?.("schedule", printSchedule(scheduled));
  return { name, graphs, ...kernels, ...(chosen && { choice: chosen }) };
}

async function kernelsFor(
  target: ConcreteTarget,
  graphs: ModelGraphs,
  context: Context,
  { level, tiles }: Pick<CompileOptions, "tiles"> & { readonly level: Level },
): Promise<Kernels | TooLarge> {
  const assembler = target === "wasm" ? await summonAssembler() : undefined;
  const scheduled = schedule(graphs, level, context, { machine: machineOf[target], ...(tiles && { tiles }) });
  if (target !== "wasm") return { target, scheduled };
  const wasm = await wasmUnit(scheduled, context, assembler);
  return "gibibytes" in wasm ? wasm : { target, scheduled, wasm };
}

/** What the module is printed from, beside the schedules. */
export async function unitsOf(models: readonly Lowered[], context: Context): Promise<Units> {
  const gpu = new Map<Schedule, GpuUnit>();
  for (const { scheduled, target } of models)
    if (target === "webgpu") gpu.set(scheduled, await gpuUnit(scheduled, context));
  return { wasm: new Map(models.flatMap(({ scheduled, wasm }) => (wasm ? [[scheduled, wasm]] : []))), gpu };
}

/** The module with all models, its map and declarations, and the text of the kernels of each. */
export async function outputsOf(
  models: readonly Lowered[],
  { wasm, gpu }: Units,
  source: string,
  context: Context,
  options: CompileOptions,
): Promise<Emitted[]> {
  const { file = "model.nn", version = ownVersion, language = "typescript", certificate } = options;
  const unit = `${file.replace(/\.nn$/, "")}.${language === "typescript" ? "ts" : "js"}`;
  const notes = models.flatMap(({ name, choice }) => {
    if (!choice) return [];
    const note = `arget ${choice.target}: ${choice.reason}.`;
    return [models.length === 1 ? `T${note}` : `${name}: t${note}`];
  });
  const note = notes.length > 0 ? notes.join("\n") : undefined;
  const header = { version, file, sha256: await sha256(source), note, ...(certificate && { certificate }) };
  const schedules = models.map((m) => m.scheduled);
  const emitted = emitModule(schedules, context, {
    language,
    header,
    unit,
    ...(wasm.size > 0 && { wasm }),
    ...(gpu.size > 0 && { gpu }),
  });
  const texts = schedules.flatMap((s) => {
    const device = gpu.get(s);
    return wasm.get(s)?.program.text ?? (device ? [shadersAsText(s, device)] : []);
  });
  return [
    { kind: "module", text: emitted.code },
    ...(emitted.declaration === undefined
      ? []
      : [{ kind: "declaration" as const, text: emitted.declaration }]),
    { kind: "map", text: emitted.map },
    ...texts.map((text) => ({ kind: "text" as const, text })),
  ];
}

/** A model for tools that look inside; with its cost for these counts of dimensions, where they are given. */
export function described(
  { name, graphs, choice, scheduled }: Lowered,
  { gpu }: Units,
  counts: ReadonlyMap<Dim, number> | undefined,
): CompiledModel {
  const device = gpu.get(scheduled);
  const ofDevice = device && ((dims: ReadonlyMap<Dim, number>) => deviceCost(device.program, dims));
  return {
    name,
    graphs,
    ...(choice && { choice }),
    ...(counts && { report: reportOf(scheduled, counts, ofDevice) }),
  };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
