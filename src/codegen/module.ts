/** From a schedule to the text of a training module. */
import type { Context } from "../ir/context.ts";
import type { Schedule } from "../ir/kernel.ts";
import type { Origin } from "../ir/types.ts";
import { exportedNames } from "./exports.ts";
import { printDeclaration } from "./declaration.ts";
import type { ModuleHeader } from "./header.ts";
import { printHeader } from "./header.ts";
import { helperNames, printHelpers } from "./helpers.ts";
import { printInterfaces } from "./interfaces.ts";
import { printKernels } from "./kernel-sections.ts";
import { printAllocation } from "./memory.ts";
import { printClass } from "./model-class.ts";
import { brokenLines } from "./layout.ts";
import { callWords, Model } from "./model.ts";
import { Names } from "./names.ts";
import type { ModuleScope } from "./scope.ts";
import { sourceMap } from "./source-map.ts";
import type { Language, Line } from "./text.ts";
import { lineWidth, TextBuilder } from "./text.ts";
import { printCompiled, printWasmAllocation } from "./wasm/host.ts";
import type { WasmUnit } from "./wasm/unit.ts";
import { printGpuModel } from "./webgpu/class.ts";
import { gpuHelpers, gpuLocals, gpuWords, platformNote } from "./webgpu/helpers.ts";
import type { GpuUnit } from "./webgpu/unit.ts";

export interface EmitOptions {
  readonly language: Language;
  readonly header: ModuleHeader;
  /** The name of the generated file, for its source map. */
  readonly unit: string;
  /** The kernels of each schedule as WebAssembly, where that is the target. */
  readonly wasm?: ReadonlyMap<Schedule, WasmUnit>;
  /** The dispatches of each schedule, where a GPU is the target. */
  readonly gpu?: ReadonlyMap<Schedule, GpuUnit>;
}

export interface EmittedModule {
  readonly code: string;
  /** The `.d.ts` of JavaScript. */
  readonly declaration: string | undefined;
  /** A source map as JSON: generated lines to lines of the source. */
  readonly map: string;
  /** For each line of the code, what it comes from. */
  readonly lines: readonly (Origin | null)[];
}

/** Prints one module with a class for each schedule. */
export function emitModule(
  schedules: Schedule | readonly Schedule[],
  context: Context,
  options: EmitOptions,
): EmittedModule {
  const list = Array.isArray(schedules) ? (schedules as readonly Schedule[]) : [schedules as Schedule];
  const reserved = new Names();
  const taken = options.gpu ? [...gpuHelpers.keys(), ...gpuWords] : [];
  for (const name of [...helperNames, ...taken]) reserved.take(name);
  const globals = new Names(reserved);
  for (const word of [...callWords, ...(options.gpu ? gpuLocals : [])]) globals.take(word);
  const used = new Set<string>();
  const shared = new Set<string>();
  const module: ModuleScope = {
    helperNames: reserved,
    globals,
    exports: exportedNames(
      list.map((schedule) => schedule.program),
      globals,
    ),
    sources: context.sources,
    builder: context.builder,
    isFirst: (part) => !shared.has(part) && shared.add(part).has(part),
    helper: (name: string): unknown => used.add(name),
  };
  const models = list.map(
    (schedule) =>
      new Model(schedule, context, module, options.wasm?.get(schedule), options.gpu?.get(schedule)),
  );

  const out = new TextBuilder(options.language);
  printHeader(options.header, out);
  if (options.gpu) out.comment(platformNote);
  const classes = new TextBuilder(options.language);
  for (const model of models) {
    if (options.language === "typescript") printInterfaces(model, classes);
    if (model.gpu) {
      printGpuModel(model, model.gpu, classes);
      continue;
    }
    classes.blank();
    printClass(model, classes);
    if (model.wasm) printCompiled(model, model.wasm, classes);
    else printKernels(model, classes);
    classes.blank();
    classes.comment(`${"-".repeat(84)} memory`);
    classes.blank();
    if (model.wasm) printWasmAllocation(model, model.wasm, classes);
    else printAllocation(model, classes);
  }
  const needsNested = models.some((m) => m.inputsRead.some((t) => t.shape.length > 1));
  used.add("Shapes");
  if (needsNested) used.add("Nested");
  out.blank();
  out.append(classes.lines);
  out.blank();
  out.comment(`${"-".repeat(83)} helpers`);
  printHelpers(used, out);
  const declaration =
    options.language === "javascript" ? printDeclaration(models, options.header, needsNested) : undefined;
  return finish(out.lines, declaration, context, options.unit);
}

/** The module that these lines are, in prettier's layout: what is too long is broken. */
function finish(
  lines: readonly Line[],
  declaration: readonly Line[] | undefined,
  context: Pick<Context, "sources">,
  unit: string,
): EmittedModule {
  const broken = inWidth(lines);
  return {
    code: textOf(broken),
    declaration: declaration && textOf(inWidth(declaration)),
    map: sourceMap(broken, context.sources, unit),
    lines: broken.map((l) => l.origin),
  };
}

function inWidth(lines: readonly Line[]): readonly Line[] {
  return lines.flatMap((whole) => {
    if (whole.isVerbatim || whole.text.length <= lineWidth) return [whole];
    return brokenLines(whole.text, lineWidth).map((text) => ({ text, origin: whole.origin }));
  });
}

function textOf(lines: readonly Line[]): string {
  return `${lines.map((l) => l.text).join("\n")}\n`;
}
