/** The public members of a class for a GPU: what those of the other targets are, as promises. */
import { shadowNames } from "../exchange.ts";
import type { Member } from "../members.ts";
import type { TypeRole } from "../exports.ts";
import type { Model } from "../model.ts";

export type GpuMemberName =
  | "shapes"
  | "parameters"
  | "gradients"
  | "states"
  | "hyper"
  | "metrics"
  | "stepCount"
  | "passCount"
  | "nonFiniteStep"
  | "seed"
  | "create"
  | "load"
  | "step"
  | "stepMany"
  | "accumulate"
  | "update"
  | "backward"
  | "forward"
  | "evaluate"
  | "using"
  | "save"
  | "destroy";

type Row = readonly [name: GpuMemberName, doc: readonly string[], head: string, present: boolean];

/** The members that this model has, in the order in which they are printed: fields, then methods. */
export function gpuMembersOf(model: Model): Map<GpuMemberName, Member> {
  const present = (rows: readonly Row[], isMethod: boolean): [GpuMemberName, Member][] =>
    rows.filter((row) => row[3]).map(([name, doc, head]) => [name, { doc, head, isMethod }]);
  return new Map([...present(fieldsOf(model), false), ...present(methodsOf(model), true)]);
}

function fieldsOf(model: Model): Row[] {
  const type = model.type.bind(model);
  const passes = model.accumulates ? "`step`, `accumulate` or `backward`" : "`step` or `backward`";
  return [
    [
      "shapes",
      ["The shapes of the source; a name stands for a dimension that is known at run time only."],
      "static «readonly »shapes«: { readonly inputs: Shapes; readonly outputs: Shapes; readonly parameters: Shapes }»",
      true,
    ],
    ["parameters", ["What is learned."], `«readonly »parameters«: ${type("Parameters")}»`, true],
    [
      "gradients",
      [`The gradient of the loss, as ${passes} left it.`],
      `«readonly »gradients«: ${model.gradientType}»`,
      model.hasLoss,
    ],
    [
      "states",
      ["Running statistics, and what the optimizer remembers."],
      `«readonly »states«: ${type("States")}»`,
      true,
    ],
    [
      "hyper",
      ["Numbers that may be changed between steps: each step takes them as they are when it is called."],
      `«readonly »hyper«: ${type("Hyper")}»`,
      true,
    ],
    [
      "metrics",
      [`Metrics of the latest ${passes} whose loss has been read.`],
      `«readonly »metrics«: ${type("Metrics")}»`,
      model.hasLoss,
    ],
    ["stepCount", ["How many steps were taken."], "stepCount«: number»", true],
    [
      "passCount",
      ["How many training passes were taken: random numbers depend on it."],
      "passCount«: number»",
      model.countsPasses,
    ],
    [
      "nonFiniteStep",
      ["The first step whose loss is NaN or infinite, once it has been read; it is also told as a warning."],
      "nonFiniteStep«: number | undefined»",
      model.hasLoss,
    ],
    [
      "seed",
      ["Decides the initial parameters and all later random numbers."],
      "«readonly »seed«: number»",
      true,
    ],
  ];
}

function methodsOf(model: Model): Row[] {
  const type = model.type.bind(model);
  const given = (inputs: readonly unknown[], role: TypeRole): string =>
    inputs.length > 0 ? `inputs«: ${type(role)}»` : "";
  const training = given(model.trainingInputs, "TrainingInputs");
  const options = model.accumulates ? "options«?: { readonly upstream?: number }»" : "";
  const withOptions = [training, options].filter((p) => p !== "").join(", ");
  const many =
    model.trainingInputs.length > 0 ? `batches«: readonly ${type("TrainingInputs")}[]»` : "count«: number»";
  const latest = model.hasOptimizer ? "`update` or `step`" : "`step`";
  const own = `Promise<${model.className}>`;
  return [
    [
      "create",
      [
        "Makes a model with fresh parameters: takes all memory on the device, and compiles all shaders.",
        "It fails where the device has too little room for the model, before anything is taken.",
      ],
      `static async create(options«${model.createDims.length > 0 ? "" : "?"}: ${type("Options")}»)«: ${own}»`,
      true,
    ],
    [
      "load",
      ["The model that `save` wrote, on whichever target: training goes on as if it had not stopped."],
      `static async load(bytes«: Uint8Array», options«?: { readonly device?: GPUDevice }»)«: ${own}»`,
      true,
    ],
    [
      "step",
      [
        "One step of training: `backward`, then the updates. Gives the loss from before them, once it has been read.",
        "The next step may be called before: inputs are taken when there is room for the loss, and until then they",
        "must not be changed.",
      ],
      `async step(${training})«: Promise<number>»`,
      model.hasLoss,
    ],
    [
      "stepMany",
      ["Many steps, handed to the device together; gives their losses. The last batch may be a smaller one."],
      `async stepMany(${many})«: Promise<Float32Array>»`,
      model.hasLoss,
    ],
    [
      "accumulate",
      [
        "A pass over a part of the batch: its gradients, scaled by `upstream` (1 if not given), are added to",
        `those since the latest ${latest}; \`gradients\` shows the sum. Gives the loss and moves running`,
        "statistics. The first call takes one more block of memory, as large as `gradients`.",
      ],
      `accumulate(${withOptions})«: Promise<number>»`,
      model.accumulates,
    ],
    [
      "update",
      ["Applies the optimizer to `gradients` as they stand, and ends the accumulation."],
      "update()«: Promise<void>»",
      model.hasOptimizer,
    ],
    [
      "backward",
      [
        "Gives the loss in training mode and fills `gradients`, scaled by `upstream` (1 if not given).",
        "It changes neither parameters nor states, and forgets nothing that was accumulated.",
      ],
      `backward(${withOptions})«: Promise<number>»`,
      model.hasLoss,
    ],
    [
      "forward",
      ["The outputs, in inference mode: arrays of the caller's own."],
      `forward(${given(model.forwardInputs, "Inputs")})«: Promise<${type("Outputs")}>»`,
      model.outputs.length > 0,
    ],
    [
      "evaluate",
      [model.hasLoss ? "Loss and metrics, in inference mode." : "Metrics, in inference mode."],
      `evaluate(${training})«: Promise<${type("Evaluation")}>»`,
      model.hasEvaluation,
    ],
    [
      "using",
      [
        "Gives what `run` gives while the parameters have the values of these states. Nothing may be trained",
        "meanwhile; `save` writes the parameters as they then are.",
      ],
      `async using«<Result>»(name«: ${shadowNames(model)}», run«: () => Result | Promise<Result>»)«: Promise<Result>»`,
      model.program.shadows.length > 0,
    ],
    [
      "save",
      [
        "The whole model as safetensors: parameters, states, the optimizer's too, and the number of steps.",
        ...(model.accumulates ? ["Gradients that were accumulated are not in it."] : []),
      ],
      "save()«: Promise<Uint8Array>»",
      true,
    ],
    [
      "destroy",
      [
        "Frees the memory of the model on its device, and the device unless it was given. Every later call fails.",
      ],
      "destroy()«: void»",
      true,
    ],
  ];
}
