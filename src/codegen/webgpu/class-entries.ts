/** The bodies of `forward`, `evaluate` and `using`, and what brings inputs to the device. */
import type { Affine, Tensor } from "../../ir/types.ts";
import { dimsIn } from "../entries.ts";
import { printRefusal, shadowNames } from "../exchange.ts";
import { originOf, sizeText } from "../memory.ts";
import type { TextBuilder } from "../text.ts";
import { quoted } from "../text.ts";
import type { GpuModel } from "./class-model.ts";
import { printDims } from "./class-procedures.ts";
import { inOrder } from "./class-training.ts";

export function printForward(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  inOrder(
    gpu,
    head,
    ["forward"],
    0,
    out,
    () => {
      printRun(gpu, "", "forward", out);
      gpu.printResultPlaces(
        model.outputs.map((o) => o.tensor),
        out,
      );
      out.line("const results = await this.#gpu.read(places, submission);");
      const values = model.outputs.map((o, n) => `${o.key}: ${gpu.decoded(o.tensor, n)}`);
      out.line(`return { ${values.join(", ")} };`);
    },
    true,
  );
}

export function printEvaluate(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  inOrder(
    gpu,
    head,
    ["evaluate"],
    0,
    out,
    () => {
      printRun(gpu, "Training", "evaluate", out);
      gpu.printResultPlaces(gpu.results, out);
      out.line("const results = await this.#gpu.read(places, submission);");
      const keys = [...(model.hasLoss ? ["loss"] : []), ...model.metrics.map((m) => m.key)];
      const values = gpu.results.map((t, n) => `${keys[n]!}: ${gpu.decoded(t, n)}`);
      out.line(`return { ${values.join(", ")} };`);
    },
    true,
  );
}

function printRun(
  gpu: GpuModel,
  kind: "" | "Training",
  name: "forward" | "evaluate",
  out: TextBuilder,
): void {
  const { model } = gpu;
  const inputs = name === "forward" ? model.forwardInputs : model.trainingInputs;
  const procedure = model.schedule[name];
  if (inputs.length > 0) out.line(`this.#take${kind}Inputs(inputs);`);
  out.line("const submission = this.#gpu.record(1);");
  if (inputs.length > 0) out.line(`this.#write${kind}Inputs(submission);`);
  const method = name === "forward" ? "#runForward" : "#runEvaluate";
  if (procedure.calls.length > 0) out.line(`this.${method}(${gpu.passed(procedure, [])});`);
}

/** A private method that brings the inputs that were taken to the device. */
export function printWriteInputs(
  gpu: GpuModel,
  name: string,
  inputs: readonly Tensor[],
  out: TextBuilder,
): void {
  const { model } = gpu;
  const sent = inputs.filter((t) => gpu.isOnDevice(t));
  out.blank();
  out.braces(`${name}(submission«: Submission»)«: void»`, () => {
    if (sent.length === 0) return;
    out.line("const { inputs } = this.#memory;");
    out.line("const taken = this.#inputs;");
    const mentioned = dimsIn(sent.flatMap((t) => t.shape));
    printDims(model.dimNames, (dim) => mentioned.has(dim), out);
    for (const t of sent) {
      const key = model.inputNames.get(t)!;
      const values = `taken.${key}.subarray(0, ${sizeText(model, t.shape)})`;
      const words = t.type === "bool" ? `Uint32Array.from(${values})` : values;
      out.line(`submission.write(inputs.${key}, ${words});`, originOf(t));
    }
  });
}

export function printUsing({ model }: GpuModel, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    printRefusal(model, "using", out);
    out.line("await this.#exchange(name);");
    out.line("try {");
    out.indented(() => out.line("return await run();"));
    out.line("} finally {");
    out.indented(() => out.line("await this.#exchange(name);"));
    out.line("}");
  });
}

/** The private methods behind `using`. */
export function printExchange(gpu: GpuModel, out: TextBuilder): void {
  const { model } = gpu;
  const { shadows } = model.program;
  const sizes = shadows.flatMap((s) => s.pairs.map((p) => gpu.place(p.parameter).size));
  out.blank();
  out.doc(["Parameters and the states of this name change places."]);
  inOrder(gpu, `#exchange(name«: ${shadowNames(model)}»)«: Promise<void>»`, [], 0, out, () => {
    out.line("const submission = this.#gpu.record(1);");
    out.line("const { parameters, states } = this.#memory;");
    const dims = dimsIn(sizes);
    printDims(model.dimNames, (dim) => dims.has(dim), out);
    out.line(`this.#spare ??= this.#gpu.room(${mostBytes(gpu, sizes)});`);
    shadows.forEach(({ name, pairs }, place) => {
      out.line(`${place > 0 ? "} else " : ""}if (name === ${quoted(name)}) {`);
      out.indented(() => {
        for (const { parameter, state } of pairs) {
          const both = `${model.reference(parameter)}, ${model.reference(state)}`;
          out.line(`submission.exchange(${both}, this.#spare);`);
        }
      });
    });
    out.line("} else {");
    const wanted = shadows.map((s) => s.name).join(", ");
    out.indented(() =>
      out.line(`throw new RangeError(${quoted(`${model.className}: using takes one of: ${wanted}`)});`),
    );
    out.line("}");
    out.line("submission.submit();");
    out.line("this.#isExchanged = !this.#isExchanged;");
    out.line("return Promise.resolve();");
  });
  out.blank();
  out.doc(["Training moves parameters that stand in their own places."]);
  out.braces("#requireInPlace(method«: string»)«: void»", () => {
    const message = `\`${model.className}: \${method} can't be called within using\``;
    out.line(`if (this.#isExchanged) throw new Error(${message});`);
  });
}

function mostBytes(gpu: GpuModel, sizes: readonly Affine[]): string {
  const all = [...new Set(sizes)].map((s) => gpu.bytes(s));
  return all.length === 1 ? all[0]! : `Math.max(${all.join(", ")})`;
}
