/** The public members of a model's class, once for the class itself and once for its declaration. */
import { shadowNames } from "./exchange.ts";
import type { TypeRole } from "./exports.ts";
import type { Model } from "./model.ts";

export interface Member {
  readonly doc: readonly string[];
  /** The signature, with types between « and »; methods end in their result type. */
  readonly head: string;
  readonly isMethod: boolean;
}

export type MemberName =
  | "ready"
  | "create"
  | "load"
  | "shapes"
  | "parameters"
  | "gradients"
  | "states"
  | "hyper"
  | "metrics"
  | "stepCount"
  | "passCount"
  | "seed"
  | "step"
  | "accumulate"
  | "update"
  | "backward"
  | "forward"
  | "evaluate"
  | "using"
  | "save"
  | "dispose";

const methods: ReadonlySet<MemberName> = new Set([
  "create",
  "load",
  "step",
  "accumulate",
  "update",
  "backward",
  "forward",
  "evaluate",
  "using",
  "save",
  "dispose",
]);

/** The methods that take a training pass, in words. */
export function passNames(model: Model): string {
  return model.accumulates ? "`step`, `accumulate` or `backward`" : "`step` or `backward`";
}

/** The members that this model has, in the order in which they are printed. */
export function membersOf(model: Model): Map<MemberName, Member> {
  const { className } = model;
  const type = model.type.bind(model);
  const given = (inputs: readonly unknown[], role: TypeRole): string =>
    inputs.length > 0 ? `inputs«: ${type(role)}»` : "";
  const training = given(model.trainingInputs, "TrainingInputs");
  const options = model.accumulates ? "options«?: { readonly upstream?: number }»" : "";
  const withOptions = [training, options].filter((p) => p !== "").join(", ");
  const passes = passNames(model);
  const needsOptions = model.createDims.length > 0;
  const hasThreads = model.wasm !== undefined;
  const resumed = hasThreads ? `, options«?: Pick<${type("Options")}, "threads" | "relaxed">»` : "";
  const members: [MemberName, Omit<Member, "isMethod">, boolean][] = [
    [
      "shapes",
      {
        doc: ["The shapes of the source; a name stands for a dimension that is known at run time only."],
        head: "static «readonly »shapes«: { readonly inputs: Shapes; readonly outputs: Shapes; readonly parameters: Shapes }»",
      },
      true,
    ],
    [
      "parameters",
      { doc: ["What is learned."], head: `«readonly »parameters«: ${type("Parameters")}»` },
      true,
    ],
    [
      "gradients",
      {
        doc: [`The gradient of the loss, as ${passes} left it.`],
        head: `«readonly »gradients«: ${model.gradientType}»`,
      },
      model.hasLoss,
    ],
    [
      "states",
      {
        doc: ["Running statistics, and what the optimizer remembers."],
        head: `«readonly »states«: ${type("States")}»`,
      },
      true,
    ],
    [
      "hyper",
      { doc: ["Numbers that may be changed between steps."], head: `«readonly »hyper«: ${type("Hyper")}»` },
      true,
    ],
    [
      "metrics",
      {
        doc: [`Metrics of the latest ${passes}.`],
        head: `«readonly »metrics«: ${type("Metrics")}»`,
      },
      model.hasLoss,
    ],
    ["stepCount", { doc: ["How many steps were taken."], head: "stepCount«: number»" }, true],
    [
      "passCount",
      {
        doc: ["How many training passes were taken: random numbers depend on it."],
        head: "passCount«: number»",
      },
      model.countsPasses,
    ],
    [
      "seed",
      {
        doc: ["Decides the initial parameters and all later random numbers."],
        head: "«readonly »seed«: number»",
      },
      true,
    ],
    [
      "ready",
      {
        doc: [
          "When its threads have started: until then, and where they can't, one thread trains, to the same bits.",
          "It fails, with the reason, where they can't be started.",
        ],
        head: "«readonly »ready«: Promise<void>»",
      },
      hasThreads,
    ],
    [
      "create",
      {
        doc: ["Makes a model with fresh parameters. All memory is taken here."],
        head: `static create(options«${needsOptions ? "" : "?"}: ${type("Options")}»)«: ${className}»`,
      },
      true,
    ],
    [
      "load",
      {
        doc: ["The model that `save` wrote, optimizer and all: training goes on as if it had not stopped."],
        head: `static load(bytes«: Uint8Array»${resumed})«: ${className}»`,
      },
      true,
    ],
    [
      "step",
      {
        doc: ["One step of training: `backward`, then the updates. Gives the loss from before them."],
        head: `step(${training})«: number»`,
      },
      model.hasLoss,
    ],
    [
      "accumulate",
      {
        doc: [
          "A pass over a part of the batch: its gradients, scaled by `upstream` (1 if not given), are added to",
          `those since the latest ${model.hasOptimizer ? "`update` or `step`" : "`step`"}; \`gradients\` shows the sum. Gives the loss and moves running`,
          "statistics. The first call takes one more block of memory, as large as `gradients`.",
        ],
        head: `accumulate(${withOptions})«: number»`,
      },
      model.accumulates,
    ],
    [
      "update",
      {
        doc: ["Applies the optimizer to `gradients` as they stand, and ends the accumulation."],
        head: "update()«: void»",
      },
      model.hasOptimizer,
    ],
    [
      "backward",
      {
        doc: [
          "Gives the loss in training mode and fills `gradients`, scaled by `upstream` (1 if not given).",
          "It changes neither parameters nor states, and forgets nothing that was accumulated.",
        ],
        head: `backward(${withOptions})«: number»`,
      },
      model.hasLoss,
    ],
    [
      "forward",
      {
        doc: ["The outputs, in inference mode: views of the model's memory, valid until its next call."],
        head: `forward(${given(model.forwardInputs, "Inputs")})«: ${type("Outputs")}»`,
      },
      model.outputs.length > 0,
    ],
    [
      "evaluate",
      {
        doc: [model.hasLoss ? "Loss and metrics, in inference mode." : "Metrics, in inference mode."],
        head: `evaluate(${training})«: ${type("Evaluation")}»`,
      },
      model.hasEvaluation,
    ],
    [
      "using",
      {
        doc: [
          "Gives what `run` gives while the parameters have the values of these states. Nothing may be trained",
          "meanwhile, and `run` must not be asynchronous; `save` writes the parameters as they then are.",
        ],
        head: `using«<Result>»(name«: ${shadowNames(model)}», run«: () => Result»)«: Result»`,
      },
      model.program.shadows.length > 0,
    ],
    [
      "save",
      {
        doc: [
          "The whole model as safetensors: parameters, states, the optimizer's too, and the number of steps.",
          ...(model.accumulates ? ["Gradients that were accumulated are not in it."] : []),
        ],
        head: "save()«: Uint8Array»",
      },
      true,
    ],
    [
      "dispose",
      {
        doc: ["Ends the threads of this model. It can still be used, with one thread."],
        head: "dispose()«: void»",
      },
      hasThreads,
    ],
  ];
  return new Map(
    members
      .filter(([, , present]) => present)
      .map(([name, member]) => [name, { ...member, isMethod: methods.has(name) }]),
  );
}
