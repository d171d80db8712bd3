/** The JavaScript side of WebAssembly: the bytes of the module, its memory and its threads. */
import type { Tensor } from "../../ir/types.ts";
import type { Views } from "../memory.ts";
import { printViews } from "../memory.ts";
import type { Model } from "../model.ts";
import { Names } from "../names.ts";
import { arrayTypes } from "../scope.ts";
import type { TextBuilder } from "../text.ts";
import { quoted } from "../text.ts";
import { bytesAsText } from "./bytes-as-text.ts";
import { pagesOfThread } from "./layout.ts";
import { placeOfMemoryFlags } from "./memory-import.ts";
import type { WasmUnit } from "./unit.ts";

/** At most so many threads may be asked for. */
const mostThreads = 64;

/** The bytes of the module, and the type of what it exports. */
export function printCompiled(model: Model, { program, bytes }: WasmUnit, out: TextBuilder): void {
  for (const helper of ["WebAssembly", "compileKernels"]) model.module.helper(helper);
  out.blank();
  out.comment(`${"-".repeat(83)} kernels`);
  out.blank();
  out.comment("All kernels, assembled. Compiled to a file that ends in .wat, they can be read.");
  out.line(`const ${model.compiledName} = compileKernels(`);
  out.indented(() => {
    out.line(`"${bytesAsText(bytes)}",`);
    out.line(`${placeOfMemoryFlags(bytes)},`);
  });
  out.line(");");
  if (out.language === "typescript") printExports(model, program, out);
}

function printExports(model: Model, { entries, step }: WasmUnit["program"], out: TextBuilder): void {
  out.blank();
  out.doc(["What the WebAssembly module exports."]);
  out.braces(`interface ${model.kernelsName}`, () => {
    for (const { name, scalars, dims } of [...entries.values(), ...(step ? [step] : [])]) {
      const names = new Names();
      const parameters = [...scalars, ...dims].map((thing) => `${names.fresh(thing.name)}: number`);
      out.list(name, parameters, ": void;");
    }
  });
}

export function printWasmAllocation(model: Model, unit: WasmUnit, out: TextBuilder): void {
  const views = new MemoryViews(model, unit);
  const { layout, hasTeam } = unit.program;
  const dims = model.createDims.map((d) => `${model.dimNames.get(d)!}«: number»`);
  for (const helper of ["startKernels", "mayFuse"]) model.module.helper(helper);
  model.module.helper("checkOption");
  out.doc([
    "Makes an instance of the module, with a memory of its own, and a view of it for each tensor.",
    "Values share places where their lives do not overlap.",
  ]);
  const options = ["threads«: number»", "relaxed«: boolean | undefined»"];
  out.braces(`function ${model.allocateName}(${[...dims, ...options].join(", ")})`, () => {
    const name = quoted(model.className);
    out.line(`checkOption(${name}, "threads", threads, 1, ${mostThreads});`);
    const more = pagesOfThread(layout);
    const compiled = (shared: string): string =>
      `${model.compiledName}(${shared}, mayFuse(${name}, relaxed))`;
    if (hasTeam) {
      for (const helper of ["requireSharing", "startThreads"]) model.module.helper(helper);
      const pages = more === 0 ? layout.pages : `${layout.pages} + ${more} * (threads - 1)`;
      out.line(`requireSharing(${name}, threads);`);
      out.line(`const module = ${compiled("threads > 1")};`);
      out.line(`const started = startKernels(module, ${pages}, threads > 1);`);
    } else {
      out.comment("Nothing here is long enough for several threads");
      out.line(`const module = ${compiled("false")};`);
      out.line(`const started = startKernels(module, ${layout.pages}, false);`);
    }
    out.line(`const kernels = started.exports« as ${model.kernelsName}»;`);
    out.line("const { buffer } = started.memory;");
    out.line("return {");
    out.indented(() => {
      out.line("kernels,");
      if (hasTeam) out.line(`threads: threads > 1 ? startThreads(${name}, started, threads) : undefined,`);
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
