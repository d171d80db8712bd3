/** From the program of each model to the text of the module that holds them all. */
import { emitModule } from "./codegen/module.ts";
import type { WasmUnit } from "./codegen/wasm/unit.ts";
import { wasmUnit } from "./codegen/wasm/unit.ts";
import { shadersAsText } from "./codegen/webgpu/class-shaders.ts";
import { deviceCost } from "./codegen/webgpu/cost.ts";
import type { GpuUnit } from "./codegen/webgpu/unit.ts";
import { gpuUnit } from "./codegen/webgpu/unit.ts";
import type { CompiledModel, CompileOptions, Emitted } from "./index.ts";
import type { Context } from "./ir/context.ts";
import type { Diagnostics } from "./ir/diagnostics.ts";
import type { Schedule } from "./ir/kernel.ts";
import { printSchedule } from "./ir/kernel-printer.ts";
import type { Dim, Program } from "./ir/types.ts";
import { schedule } from "./passes/schedule.ts";
import { buildGraphs } from "./pipeline.ts";
import type { ConcreteTarget } from "./report/choose.ts";
import { chooseTarget } from "./report/choose.ts";
import { reportOf } from "./report/report.ts";
import { version as ownVersion } from "./version.ts";

/** A model with its kernels. */
export interface Lowered extends Omit<CompiledModel, "report"> {
  readonly target: ConcreteTarget;
  readonly scheduled: Schedule;
}

/** The kernels of each schedule as its target takes them. */
export interface Units {
  readonly wasm: ReadonlyMap<Schedule, WasmUnit>;
  readonly gpu: ReadonlyMap<Schedule, GpuUnit>;
}

/** What runs the kernels of each target. */
const machineOf = { typescript: "scalar", wasm: "vector", webgpu: "gpu" } as const;

/** Passes and schedule of one model. `isOne`: it is alone in its file, and a trace need not name it. */
export function lower(
  program: Program,
  context: Context,
  { level = 1, simplify = true, ...options }: CompileOptions,
  isOne: boolean,
): Lowered {
  const { name } = program;
  const trace: CompileOptions["trace"] =
    options.trace && ((stage, text) => options.trace?.(isOne ? stage : `${name}: ${stage}`, text));
  const graphs = buildGraphs(program, context, { simplify, trace });
  const choice = options.target === "auto" ? chooseTarget(graphs) : undefined;
  const target = options.target === "auto" ? choice!.target : (options.target ?? "typescript");
  const scheduled = schedule(graphs, level, context, {
    machine: machineOf[target],
    ...(options.tiles && { tiles: options.tiles }),
  });
  trace?.("fusion", `${(scheduled.notes?.() ?? []).join("\n")}\n`);
  trace?.("schedule", printSchedule(scheduled));
  return { name, graphs, scheduled, target, ...(choice && { choice }) };
}

/** null, and a diagnostic, where a model is too large for its target. */
export async function unitsOf(
  models: readonly Lowered[],
  context: Context,
  reporter: Diagnostics,
): Promise<Units | null> {
  const wasm = new Map<Schedule, WasmUnit>();
  const gpu = new Map<Schedule, GpuUnit>();
  for (const { scheduled, target } of models) {
    if (target === "webgpu") gpu.set(scheduled, await gpuUnit(scheduled, context));
    if (target !== "wasm") continue;
    const unit = await wasmUnit(scheduled, context, reporter);
    if (!unit) return null;
    wasm.set(scheduled, unit);
  }
  return { wasm, gpu };
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
