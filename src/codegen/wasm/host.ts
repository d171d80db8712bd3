/** The JavaScript side of WebAssembly: the compiled module, and the views of its memory. */
import type { Tensor } from "../../ir/types.ts";
import type { Views } from "../memory.ts";
import { printViews } from "../memory.ts";
import type { Model } from "../model.ts";
import { Names } from "../names.ts";
import { arrayTypes } from "../scope.ts";
import type { TextBuilder } from "../text.ts";
import type { WasmUnit } from "./unit.ts";

/** The bytes of the module, and the type of what it exports. */
export function printCompiled(model: Model, { program, bytes }: WasmUnit, out: TextBuilder): void {
  model.module.helper("WebAssembly");
  model.module.helper("decodeBase64");
  out.blank();
  out.comment(`${"-".repeat(83)} kernels`);
  out.blank();
  out.comment("All kernels, assembled. Compiled to a file that ends in .wat, they can be read.");
  out.line(`const ${model.compiledName} = new WebAssembly.Module(`);
  out.indented(() => {
    out.line("decodeBase64(");
    out.indented(() => out.line(`"${base64(bytes)}",`));
    out.line("),");
  });
  out.line(");");
  if (out.language === "typescript") printExports(model, program, out);
}

function printExports(model: Model, { entries }: WasmUnit["program"], out: TextBuilder): void {
  out.blank();
  out.doc(["What the WebAssembly module exports."]);
  out.braces(`interface ${model.kernelsName}`, () => {
    out.line("readonly memory: { readonly buffer: ArrayBuffer };");
    for (const { name, scalars, dims } of entries.values()) {
      const names = new Names();
      const parameters = [...scalars, ...dims].map((thing) => `${names.fresh(thing.name)}: number`);
      out.list(name, parameters, ": void;");
    }
  });
}

export function printWasmAllocation(model: Model, unit: WasmUnit, out: TextBuilder): void {
  const views = new MemoryViews(model, unit);
  const dims = model.createDims.map((d) => `${model.dimNames.get(d)!}«: number»`);
  out.doc([
    "Makes an instance of the module, with a memory of its own, and a view of it for each tensor.",
    "Values share places where their lives do not overlap.",
  ]);
  out.braces(`function ${model.allocateName}(${dims.join(", ")})`, () => {
    out.line(
      `const kernels = new WebAssembly.Instance(${model.compiledName}).exports« as ${model.kernelsName}»;`,
    );
    out.line("const { buffer } = kernels.memory;");
    out.line("return {");
    out.indented(() => {
      out.line("kernels,");
      printViews(model, views, out);
    });
    out.line("};");
  });
}

class MemoryViews implements Views {
  constructor(
    private readonly model: Model,
    private readonly unit: WasmUnit,
  ) {}

  get gradients(): string | undefined {
    const block = this.unit.program.layout.blocks.get("gradients");
    return block && `new Float32Array(buffer, ${block.from}, ${(block.to - block.from) / 4})`;
  }

  has(tensor: Tensor): boolean {
    const { model } = this;
    const isCopied = model.forwardInputs.includes(tensor) || model.trainingInputs.includes(tensor);
    return tensor.role === "input" ? isCopied : this.unit.program.layout.addresses.has(tensor);
  }

  view(tensor: Tensor): string {
    const address = this.unit.program.layout.addresses.get(tensor);
    if (address === undefined) throw new Error(`\`${tensor.name}\` has no place in memory`);
    const size = this.model.locals.text(this.model.capacity(tensor));
    return `new ${arrayTypes[tensor.type]}(buffer, ${address}, ${size})`;
  }
}

/** Bytes as base64, in steps that an argument list can hold. */
function base64(bytes: Uint8Array): string {
  let characters = "";
  for (let at = 0; at < bytes.length; at += 8192)
    characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(characters);
}
