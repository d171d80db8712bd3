/** Methods that record a procedure: one dispatch a line. */
import type { Affine, Dim, Expr, Tensor } from "../../ir/types.ts";
import { dimsIn } from "../entries.ts";
import { ExpressionPrinter } from "../expressions.ts";
import type { Run } from "../procedures.ts";
import { countsOf, inPasses, isChainRule, scalar } from "../procedures.ts";
import type { TextBuilder } from "../text.ts";
import type { GpuModel } from "./class-model.ts";
import type { Dispatch } from "./program.ts";

export function printRecording(gpu: GpuModel, run: Run, out: TextBuilder): void {
  const { model, unit } = gpu;
  const dispatches = unit.program.procedures.get(run.procedure)!;
  const counts = run.step === "step" ? countsOf(model, run.procedure) : [];
  const hyper = gpu.usesHypers(run.procedure) ? [`hyper«: ${model.type("Hyper")}»`] : [];
  const parameters = ["submission«: Submission»", ...hyper, ...counts.map((c) => `${c}«: number»`)];
  out.doc([run.doc]);
  out.braces(`${run.name}(${parameters.join(", ")})«: void»`, () => {
    out.line(`const call = submission.calls("${run.procedure.name}");`);
    printLocals(gpu, dispatches, out);
    inPasses(dispatches, isChainRule, run, out, (d) => printDispatch(gpu, d, run, out));
  });
}

/** Names for what the dispatches mention. */
function printLocals({ model }: GpuModel, dispatches: readonly Dispatch[], out: TextBuilder): void {
  const places = dispatches.flatMap((d) =>
    d.shader.bindings.map((b) =>
      b.buffers.length > 1 ? "shared" : model.reference(d.buffers[b.buffers[0]!]!),
    ),
  );
  const groups = new Set(places.map((place) => place.replace(/[.[].*$/s, "")));
  const order = ["inputs", "parameters", "gradients", "states", "rows", "values", "shared"];
  const used = order.filter((g) => groups.has(g));
  if (used.length > 0) out.line(`const { ${used.join(", ")} } = this.#memory;`);
  const mentioned = new Set(dispatches.flatMap(dimsOfDispatch));
  printDims(model.dimNames, (dim) => mentioned.has(dim), out);
}

/** Local variables for dimensions. */
export function printDims(
  names: ReadonlyMap<Dim, string>,
  isWanted: (dim: Dim) => boolean,
  out: TextBuilder,
): void {
  for (const [dim, local] of names) if (isWanted(dim)) out.line(`const ${local} = this.#${local};`);
}

function dimsOfDispatch({ dims, groups, offsets }: Dispatch): Dim[] {
  return [...dims.filter((d) => typeof d !== "number"), ...dimsIn([groups, ...offsets])];
}

function printDispatch(gpu: GpuModel, dispatch: Dispatch, run: Run, out: TextBuilder): void {
  const { model } = gpu;
  const { shader, buffers, places, dims, scalars, offsets, computed, groups, statements } = dispatch;
  const bound = shader.bindings.map(({ buffers: own }, n) =>
    own.length > 1 ? `shared.${gpu.sharedNames.get(places[n]!)!}` : model.reference(buffers[own[0]!]!),
  );
  const count = (e: Affine): string => model.locals.text(e);
  const words = [
    ...dims.map((d) => (typeof d === "number" ? String(d) : model.dimNames.get(d)!)),
    ...scalars.map((t) => word(gpu, t, run)),
    ...offsets.map(count),
    ...computed.map((e) => computedWord(gpu, e, run)),
  ];
  const args = [
    gpu.shaderNames.get(shader)!,
    `[${bound.join(", ")}]`,
    `[${words.join(", ")}]`,
    count(groups),
  ];
  out.line(`call(${args.join(", ")});`, statements[0]?.origin ?? null);
}

/** A number as a word of the uniform that it is passed in. */
function word({ model }: GpuModel, tensor: Tensor, run: Run): string {
  const text = scalar(model, tensor, run);
  if (tensor.type === "bool") return text === "true" ? "1" : "0";
  if (tensor.type === "i32") return text;
  model.module.helper("bits");
  return `bits(${text})`;
}

/** A number that is computed of scalars, as a word. */
function computedWord({ model }: GpuModel, value: Expr, run: Run): string {
  const none = (): never => {
    throw new Error("what is computed of scalars has neither loops nor places");
  };
  const printer = new ExpressionPrinter({
    name: none,
    address: none,
    tensor: (t) => ({ name: scalar(model, t, run), byValue: true }),
    helper: (name) => model.module.helper(name),
  });
  model.module.helper("bits");
  return `bits(${printer.text(value)})`;
}
