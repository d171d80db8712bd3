/** The bodies of the methods that train. */
import { printRefusal } from "../exchange.ts";
import type { Model } from "../model.ts";
import { countsOf } from "../procedures.ts";
import type { TextBuilder } from "../text.ts";
import { quoted } from "../text.ts";
import { groupsOfGradients } from "./class-gradients.ts";
import type { GpuModel } from "./class-model.ts";

type Training = "backward" | "statistics" | "update";
type ProcedureName = Training | "forward" | "evaluate";

const methods: Readonly<Record<Training, string>> = {
  backward: "#runBackward",
  statistics: "#runStatistics",
  update: "#runUpdate",
};

/** The call of a method that records a procedure, where there is anything to record. */
function record(gpu: GpuModel, name: Training, step: string, pass: string): string[] {
  const procedure = gpu.model.schedule[name];
  if (procedure.calls.length === 0) return [];
  const counts = countsOf(gpu.model, procedure).map((count) => (count === "step" ? step : pass));
  return [`this.${methods[name]}(${gpu.passed(procedure, counts)});`];
}

function takeBatch({ model }: GpuModel, out: TextBuilder): void {
  if (model.trainingInputs.length === 0) return;
  out.line("this.#takeTrainingInputs(inputs);");
  out.line("this.#writeTrainingInputs(submission);");
}

/** Backward, and what follows it; results are kept last where they are still there. */
function printPass(
  gpu: GpuModel,
  step: string,
  pass: string,
  after: readonly string[],
  out: TextBuilder,
): void {
  const keep = `const loss = this.#keepResults(submission, ${step});`;
  const first = record(gpu, "backward", step, pass);
  const lines = gpu.resultsLast ? [...first, ...after, keep] : [...first, keep, ...after];
  for (const line of lines) out.line(line);
}

export function printStep({ model }: GpuModel, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    const list = model.trainingInputs.length > 0 ? "[inputs]" : "1";
    out.line(`return (await this.#steps(${list}))[0];`);
  });
}

export function printStepMany({ model }: GpuModel, head: string, out: TextBuilder): void {
  const isGiven = model.trainingInputs.length > 0;
  out.braces(head, () => {
    out.line("const { most } = this.#gpu;");
    out.line("const chunks«: Promise<number[]>[]» = [];");
    out.braces(`for (let from = 0; from < ${isGiven ? "batches.length" : "count"}; from += most)`, () => {
      const chunk = isGiven ? "batches.slice(from, from + most)" : "Math.min(most, count - from)";
      out.line(`chunks.push(this.#steps(${chunk}));`);
    });
    out.line("return Float32Array.from((await Promise.all(chunks)).flat());");
  });
}

/** The private method behind both. */
export function printSteps(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  const isGiven = model.trainingInputs.length > 0;
  const parameter = isGiven ? `batches«: readonly ${model.type("TrainingInputs")}[]»` : "count«: number»";
  out.blank();
  out.doc([
    "Steps that the device is handed together: their numbers are taken when all inputs are in order.",
  ]);
  out.braces(`#steps(${parameter})«: Promise<number[]>»`, () => {
    if (isGiven) out.line("const count = batches.length;");
    const { backward, statistics, update } = model.schedule;
    gpu.printHypers([backward, statistics, update], out);
    out.line("return this.#gpu.inOrder(count, () => {");
    out.indented(() => {
      printRefusal(model, "step", out);
      out.line("const submission = this.#gpu.record(count);");
      out.line("const losses«: Promise<number>[]» = [];");
      out.braces("for (let n = 1; n <= count; n++)", () => {
        out.line("const step = this.stepCount + n;");
        if (countsPass(model)) out.line("const pass = this.passCount + n;");
        if (isGiven) out.line("const inputs = batches[n - 1];");
        takeBatch(gpu, out);
        const after = [
          ...record(gpu, "statistics", "step", "pass"),
          ...record(gpu, "update", "step", "pass"),
        ];
        printPass(gpu, "step", "pass", after, out);
        out.line("losses.push(loss);");
      });
      out.line("this.stepCount += count;");
      if (model.countsPasses) out.line("this.passCount += count;");
      if (model.accumulates) out.line("this.#isAccumulating = false;");
      out.line("submission.submit();");
      out.line("return Promise.all(losses);");
    });
    out.line("});");
  });
}

const countsPass = (model: Model): boolean =>
  (["backward", "statistics", "update"] as const).some((name) =>
    countsOf(model, model.schedule[name]).includes("pass"),
  );

export function printBackward(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  inOrder(gpu, head, ["backward"], 1, out, () => {
    beginPass(gpu, out);
    const after = model.accumulates ? ["this.#scaleGradients(submission, options?.upstream ?? 1);"] : [];
    printPass(gpu, "step", "this.passCount + 1", after, out);
    out.line("submission.submit();");
    out.line("return loss;");
  });
}

export function printAccumulate(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  inOrder(gpu, head, ["backward", "statistics"], 1, out, () => {
    printRefusal(model, "accumulate", out);
    beginPass(gpu, out);
    const after = [
      ...record(gpu, "statistics", "step", "this.passCount + 1"),
      "this.#addGradients(submission, options?.upstream ?? 1);",
    ];
    printPass(gpu, "step", "this.passCount + 1", after, out);
    if (model.countsPasses) out.line("this.passCount += 1;");
    out.line("this.#isAccumulating = true;");
    out.line("submission.submit();");
    out.line("return loss;");
  });
}

function beginPass(gpu: GpuModel, out: TextBuilder): void {
  out.line("const step = this.stepCount + 1;");
  out.line("const submission = this.#gpu.record(1);");
  takeBatch(gpu, out);
}

export function printUpdate(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  inOrder(gpu, head, ["update"], 0, out, () => {
    printRefusal(model, "update", out);
    out.line("this.stepCount += 1;");
    if (model.countsPasses) out.line("if (!this.#isAccumulating) this.passCount += 1;");
    if (model.accumulates) out.line("this.#isAccumulating = false;");
    const recorded = record(gpu, "update", "this.stepCount", "this.passCount");
    if (recorded.length > 0) {
      out.line("const submission = this.#gpu.record(1);");
      for (const line of recorded) out.line(line);
      out.line("submission.submit();");
    }
    out.line("return Promise.resolve();");
  });
}

/** A method whose work is done in the order of the calls: results of so many steps need room. */
export function inOrder(
  gpu: GpuModel,
  head: string,
  procedures: readonly ProcedureName[],
  entries: number,
  out: TextBuilder,
  body: () => void,
  isAsync = false,
): void {
  out.braces(head, () => {
    gpu.printHypers(
      procedures.map((name) => gpu.model.schedule[name]),
      out,
    );
    out.line(`return this.#gpu.inOrder(${entries}, ${isAsync ? "async " : ""}() => {`);
    out.indented(body);
    out.line("});");
  });
}

/** Private methods over all gradients at once. */
export function printGradientMethods({ model }: GpuModel, out: TextBuilder): void {
  model.module.helper("bits");
  const call = (name: string, places: string, words: string): void => {
    out.line(`const call = submission.calls(${quoted(name)});`);
    out.line(`call(${name}, [${places}], [${words}], ${groupsOfGradients});`);
  };
  out.blank();
  out.doc(["Multiplies all gradients by the upstream gradient."]);
  out.braces("#scaleGradients(submission«: Submission», upstream«: number»)«: void»", () => {
    out.line("if (upstream === 1) return;");
    out.line("const { allGradients } = this.#memory;");
    out.line("const count = allGradients.size / 16;");
    call("scaleGradients", "allGradients", "count, bits(upstream)");
  });
  out.blank();
  out.doc(["Makes all gradients their sums over the passes since the latest update."]);
  out.braces("#addGradients(submission«: Submission», upstream«: number»)«: void»", () => {
    out.line("const { allGradients } = this.#memory;");
    out.line("const count = allGradients.size / 16;");
    out.line("this.#sums ??= this.#gpu.room(allGradients.size);");
    out.line("const isFirst = Number(!this.#isAccumulating);");
    call("addGradients", "this.#sums, allGradients", "count, bits(upstream), isFirst");
  });
}

/** The private methods that keep loss and metrics for when they are read, and look at them then. */
export function printResultMethods(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  const name = model.className;
  out.blank();
  out.doc(["Keeps loss and metrics of a pass for when they are read."]);
  out.braces("#keepResults(submission«: Submission», step«: number»)«: Promise<number>»", () => {
    gpu.printResultPlaces(gpu.results, out);
    out.line("return submission.keep(places, (results) => {");
    out.indented(() => {
      model.metrics.forEach(({ key, tensor }, n) =>
        out.line(`this.metrics.${key} = ${gpu.decoded(tensor, n + 1)};`),
      );
      out.line(`return this.#look(step, ${gpu.decoded(model.program.loss!, 0)});`);
    });
    out.line("});");
  });
  out.blank();
  out.doc(["The first loss that is no finite number is told."]);
  out.braces("#look(step«: number», loss«: number»)«: number»", () => {
    out.braces("if (!Number.isFinite(loss) && this.nonFiniteStep === undefined)", () => {
      out.line("this.nonFiniteStep = step;");
      out.line(`console.warn(\`${name}: the loss of step \${step} is \${loss}\`);`);
    });
    out.line("return loss;");
  });
}
