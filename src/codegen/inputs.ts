/** Methods that take inputs: sizes are told and compared, values are checked, and copied only where they must be. */
import type { Affine, ScalarType, Tensor } from "../ir/types.ts";
import type { Binding } from "./entries.ts";
import { bindings, dimsIn } from "./entries.ts";
import { shapeText } from "./interfaces.ts";
import { originOf, sizeText } from "./memory.ts";
import type { TypeRole } from "./exports.ts";
import type { Model } from "./model.ts";
import type { TextBuilder } from "./text.ts";
import { quoted } from "./text.ts";

const readers: Readonly<Record<ScalarType, string>> = {
  f32: "readFloats",
  i32: "readIntegers",
  bool: "readFlags",
};

/** With WebAssembly everything is copied: its functions read nothing but its own memory. */
const copiers: Readonly<Record<ScalarType, string>> = {
  f32: "copyFloats",
  i32: "copyIntegers",
  bool: "copyFlags",
};

/** A private method that puts the inputs of one entry point in place. */
export function printTakeInputs(
  model: Model,
  name: string,
  type: TypeRole,
  inputs: readonly Tensor[],
  out: TextBuilder,
): void {
  out.braces(`${name}(inputs«: ${model.type(type)}»)«: void»`, () => {
    const usesArrays = inputs.some((t) => t.shape.length > 0);
    if (inputs.length > 0) out.line(`const { buffers${usesArrays ? ", inner" : ""} } = this.#memory;`);
    if (inputs.length > 0) out.line("const taken = this.#inputs;");
    const order = bindings(inputs);
    const used = new Set(inputs.flatMap((t) => [...dimsIn(t.shape), ...(t.below ? dimsIn([t.below]) : [])]));
    for (const dim of model.createDims) {
      const local = model.dimNames.get(dim)!;
      if (used.has(dim)) out.line(`const ${local} = this.#${local};`);
    }
    for (const binding of order) printBinding(model, binding, out);
    for (const input of inputs) printReading(model, input, out);
    for (const binding of order) {
      if (binding.kind === "check") continue;
      const local = model.dimNames.get(binding.dim)!;
      if (model.keptDims.has(binding.dim)) out.line(`this.#${local} = ${local};`);
    }
  });
}

function printBinding(model: Model, binding: Binding, out: TextBuilder): void {
  const { input } = binding;
  const origin = originOf(input);
  const [outer, ...inner] = input.shape as [Affine, ...Affine[]];
  const key = model.inputNames.get(input)!;
  const names = `${quoted(model.className)}, ${quoted(input.name)}`;
  model.module.helper("countRows");
  const rows = `countRows(${names}, inputs.${key}, ${sizeText(model, inner)}, ${quoted(shapeText(input.shape))})`;
  if (binding.kind === "check") {
    model.module.helper("expectRows");
    const meaning = outer.terms.length === 0 ? "" : shapeText([outer]).slice(1, -1);
    return out.line(
      `expectRows(${names}, ${rows}, ${model.locals.text(outer)}, ${quoted(meaning)});`,
      origin,
    );
  }
  model.module.helper("bindDimension");
  const { dim, factor } = binding;
  const rest = model.builder.minus(outer, model.builder.times(dim, factor));
  const difference =
    rest.constant === 0 && rest.terms.length === 0 ? rows : `(${rows} - (${model.locals.text(rest)}))`;
  const count = factor === 1 ? difference : `${difference} / ${factor}`;
  const local = model.dimNames.get(dim)!;
  const bounds = `${dim.minimum}, ${dim.maximum}`;
  const call = `bindDimension(${quoted(model.className)}, ${quoted(dim.name)}, ${count}, ${bounds}, ${quoted(input.name)})`;
  out.line(`const ${local} = ${call};`, origin);
}

function printReading(model: Model, input: Tensor, out: TextBuilder): void {
  const origin = originOf(input);
  const key = model.inputNames.get(input)!;
  const names = `${quoted(model.className)}, ${quoted(input.name)}`;
  const below = input.below && model.locals.text(input.below);
  if (input.shape.length === 0) {
    model.module.helper("checkNumber");
    const limit = below ?? (input.type === "i32" ? "Infinity" : "-1");
    out.line(`buffers.${key}[0] = checkNumber(${names}, inputs.${key}, ${limit});`, origin);
    return;
  }
  input.shape.slice(1).forEach((extent, d) => {
    const varies = [...dimsIn([extent])].some((dim) => dim.varies === "call");
    if (varies) out.line(`inner.${key}[${d}] = ${model.locals.text(extent)};`, origin);
  });
  const reader = (model.wasm ? copiers : readers)[input.type];
  model.module.helper(reader);
  const size = sizeText(model, input.shape);
  const latest = model.wasm ? "" : ` taken.${key},`;
  out.line(
    `taken.${key} = ${reader}(${names}, inputs.${key},${latest} buffers.${key}, inner.${key}, ${size});`,
    origin,
  );
  if (below !== undefined) {
    model.module.helper("checkIntegers");
    out.line(`checkIntegers(${names}, taken.${key}, ${size}, ${below});`, origin);
  }
  if (input.distribution === true) {
    model.module.helper("checkDistribution");
    const row = model.locals.text(input.shape[input.shape.length - 1]!);
    out.line(`checkDistribution(${names}, taken.${key}, ${size}, ${row});`, origin);
  }
}
