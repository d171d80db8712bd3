/** The class of a model: fields, constructor, the methods of every member, and the private methods behind them. */
import { printBackward, printEvaluate, printForward } from "./entry-methods.ts";
import { printExchange, printUsing } from "./exchange.ts";
import { constant } from "./expressions.ts";
import { printTakeInputs } from "./inputs.ts";
import type { MemberName } from "./members.ts";
import { membersOf } from "./members.ts";
import type { Model } from "./model.ts";
import { literalKey } from "./names.ts";
import type { PathTree } from "./names.ts";
import { beginningOf, printBeginning, printProcedure, runsOf } from "./procedures.ts";
import { printAccumulate, printStep, printUpdate } from "./training-methods.ts";
import { printLoad, printSave, printStoredTensors } from "./safetensors.ts";
import { arrayTypes } from "./scope.ts";
import type { TextBuilder } from "./text.ts";
import { quoted } from "./text.ts";
import type { Affine, Tensor } from "../ir/types.ts";
import { printAffine as printFormula } from "../ir/printer.ts";

type Print = (model: Model, head: string, out: TextBuilder) => void;

/** How each member of the class is printed, given the head that its declaration has too. */
const printers: Readonly<Record<MemberName, Print>> = {
  shapes: printShapes,
  parameters: printPlain,
  gradients: printPlain,
  states: printPlain,
  hyper: (model, head, out) => {
    printObject(head, model.hypers.tree, out);
  },
  metrics: (model, head, out) => {
    const initial = model.metrics.map(
      (m) => `${m.key}: ${m.tensor.shape.length === 0 ? "0" : `new ${arrayTypes[m.tensor.type]}(0)`}`,
    );
    out.line(`${head} = { ${initial.join(", ")} };`.replace("{  }", "{}"));
  },
  stepCount: printCount,
  passCount: printCount,
  seed: printPlain,
  ready: printPlain,
  create: printCreate,
  load: printLoad,
  step: printStep,
  accumulate: printAccumulate,
  update: printUpdate,
  backward: printBackward,
  forward: printForward,
  evaluate: printEvaluate,
  using: printUsing,
  save: printSave,
  dispose: printDispose,
};

export function printClass(model: Model, out: TextBuilder): void {
  const { program } = model;
  const origin = { span: program.span, name: program.name };
  out.doc([program.doc ?? `The model \`${program.name}\`.`], origin);
  const body = (): void => {
    let fieldsDone = false;
    for (const [name, member] of membersOf(model)) {
      if (!fieldsDone && member.isMethod) {
        fieldsDone = true;
        printPrivateFields(model, out);
        printConstructor(model, out);
      }
      out.blank();
      out.doc(member.doc);
      printers[name](model, member.head, out);
    }
    printPrivateMethods(model, out);
  };
  out.braces(`export class ${model.className}`, body, origin);
}

export function printPlain(_model: Model, head: string, out: TextBuilder): void {
  out.line(`${head};`);
}

export function printCount(_model: Model, head: string, out: TextBuilder): void {
  out.line(`${head} = 0;`);
}

/** The numbers that an optimizer is given, in the tree of their paths. */
export function printObject(head: string, tree: PathTree<Tensor>, out: TextBuilder): void {
  const value = (node: PathTree<Tensor>): string => {
    const leaves = [...node.leaves].map(
      ([key, t]) => `${key}: ${constant({ type: "f32", value: t.value ?? 0 }).text}`,
    );
    const groups = [...node.groups].map(([key, group]) => `${key}: ${value(group)}`);
    const all = [...leaves, ...groups];
    return all.length === 0 ? "{}" : `{ ${all.join(", ")} }`;
  };
  out.line(`${head} = ${value(tree)};`);
}

export function printShapes(model: Model, head: string, out: TextBuilder): void {
  const extent = (e: Affine): string => (e.terms.length === 0 ? `${e.constant}` : quoted(printFormula(e)));
  const shape = (t: Tensor): string => `[${t.shape.map(extent).join(", ")}]`;
  const group = (name: string, entries: readonly (readonly [string, Tensor])[]): void => {
    if (entries.length === 0) return out.line(`${name}: {},`);
    out.line(`${name}: {`);
    out.indented(() => entries.forEach(([key, t]) => out.line(`${literalKey(key)}: ${shape(t)},`)));
    out.line("},");
  };
  out.line(`${head} = {`);
  out.indented(() => {
    group(
      "inputs",
      model.program.inputs.map((t) => [model.inputNames.get(t)!, t]),
    );
    group(
      "outputs",
      model.outputs.map((o) => [o.key, o.tensor]),
    );
    group(
      "parameters",
      model.program.parameters.map((t) => [t.name, t]),
    );
  });
  out.line("};");
}

function printPrivateFields(model: Model, out: TextBuilder): void {
  out.blank();
  out.line(`«readonly »#memory«: ReturnType<typeof ${model.allocateName}>»;`);
  const inputs = model.inputsRead;
  if (inputs.length > 0) {
    const types = inputs.map((t) => `${model.inputNames.get(t)!}: ${arrayTypes[t.type]}`).join("; ");
    out.line(`«readonly »#inputs«: { ${types} }»;`);
  }
  for (const [dim, local] of model.dimNames) {
    if (!model.keptDims.has(dim)) continue;
    out.line(dim.varies === "create" ? `«readonly »#${local}«: number»;` : `#${local} = 0;`);
  }
  for (const { tensor, key } of model.outputs) {
    if (model.varies(tensor)) out.line(`#${key}View«: ${arrayTypes[tensor.type]}»;`);
  }
  if (model.accumulates) {
    out.line("#sums«: Float32Array | undefined»;");
    out.line("#isAccumulating = false;");
  }
  if (model.program.shadows.length > 0) out.line("#isExchanged = false;");
}

function printConstructor(model: Model, out: TextBuilder): void {
  const dims = model.createDims.map((d) => model.dimNames.get(d)!);
  const name = quoted(model.className);
  model.module.helper("checkOption");
  out.blank();
  const threads = model.wasm ? ["threads", "relaxed"] : [];
  const parameters = ["seed", ...dims, ...threads].map((p) =>
    p === "relaxed" ? `${p}«: boolean | undefined»` : `${p}«: number»`,
  );
  out.braces(`«private »constructor(${parameters.join(", ")})`, () => {
    out.line(`this.seed = checkOption(${name}, "seed", seed, -2147483648, 4294967295);`);
    for (const dim of model.createDims) {
      const local = model.dimNames.get(dim)!;
      const check = `checkOption(${name}, ${quoted(dim.name)}, ${local}, ${dim.minimum}, ${dim.maximum})`;
      out.line(`${model.keptDims.has(dim) ? `this.#${local} = ` : ""}${check};`);
    }
    out.line(`const memory = ${model.allocateName}(${[...dims, ...threads].join(", ")});`);
    out.line("this.#memory = memory;");
    if (model.wasm) {
      const ready = model.wasm.program.hasTeam
        ? "memory.threads?.ready ?? Promise.resolve()"
        : "Promise.resolve()";
      out.line(`this.ready = ${ready};`);
    }
    out.line("this.parameters = memory.parameters;");
    if (model.hasLoss) out.line("this.gradients = memory.gradients;");
    out.line("this.states = memory.states;");
    if (model.inputsRead.length > 0) out.line("this.#inputs = { ...memory.buffers };");
    for (const { tensor, key } of model.outputs) {
      if (model.varies(tensor)) out.line(`this.#${key}View = ${model.wholeOutput(tensor)};`);
    }
  });
}

function printCreate(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    const isRequired = model.createDims.length > 0;
    const seed = `options${isRequired ? "" : "?"}.seed ?? 0`;
    const dims = model.createDims.map((d) => `options.${model.optionNames.get(d)!}`);
    const given = `options${isRequired ? "" : "?"}`;
    const threads = model.wasm ? [`${given}.threads ?? 1`, `${given}.relaxed`] : [];
    if (!model.wasm) {
      model.module.helper("refuseOptions");
      out.line(`refuseOptions(${quoted(model.className)}, options);`);
    }
    out.line(`const model = new ${model.className}(${[seed, ...dims, ...threads].join(", ")});`);
    if (model.schedule.initialise.calls.length > 0) out.line("model.#initialise();");
    out.line("return model;");
  });
}

function printDispose(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    if (model.wasm?.program.hasTeam) out.line("this.#memory.threads?.end();");
  });
}

function printPrivateMethods(model: Model, out: TextBuilder): void {
  const beginning = beginningOf(model);
  if (beginning) {
    out.blank();
    printBeginning(model, beginning, out);
  }
  for (const run of runsOf(model)) {
    out.blank();
    printProcedure(model, run, beginning, out);
  }
  if (model.outputs.length > 0 && model.forwardInputs.length > 0) {
    out.blank();
    printTakeInputs(model, "#takeInputs", "Inputs", model.forwardInputs, out);
  }
  if (model.hasEvaluation && model.trainingInputs.length > 0) {
    out.blank();
    printTakeInputs(model, "#takeTrainingInputs", "TrainingInputs", model.trainingInputs, out);
  }
  if (model.program.shadows.length > 0) printExchange(model, out);
  out.blank();
  printStoredTensors(model, out);
}
