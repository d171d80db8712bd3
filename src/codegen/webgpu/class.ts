/** The class of a model that runs on a GPU, its shaders, and what it needs of a device. */
import { printTakeInputs } from "../inputs.ts";
import { printCount, printObject, printPlain, printShapes } from "../model-class.ts";
import type { Model } from "../model.ts";
import { runsOf } from "../procedures.ts";
import { arrayTypes } from "../scope.ts";
import type { TextBuilder } from "../text.ts";
import { quoted } from "../text.ts";
import { printEvaluate, printExchange, printForward, printUsing, printWriteInputs } from "./class-entries.ts";
import { printDimChecks, printLoad, printSave, printStored } from "./class-files.ts";
import { dimsOfNeeds, dimsOfPlaces, printNeeds, printPlaces } from "./class-memory.ts";
import { GpuModel, numbered } from "./class-model.ts";
import { printRecording } from "./class-procedures.ts";
import { printShaders } from "./class-shaders.ts";
import {
  printAccumulate,
  printBackward,
  printGradientMethods,
  printResultMethods,
  printStep,
  printStepMany,
  printSteps,
  printUpdate,
} from "./class-training.ts";
import type { GpuMemberName } from "./members.ts";
import { gpuMembersOf } from "./members.ts";
import type { GpuUnit } from "./unit.ts";

type Print = (gpu: GpuModel, head: string, out: TextBuilder) => void;

const plain =
  (print: (model: Model, head: string, out: TextBuilder) => void): Print =>
  (gpu, head, out) =>
    print(gpu.model, head, out);

/** How each member of the class is printed, given the head that its declaration has too. */
const printers: Readonly<Record<GpuMemberName, Print>> = {
  shapes: plain(printShapes),
  parameters: plain(printPlain),
  gradients: plain(printPlain),
  states: plain(printPlain),
  hyper: ({ model }, head, out) => printObject(head, model.hypers.tree, out),
  metrics: ({ model }, head, out) => {
    const initial = model.metrics.map(
      (m) => `${m.key}: ${m.tensor.shape.length === 0 ? "0" : `new ${arrayTypes[m.tensor.type]}(0)`}`,
    );
    out.line(`${head} = { ${initial.join(", ")} };`.replace("{  }", "{}"));
  },
  stepCount: plain(printCount),
  passCount: plain(printCount),
  nonFiniteStep: plain(printPlain),
  seed: plain(printPlain),
  create: printCreate,
  load: printLoad,
  step: printStep,
  stepMany: printStepMany,
  accumulate: printAccumulate,
  update: printUpdate,
  backward: printBackward,
  forward: printForward,
  evaluate: printEvaluate,
  using: printUsing,
  save: printSave,
  destroy: (_, head, out) => out.braces(head, () => out.line("this.#gpu.destroy();")),
};

export function printGpuModel(model: Model, unit: GpuUnit, out: TextBuilder): void {
  const gpu = new GpuModel(model, unit);
  for (const type of ["Shader", "openSession"]) model.module.helper(type);
  printGpuClass(gpu, out);
  printShaders(gpu, out);
  out.blank();
  out.comment(`${"-".repeat(84)} memory`);
  out.blank();
  printNeeds(gpu, out);
  out.blank();
  printPlaces(gpu, out);
}

function printGpuClass(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  const { program } = model;
  const origin = { span: program.span, name: program.name };
  const members = [...gpuMembersOf(model)];
  const print = (wanted: boolean): void => {
    for (const [name, member] of members.filter(([, m]) => m.isMethod === wanted)) {
      out.blank();
      out.doc(member.doc);
      printers[name](gpu, member.head, out);
    }
  };
  out.blank();
  out.doc([program.doc ?? `The model \`${program.name}\`.`], origin);
  out.braces(
    `export class ${model.className}`,
    () => {
      print(false);
      printPrivateFields(gpu, out);
      printConstructor(gpu, out);
      print(true);
      printPrivateMethods(gpu, out);
    },
    origin,
  );
}

function printPrivateFields(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  out.blank();
  out.line("«readonly »#gpu«: Session»;");
  out.line(`«readonly »#memory«: ReturnType<typeof ${gpu.placeName}>»;`);
  const inputs = model.inputsRead;
  if (inputs.length > 0) {
    const types = inputs.map((t) => `${model.inputNames.get(t)!}: ${arrayTypes[t.type]}`).join("; ");
    out.line(`«readonly »#inputs«: { ${types} }»;`);
  }
  for (const [dim, local] of model.dimNames) {
    if (!model.keptDims.has(dim)) continue;
    out.line(dim.varies === "create" ? `«readonly »#${local}«: number»;` : `#${local} = 0;`);
  }
  if (model.accumulates) {
    out.line("#sums«: Place | undefined»;");
    out.line("#isAccumulating = false;");
  }
  if (model.program.shadows.length > 0) {
    out.line("#spare«: Place | undefined»;");
    out.line("#isExchanged = false;");
  }
}

function printConstructor(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  out.blank();
  const memory = `memory«: ReturnType<typeof ${gpu.placeName}>»`;
  const parameters = ["gpu«: Session»", memory, "seed«: number»", ...numbered(gpu.dims)];
  out.braces(`«private »constructor(${parameters.join(", ")})`, () => {
    out.line("this.#gpu = gpu;");
    out.line("this.#memory = memory;");
    out.line("this.seed = seed;");
    for (const dim of model.createDims)
      if (model.keptDims.has(dim))
        out.line(`this.#${model.dimNames.get(dim)!} = ${model.dimNames.get(dim)!};`);
    out.line("this.parameters = memory.parameters;");
    if (model.hasLoss) out.line("this.gradients = memory.gradients;");
    out.line("this.states = memory.states;");
    if (model.inputsRead.length > 0) out.line("this.#inputs = { ...memory.buffers };");
  });
}

function printCreate(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  out.braces(head, () => {
    const given = model.createDims.length > 0 ? "options" : "options?";
    const dims = model.createDims.map((d) => `options.${model.optionNames.get(d)!}`);
    const args = [`${given}.device`, `${given}.seed ?? 0`, ...dims];
    out.line(`const model = await ${model.className}.#open(${args.join(", ")});`);
    const { initialise } = model.schedule;
    if (initialise.calls.length > 0) {
      if (gpu.usesHypers(initialise)) out.line("const { hyper } = model;");
      out.line("const submission = model.#gpu.record(1);");
      out.line(`model.#initialise(${gpu.passed(initialise, [])});`);
      out.line("submission.submit();");
    }
    out.line("return model;");
  });
}

function printOpen(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  const name = quoted(model.className);
  const parameters = ["device«: GPUDevice | undefined»", "seed«: number»", ...numbered(gpu.dims)];
  out.blank();
  out.doc(["A model whose memory is all zeros."]);
  out.braces(`static async #open(${parameters.join(", ")})«: Promise<${model.className}>»`, () => {
    out.line(`checkOption(${name}, "seed", seed, -2147483648, 4294967295);`);
    printDimChecks(model, out);
    out.line(`const needs = ${gpu.needsName}(${dimsOfNeeds(gpu).join(", ")});`);
    out.line(`const opened = await openSession(${name}, device, ${gpu.shadersName}, needs);`);
    const given = ["opened.gpu", "opened.buffers", ...dimsOfPlaces(gpu)];
    out.line(`const memory = ${gpu.placeName}(${given.join(", ")});`);
    const args = ["opened.gpu", "memory", "seed", ...gpu.dims];
    out.line(`return new ${model.className}(${args.join(", ")});`);
  });
}

function printPrivateMethods(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  printOpen(gpu, out);
  if (model.hasLoss) printSteps(gpu, out);
  for (const run of runsOf(model)) {
    out.blank();
    printRecording(gpu, run, out);
  }
  if (model.hasLoss) printResultMethods(gpu, out);
  if (model.accumulates) printGradientMethods(gpu, out);
  if (model.outputs.length > 0 && model.forwardInputs.length > 0) {
    out.blank();
    printTakeInputs(model, "#takeInputs", "Inputs", model.forwardInputs, out);
    printWriteInputs(gpu, "#writeInputs", model.forwardInputs, out);
  }
  if (model.hasEvaluation && model.trainingInputs.length > 0) {
    out.blank();
    printTakeInputs(model, "#takeTrainingInputs", "TrainingInputs", model.trainingInputs, out);
    printWriteInputs(gpu, "#writeTrainingInputs", model.trainingInputs, out);
  }
  if (model.program.shadows.length > 0) printExchange(gpu, out);
  printStored(gpu, out);
}
