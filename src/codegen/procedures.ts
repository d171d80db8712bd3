/** Methods that run a procedure: one call of a kernel a line. */
import type { Call, Procedure } from "../ir/kernel.ts";
import type { Dim, Statement, Tensor } from "../ir/types.ts";
import { access } from "./names.ts";
import type { Model } from "./model.ts";
import type { TextBuilder } from "./text.ts";
import { dimsIn, dimsOfCall } from "./entries.ts";
import { sizeText } from "./memory.ts";
import type { Entry } from "./wasm/procedures.ts";
import type { WasmUnit } from "./wasm/unit.ts";

export interface Run {
  readonly procedure: Procedure;
  readonly name: string;
  readonly doc: string;
  /** How the numbers of the step and of the pass are spelled here: in training, they are arguments. */
  readonly step: string;
  readonly pass: string;
  readonly training: boolean;
}

/** The private methods of a class that run procedures, where there is anything to run. */
export function runsOf(model: Model): Run[] {
  const { initialise, forward, evaluate, backward, statistics, update } = model.schedule;
  const runs: Run[] = [
    {
      procedure: initialise,
      name: "#initialise",
      doc: "Starting values of parameters and states.",
      step: "0",
      pass: "0",
      training: true,
    },
    {
      procedure: forward,
      name: "#runForward",
      doc: "Inference: the outputs.",
      step: "this.stepCount",
      pass: "this.passCount",
      training: false,
    },
    {
      procedure: evaluate,
      name: "#runEvaluate",
      doc: "Inference: loss and metrics.",
      step: "this.stepCount",
      pass: "this.passCount",
      training: false,
    },
    {
      procedure: backward,
      name: "#runBackward",
      doc: "Training: loss, metrics and gradients.",
      step: "step",
      pass: "pass",
      training: true,
    },
    {
      procedure: statistics,
      name: "#runStatistics",
      doc: "Running statistics, in the order of the source.",
      step: "step",
      pass: "pass",
      training: true,
    },
    {
      procedure: update,
      name: "#runUpdate",
      doc: "The optimizer, in the order of the source.",
      step: "step",
      pass: "pass",
      training: true,
    },
  ];
  return runs.filter((run) => run.procedure.calls.length > 0);
}

export function printProcedure(
  model: Model,
  run: Run,
  beginning: Beginning | undefined,
  out: TextBuilder,
): void {
  const { procedure } = run;
  out.doc([run.doc]);
  const counts = run.step === "step" ? countsOf(model, procedure) : [];
  out.braces(`${run.name}(${counts.map((c) => `${c}«: number»`).join(", ")})«: void»`, () => {
    if (model.wasm) return printEntry(model, model.wasm, run, out);
    const begins = beginning?.procedures.includes(procedure) === true;
    const calls = begins ? procedure.calls.slice(beginning.calls.length) : procedure.calls;
    if (begins) out.line(`this.${beginning.name}();`);
    printLocals(model, calls, out);
    inPasses(calls, isAdjoint, run, out, (call) => printCall(model, call, run, out));
  });
}

/** Calls with which several procedures begin, as a method of their own. */
export interface Beginning {
  readonly name: "#runBeginning";
  readonly procedures: readonly Procedure[];
  readonly calls: readonly Call[];
}

/** So many calls are worth a method. */
const longBeginning = 8;

/** At level 2, what inference and training have in common: the layers up to where they differ. */
export function beginningOf({ schedule, program, wasm }: Model): Beginning | undefined {
  if (schedule.level < 2 || wasm) return undefined;
  const { forward, evaluate, backward } = schedule;
  const [first, ...others] = [forward, evaluate, backward].filter(({ calls }) => calls.length > 0);
  if (!first || others.length === 0) return undefined;
  // Their values are spelled in each procedure's own way.
  const own: readonly Tensor[] = [program.builtins.step, program.builtins.pass, program.builtins.training];
  const isCommon = (call: Call, n: number): boolean =>
    !(call.kind === "call" && call.scalars.some((t) => own.includes(t))) &&
    others.every(({ calls }) => calls[n] !== undefined && areAlike(call, calls[n]));
  const end = first.calls.findIndex((call, n) => !isCommon(call, n));
  const calls = end < 0 ? first.calls : first.calls.slice(0, end);
  if (calls.length < longBeginning) return undefined;
  return { name: "#runBeginning", procedures: [first, ...others], calls };
}

/** Whether two calls do the same with the same. */
function areAlike(a: Call, b: Call): boolean {
  if (a.kind === "clear" || b.kind === "clear")
    return a.kind === "clear" && b.kind === "clear" && a.tensor === b.tensor;
  const same = <T>(p: readonly T[], q: readonly T[]): boolean => p.every((x, i) => x === q[i]);
  return (
    a.kernel === b.kernel && same(a.buffers, b.buffers) && same(a.scalars, b.scalars) && same(a.dims, b.dims)
  );
}

export function printBeginning(model: Model, { name, calls }: Beginning, out: TextBuilder): void {
  out.doc(["What inference and training begin with."]);
  out.braces(`${name}()«: void»`, () => {
    printLocals(model, calls, out);
    for (const call of calls) printCall(model, call, { step: "", pass: "", training: false }, out);
  });
}

/** Prints what a procedure does, and above it, where it does both, which part of it is forward and which the chain rule. */
export function inPasses<T>(
  items: readonly T[],
  isBackward: (item: T) => boolean,
  { training }: Pick<Run, "training">,
  out: TextBuilder,
  print: (item: T) => void,
): void {
  const mixed = items.some(isBackward) && !items.every(isBackward);
  let inBackward = false;
  if (mixed && !isBackward(items[0]!)) out.comment("Forward");
  for (const item of items) {
    if (mixed && !inBackward && isBackward(item)) {
      inBackward = true;
      if (item !== items[0]) out.blank();
      out.comment(`Backward: the chain rule${training ? ", from the loss to the parameters" : ""}`);
    }
    print(item);
  }
}

/** The call of the exported function that a procedure is in WebAssembly. */
function printEntry(model: Model, { program }: WasmUnit, run: Run, out: TextBuilder): void {
  callEntry(model, program.entries.get(run.procedure)!, run, out);
}

/** The call of an exported function, with the numbers of this step and this pass. */
export function callEntry(
  model: Model,
  { name, scalars, dims }: Entry,
  run: Pick<Run, "step" | "pass" | "training">,
  out: TextBuilder,
): void {
  const args = [
    ...scalars.map((t) =>
      model.hypers.places.has(t) ? `this.${scalar(model, t, run)}` : scalar(model, t, run),
    ),
    ...dims.map((d) => `this.#${model.dimNames.get(d)!}`),
  ];
  out.list(`this.#memory.kernels.${name}`, args, ";");
}

/** Which of the numbers of the step and of the pass the kernels of a procedure are passed. */
export function countsOf(model: Model, { calls }: Procedure): ("step" | "pass")[] {
  const isPassed = (count: Tensor): boolean =>
    calls.some((c) => c.kind === "call" && c.scalars.includes(count));
  return (["step", "pass"] as const).filter((name) => isPassed(model.program.builtins[name]));
}

function isAdjoint(call: Call): boolean {
  if (call.kind === "clear") return call.tensor.role === "adjoint";
  return isChainRule(call);
}

/** Whether what is computed came from differentiation. */
export function isChainRule({ statements }: { readonly statements: readonly Statement[] }): boolean {
  return statements.some((s) => s.origin.steps !== undefined);
}

/** Names for what the calls mention. */
function printLocals(model: Model, calls: readonly Call[], out: TextBuilder): void {
  const tensors = calls.flatMap((c) => (c.kind === "call" ? [...c.buffers] : [c.tensor]));
  const groups = new Set(tensors.map((t) => model.reference(t).replace(/[.[].*$/s, "")));
  const used = ["parameters", "gradients", "states", "rows", "values"].filter((g) => groups.has(g));
  if (used.length > 0) out.line(`const { ${used.join(", ")} } = this.#memory;`);
  if (groups.has("inputs")) out.line("const inputs = this.#inputs;");
  const scalars = calls.flatMap((c) => (c.kind === "call" ? [...c.scalars] : []));
  if (scalars.some((t) => model.hypers.places.has(t))) out.line("const hyper = this.hyper;");
  const dims = new Set<Dim>(calls.flatMap(dimsOfCall));
  for (const [dim, local] of model.dimNames) if (dims.has(dim)) out.line(`const ${local} = this.#${local};`);
}

function printCall(
  model: Model,
  call: Call,
  run: Pick<Run, "step" | "pass" | "training">,
  out: TextBuilder,
): void {
  if (call.kind === "clear") {
    const varies = [...dimsIn(call.tensor.shape)].some((d) => d.varies === "call");
    const range = varies ? `0, 0, ${sizeText(model, call.tensor.shape)}` : "0";
    return out.line(`${model.reference(call.tensor)}.fill(${range});`, {
      span: call.tensor.span,
      name: call.tensor.name,
    });
  }
  const args = [
    ...call.buffers.map((t) => model.reference(t)),
    ...call.scalars.map((t) => scalar(model, t, run)),
    ...call.dims.map((d) => (typeof d === "number" ? String(d) : model.dimNames.get(d)!)),
  ];
  out.list(model.kernelNames.get(call.kernel)!, args, ";", call.statements[0]!.origin);
}

/** How a number that a kernel is passed by value is spelled. */
export function scalar(model: Model, tensor: Tensor, run: Pick<Run, "step" | "pass" | "training">): string {
  const { builtins } = model.program;
  if (tensor === builtins.step) return run.step;
  if (tensor === builtins.pass) return run.pass;
  if (tensor === builtins.seed) return "this.seed";
  if (tensor === builtins.training) return `${run.training}`;
  const place = model.hypers.places.get(tensor);
  if (place) return `hyper${place.map(access).join("")}`;
  return `${model.reference(tensor)}[0]`;
}
