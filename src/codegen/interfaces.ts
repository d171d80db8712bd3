/** The exported types of a model. */
import type { Affine, ScalarType, Tensor } from "../ir/types.ts";
import { printAffine as printFormula } from "../ir/printer.ts";
import { passNames } from "./members.ts";
import { originOf, originWithin } from "./memory.ts";
import type { Model, Result } from "./model.ts";
import type { PathTree } from "./names.ts";
import { arrayTypes } from "./scope.ts";
import { quoted, TextBuilder } from "./text.ts";

export function printInterfaces(model: Model, out: TextBuilder): void {
  const of = (doc: string, name: string, body: () => void): void => {
    out.blank();
    out.doc([doc]);
    out.braces(`export interface ${name}`, body);
  };
  of(`How to make a model.`, model.type("Options"), () => printOptions(model, out));
  if (model.outputs.length > 0) {
    of("What `forward` asks for.", model.type("Inputs"), () => printInputs(model, model.forwardInputs, out));
    of(
      `What \`forward\` gives. Arrays are ${model.gpu ? "the caller's own" : "views of the model's memory, valid until its next call"}.`,
      model.type("Outputs"),
      () => printResults(model.outputs, out, true),
    );
  }
  if (model.hasEvaluation) {
    of(
      model.hasLoss ? "What training and `evaluate` ask for." : "What `evaluate` asks for.",
      model.type("TrainingInputs"),
      () => printInputs(model, model.trainingInputs, out),
    );
    of("What `evaluate` gives.", model.type("Evaluation"), () => {
      if (model.hasLoss) out.line("readonly loss: number;");
      printResults(model.metrics, out, true);
    });
  }
  if (model.hasLoss) {
    of(`Metrics of the latest ${passNames(model)}.`, model.type("Metrics"), () =>
      printResults(model.metrics, out, false),
    );
  }
  of(
    `${model.gpu ? "Tensors on the device" : "Arrays"} by the names of the source; a gradient has the place of its parameter.`,
    model.type("Parameters"),
    () => printTree(model.type("Parameters"), model.parameters.tree, out, leafOf(model)),
  );
  if (model.hasLoss && model.gradientType !== model.type("Parameters")) {
    of("Gradients, each in the place of its parameter; frozen ones have none.", model.gradientType, () =>
      printTree(model.gradientType, model.gradients.tree, out, leafOf(model)),
    );
  }
  of("What is remembered besides the parameters.", model.type("States"), () =>
    printTree(model.type("States"), model.states.tree, out, leafOf(model)),
  );
  of("Numbers that may be changed between steps.", model.type("Hyper"), () =>
    printTree(model.type("Hyper"), model.hypers.tree, out, hyperLeaf),
  );
}

function printOptions(model: Model, out: TextBuilder): void {
  out.doc(["Decides the initial parameters and all later random numbers; 0 if not given."]);
  out.line("readonly seed?: number;");
  if (model.gpu) {
    out.doc(["Where the model is to be; if not given, on a device of its own."]);
    out.line("readonly device?: GPUDevice;");
  }
  if (model.wasm) {
    out.doc(["How many threads share the work, 1 if not given: the same bits with any number."]);
    out.line("readonly threads?: number;");
    out.doc([
      "Whether products and sums may be rounded once, together, which is faster: as the platform can, if not given.",
      "Without it a model computes the same bits on every machine.",
    ]);
    out.line("readonly relaxed?: boolean;");
  }
  for (const dim of model.createDims) {
    out.doc([`From ${dim.minimum} to ${dim.maximum}.`]);
    out.line(`readonly ${model.optionNames.get(dim)!}: number;`, { span: dim.span, name: dim.name });
  }
}

function printInputs(model: Model, inputs: readonly Tensor[], out: TextBuilder): void {
  for (const t of inputs) {
    out.doc([t.doc, inputFacts(t)], originOf(t));
    out.line(`readonly ${model.inputNames.get(t)!}: ${inputType(t)};`, originOf(t));
  }
}

/** `[batch, 64], batch ≤ 128; integers below 10`. */
function inputFacts(t: Tensor): string {
  const kinds: Readonly<Record<ScalarType, string>> = {
    f32: t.distribution === true ? "distributions" : "",
    i32: t.below ? `integers below ${printFormula(t.below)}` : "integers",
    bool: "truth values",
  };
  const shape = t.shape.length === 0 ? "one value" : shapeText(t.shape);
  return [shape, kinds[t.type]].filter((s) => s !== "").join(": ");
}

export function shapeText(shape: readonly Affine[]): string {
  return `[${shape.map(printFormula).join(", ")}]`;
}

function inputType(t: Tensor): string {
  const element = t.type === "bool" ? "number | boolean" : "number";
  if (t.shape.length === 0) return t.type === "bool" ? "boolean" : "number";
  return t.shape.length === 1 ? `ArrayLike<${element}>` : `Nested<${element}>`;
}

function printResults(list: readonly Result[], out: TextBuilder, fixed: boolean): void {
  for (const { key, tensor, doc } of list) {
    out.doc([doc], originOf(tensor));
    out.line(`${fixed ? "readonly " : ""}${key}: ${resultType(tensor)};`, originOf(tensor));
  }
}

function resultType(tensor: Tensor): string {
  return tensor.shape.length === 0 ? "number" : arrayTypes[tensor.type];
}

type PrintLeaf = (key: string, t: Tensor, out: TextBuilder) => void;

/** `path` is the type whose members these are. Equal turns of a loop, `h.0 … h.49`, have the type of the first. */
function printTree(path: string, node: PathTree<Tensor>, out: TextBuilder, leaf: PrintLeaf): void {
  for (const [key, tensor] of node.leaves) leaf(key, tensor, out);
  const paths = new Map<string, string>();
  for (const [key, group] of node.groups) {
    const isTurn = /^\d/.test(key);
    const own = `${path}[${isTurn || key.startsWith('"') ? key : quoted(key)}]`;
    if (isTurn) {
      const text = textOfTree(group, leaf);
      const same = paths.get(text);
      if (same !== undefined) {
        out.line(`readonly ${key}: ${same};`, originWithin(group));
        continue;
      }
      paths.set(text, own);
    }
    out.line(`readonly ${key}: {`);
    out.indented(() => printTree(own, group, out, leaf));
    out.line("};");
  }
}

function textOfTree(node: PathTree<Tensor>, leaf: PrintLeaf): string {
  const out = new TextBuilder("typescript");
  printTree("", node, out, leaf);
  return out.lines.map((l) => l.text).join("\n");
}

function leafOf(model: Model): PrintLeaf {
  if (model.gpu) model.module.helper("DeviceTensor");
  const type = (t: Tensor): string =>
    model.gpu ? `DeviceTensor<${arrayTypes[t.type]}>` : arrayTypes[t.type];
  return (key, tensor, out) => {
    out.doc([tensor.doc, shapeText(tensor.shape)], originOf(tensor));
    out.line(`readonly ${key}: ${type(tensor)};`, originOf(tensor));
  };
}

function hyperLeaf(key: string, tensor: Tensor, out: TextBuilder): void {
  out.doc([tensor.doc], originOf(tensor));
  out.line(`${key}: number;`, originOf(tensor));
}
