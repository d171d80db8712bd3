/** The bodies of `backward`, `forward` and `evaluate`. */
import type { Tensor } from "../ir/types.ts";
import { dimsIn } from "./entries.ts";
import { sizeText } from "./memory.ts";
import type { Model, Result } from "./model.ts";
import { countsOf } from "./procedures.ts";
import type { TextBuilder } from "./text.ts";

export function printBackward(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    takeTraining(model, out);
    if (model.schedule.backward.calls.length > 0) out.line(runNext(model, "backward"));
    fillMetrics(model, out);
    if (model.program.gradients.length > 0) {
      out.line("const upstream = options?.upstream ?? 1;");
      out.braces("if (upstream !== 1)", () => {
        out.line("const gradients = this.#memory.allGradients;");
        out.line("for (let i = 0; i < gradients.length; i++) gradients[i] *= upstream;");
      });
    }
    out.line(`return ${model.scalarValue(model.program.loss!)};`);
  });
}

export function printForward(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    if (model.forwardInputs.length > 0) out.line("this.#takeInputs(inputs);");
    if (model.schedule.forward.calls.length > 0) out.line("this.#runForward();");
    const varying = model.outputs.filter((o) => model.varies(o.tensor));
    dimensionLocals(
      model,
      varying.map((o) => o.tensor),
      out,
    );
    for (const { key, tensor } of varying) {
      const size = sizeText(model, tensor.shape);
      const whole = model.wholeOutput(tensor);
      const isGiven = tensor.role === "input" && !model.wasm;
      if (isGiven) {
        // The caller's own array, or the buffer that it was copied to, which has room for the largest count.
        const given = `this.#${model.reference(tensor)}`;
        out.line(
          `this.#${key}View = ${given}.length === ${size} ? ${given} : ${given}.subarray(0, ${size});`,
        );
        continue;
      }
      out.braces(`if (this.#${key}View.length !== ${size})`, () =>
        out.line(`this.#${key}View = this.#${whole}.subarray(0, ${size});`),
      );
    }
    out.line(`return { ${model.outputs.map((o) => `${o.key}: ${resultValue(model, o)}`).join(", ")} };`);
  });
}

export function printEvaluate(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    takeTraining(model, out);
    if (model.schedule.evaluate.calls.length > 0) out.line("this.#runEvaluate();");
    dimensionLocals(
      model,
      model.metrics.map((m) => m.tensor).filter((t) => model.varies(t)),
      out,
    );
    const loss = model.program.loss ? [`loss: ${model.scalarValue(model.program.loss)}`] : [];
    const metrics = model.metrics.map((m) => `${m.key}: ${metricValue(model, m.tensor)}`);
    out.line(`return { ${[...loss, ...metrics].join(", ")} };`);
  });
}

/** The call of what belongs to the next pass, before it is counted. */
export function runNext(model: Model, name: "backward" | "statistics"): string {
  const counts = countsOf(model, model.schedule[name]).map((count) => `this.${count}Count + 1`);
  return `this.#run${name === "backward" ? "Backward" : "Statistics"}(${counts.join(", ")});`;
}

export function takeTraining(model: Model, out: TextBuilder): void {
  if (model.trainingInputs.length > 0) out.line("this.#takeTrainingInputs(inputs);");
}

export function fillMetrics(model: Model, out: TextBuilder): void {
  dimensionLocals(
    model,
    model.metrics.map((m) => m.tensor).filter((t) => model.varies(t)),
    out,
  );
  for (const { key, tensor } of model.metrics)
    out.line(`this.metrics.${key} = ${metricValue(model, tensor)};`);
}

function dimensionLocals(model: Model, tensors: readonly Tensor[], out: TextBuilder): void {
  const used = dimsIn(tensors.flatMap((t) => t.shape));
  for (const [dim, local] of model.dimNames) if (used.has(dim)) out.line(`const ${local} = this.#${local};`);
}

function resultValue(model: Model, { key, tensor }: Result): string {
  if (tensor.shape.length === 0) return model.scalarValue(tensor);
  return model.varies(tensor) ? `this.#${key}View` : `this.${privatePlace(model, tensor)}`;
}

function metricValue(model: Model, tensor: Tensor): string {
  if (tensor.shape.length === 0) return model.scalarValue(tensor);
  const whole = `this.${privatePlace(model, tensor)}`;
  return model.varies(tensor) ? `${whole}.subarray(0, ${sizeText(model, tensor.shape)})` : whole;
}

function privatePlace(model: Model, tensor: Tensor): string {
  return tensor.role === "input" ? `#${model.reference(tensor)}` : `#memory.${model.reference(tensor)}`;
}
