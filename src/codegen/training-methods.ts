/** The bodies of `step`, `accumulate` and `update`. */
import { fillMetrics, runNext, takeTraining } from "./entry-methods.ts";
import { printRefusal } from "./exchange.ts";
import type { Model } from "./model.ts";
import { callEntry, countsOf } from "./procedures.ts";
import type { TextBuilder } from "./text.ts";
import type { Entry } from "./wasm/procedures.ts";

export function printStep(model: Model, head: string, out: TextBuilder): void {
  const whole = wholeStep(model);
  out.braces(head, () => {
    printRefusal(model, "step", out);
    if (whole) return printWholeStep(model, whole, out);
    printPass(model, out);
    // `update` ends an accumulation itself, but counts the pass only of what was not accumulated.
    const ends = model.countsPasses || !model.hasOptimizer;
    if (model.accumulates && ends) out.line("this.#isAccumulating = false;");
    if (model.hasOptimizer) out.line("this.update();");
    else {
      out.line("this.stepCount += 1;");
      if (model.countsPasses) out.line("this.passCount += 1;");
    }
    out.line("return loss;");
  });
}

/** The exported function that is a whole step; none, where what it returns is a view of what it updates. */
function wholeStep(model: Model): Entry | undefined {
  const { metrics, program, wasm } = model;
  const results = [program.loss, ...metrics.map((m) => m.tensor)];
  return results.every((t) => t && model.blocks.get(t) === "values") ? wasm?.program.step : undefined;
}

function printWholeStep(model: Model, entry: Entry, out: TextBuilder): void {
  takeTraining(model, out);
  out.line("this.stepCount += 1;");
  if (model.countsPasses) out.line("this.passCount += 1;");
  if (model.accumulates) out.line("this.#isAccumulating = false;");
  callEntry(model, entry, { step: "this.stepCount", pass: "this.passCount", training: true }, out);
  fillMetrics(model, out);
  out.line(`return ${model.scalarValue(model.program.loss!)};`);
}

export function printAccumulate(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    printRefusal(model, "accumulate", out);
    printPass(model, out);
    if (model.countsPasses) out.line("this.passCount += 1;");
    out.line("const upstream = options?.upstream ?? 1;");
    out.line("const gradients = this.#memory.allGradients;");
    out.line("const sums = (this.#sums ??= new Float32Array(gradients.length));");
    // One pass alone leaves the gradients as `step` does, to the bit.
    out.comment("0 + -0 is 0, but -0 adds nothing to anything");
    out.line("if (!this.#isAccumulating) sums.fill(-0);");
    out.line("this.#isAccumulating = true;");
    out.braces("for (let i = 0; i < sums.length; i++)", () => {
      out.line("sums[i] += upstream * gradients[i];");
      out.line("gradients[i] = sums[i];");
    });
    out.line("return loss;");
  });
}

export function printUpdate(model: Model, head: string, out: TextBuilder): void {
  const { update } = model.schedule;
  out.braces(head, () => {
    printRefusal(model, "update", out);
    out.line("this.stepCount += 1;");
    // What was not accumulated came from `backward`, which counts nothing.
    if (model.countsPasses) out.line("if (!this.#isAccumulating) this.passCount += 1;");
    if (model.accumulates) out.line("this.#isAccumulating = false;");
    const counts = countsOf(model, update).map((count) => `this.${count}Count`);
    if (update.calls.length > 0) out.line(`this.#runUpdate(${counts.join(", ")});`);
  });
}

/** Loss, gradients and running statistics. These come last: they may use the place of the loss. */
function printPass(model: Model, out: TextBuilder): void {
  out.line(`const loss = this.backward(${model.trainingInputs.length > 0 ? "inputs" : ""});`);
  if (model.schedule.statistics.calls.length > 0) out.line(runNext(model, "statistics"));
}
