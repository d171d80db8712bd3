/** Saving and loading: the files of the other targets, to the bit. */
import type { Model } from "../model.ts";
import { createdFrom, printCounts, printMetadata, printRead } from "../safetensors.ts";
import { arrayTypes } from "../scope.ts";
import type { TextBuilder } from "../text.ts";
import { quoted } from "../text.ts";
import { dimsIn } from "../entries.ts";
import { sizeText } from "../memory.ts";
import type { Tensor } from "../../ir/types.ts";
import type { GpuModel } from "./class-model.ts";
import { inOrder } from "./class-training.ts";

const stored = ({ program }: Model): Tensor[] => [
  ...program.parameters,
  ...program.states,
  ...program.optimizerStates,
];

/** The dimensions that the static list of what is stored is passed. */
function dimsOfStored(model: Model): string[] {
  const mentioned = dimsIn(stored(model).flatMap((t) => t.shape));
  return model.createDims.filter((d) => mentioned.has(d)).map((d) => model.dimNames.get(d)!);
}

export function printSave(gpu: GpuModel, head: string, out: TextBuilder): void {
  const { model } = gpu;
  for (const helper of ["writeTensors", "first", "words"]) model.module.helper(helper);
  inOrder(
    gpu,
    head,
    [],
    0,
    out,
    () => {
      printMetadata(model, out);
      const dims = dimsOfStored(model).map((name) => `this.#${name}`);
      out.line(`const stored = ${model.className}.#stored(${dims.join(", ")});`);
      out.line("const places = this.#tensors().map((t, n) => first(stored[n].values.length, t));");
      out.line("const results = await this.#gpu.read(places);");
      out.line("stored.forEach(({ values }, n) => values.set(wordsLike(values, results[n])));");
      out.line("return writeTensors(metadata, stored);");
    },
    true,
  );
}

export function printLoad({ model }: GpuModel, head: string, out: TextBuilder): void {
  for (const helper of ["openTensors", "readMetadata", "readTensors", "words"]) model.module.helper(helper);
  out.braces(head, () => {
    out.line(`const file = openTensors(${quoted(model.program.name)}, bytes);`);
    const [seed, ...dims] = createdFrom(model);
    const names = model.createDims.map((d) => model.dimNames.get(d)!);
    names.forEach((name, n) => out.line(`const ${name} = ${dims[n]!};`));
    printDimChecks(model, out);
    out.line(`const stored = ${model.className}.#stored(${dimsOfStored(model).join(", ")});`);
    printRead(model, "stored", out);
    out.line(
      `const model = await ${model.className}.#open(${["options?.device", seed!, ...names].join(", ")});`,
    );
    // What is wrong with the counts is told once there are hypers to read into: nothing of the model stays then.
    out.braces("try", () => printCounts(model, out), null, "} catch (problem) {");
    out.indented(() => {
      out.line("model.destroy();");
      out.line("throw problem;");
    });
    out.line("}");
    out.line("model.#tensors().forEach((place, n) => {");
    out.indented(() => out.line("model.#gpu.put(place, wordsOf(stored[n].values));"));
    out.line("});");
    out.line("return model;");
  });
}

/** What is given at creation must be in its range before anything is made of it. */
export function printDimChecks(model: Model, out: TextBuilder): void {
  const name = quoted(model.className);
  model.module.helper("checkOption");
  for (const dim of model.createDims) {
    const bounds = `${dim.minimum}, ${dim.maximum}`;
    out.line(`checkOption(${name}, ${quoted(dim.name)}, ${model.dimNames.get(dim)!}, ${bounds});`);
  }
}

/** The private lists of everything that is saved: as arrays of a file, and where it stands on the device. */
export function printStored({ model }: GpuModel, out: TextBuilder): void {
  const tensors = stored(model);
  out.blank();
  out.doc(["Everything that is saved, by the names of the source, with room for its values."]);
  const dims = dimsOfStored(model).map((name) => `${name}«: number»`);
  out.braces(`static #stored(${dims.join(", ")})«: Stored[]»`, () => {
    if (tensors.length === 0) return out.line("return [];");
    out.line("return [");
    out.indented(() => {
      for (const t of tensors) {
        const shape = t.shape.map((e) => model.locals.text(e)).join(", ");
        const values = `new ${arrayTypes[t.type]}(${sizeText(model, t.shape)})`;
        out.line(`{ name: ${quoted(t.name)}, shape: [${shape}], values: ${values} },`);
      }
    });
    out.line("];");
  });
  out.blank();
  out.doc(["The same tensors, where they stand."]);
  out.braces("#tensors()«: Place[]»", () => {
    if (tensors.length === 0) return out.line("return [];");
    const groups = [...new Set(tensors.map((t) => model.reference(t).replace(/[.[].*$/s, "")))];
    out.line(`const { ${groups.join(", ")} } = this.#memory;`);
    out.line(`return [${tensors.map((t) => model.reference(t)).join(", ")}];`);
  });
}
