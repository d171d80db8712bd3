/** Saving and loading: the helper functions that a module carries for it, and the methods that use them. */
import type { Tensor } from "../ir/types.ts";
import { access } from "./names.ts";
import type { Model } from "./model.ts";
import type { TextBuilder } from "./text.ts";
import { quoted } from "./text.ts";

/** A tensor in a file; types stand between « and », as in every helper. */
export const storedType = `«/** A tensor as it stands in a file. */
interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
}»`;

export const fileType = `«/** A safetensors file: what its header says, and its bytes. */
interface TensorFile {
  readonly header: object;
  readonly metadata: object;
  readonly bytes: DataView;
  /** Where the tensors begin. */
  readonly start: number;
}»`;

export const property = `/** An own property of an object that was parsed. */
function property(object«: object», name«: string»)«: unknown» {
  return Object.entries(object).find(([key]) => key === name)?.[1];
}`;

export const typeOfStored = `/** The name that the file format gives to the type of an array. */
function storedTypeOf(values«: Float32Array | Int32Array | Uint8Array»)«: string» {
  return values instanceof Float32Array ? "F32" : values instanceof Int32Array ? "I32" : "BOOL";
}`;

export const writeTensors = `/** Writes the safetensors format: the length of the header, the header as JSON, the values. */
function writeTensors(metadata«: Record<string, string>», tensors«: readonly Stored[]»)«: Uint8Array» {
  let end = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype: storedTypeOf(values), shape, data_offsets: [begin, end] }];
  });
  let header = "";
  for (const character of JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) })) {
    for (let i = 0; i < character.length; i++) {
      const code = character.charCodeAt(i);
      header += code < 128 ? character : "\\\\u" + code.toString(16).padStart(4, "0");
    }
  }
  header = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
  const result = new Uint8Array(8 + header.length + end);
  const view = new DataView(result.buffer);
  view.setUint32(0, header.length, true);
  for (let i = 0; i < header.length; i++) result[8 + i] = header.charCodeAt(i);
  let at = 8 + header.length;
  for (const { values } of tensors) {
    for (let i = 0; i < values.length; i++) {
      if (values instanceof Float32Array) view.setFloat32(at, values[i], true);
      else if (values instanceof Int32Array) view.setInt32(at, values[i], true);
      else view.setUint8(at, values[i]);
      at += values.BYTES_PER_ELEMENT;
    }
  }
  return result;
}`;

export const openTensors = `/** Reads the header of a safetensors file. */
function openTensors(model«: string», bytes«: Uint8Array»)«: TensorFile» {
  const wrong = \`\${model}: these bytes are not a safetensors file\`;
  if (!(bytes instanceof Uint8Array)) throw new TypeError(\`\${model}: load needs a Uint8Array\`);
  if (bytes.length < 8) throw new RangeError(wrong);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > bytes.length - 8) throw new RangeError(wrong);
  let text = "";
  for (let i = 8; i < 8 + length; i++) text += "%" + bytes[i].toString(16).padStart(2, "0");
  let header«: unknown»;
  try {
    header = JSON.parse(decodeURIComponent(text));
  } catch {
    throw new RangeError(wrong);
  }
  if (typeof header !== "object" || header === null) throw new RangeError(wrong);
  const found = property(header, "__metadata__");
  const metadata = typeof found === "object" && found !== null ? found : {};
  const name = property(metadata, "model");
  if (name !== undefined && name !== model) {
    throw new RangeError(\`\${model}: these bytes hold a model named "\${String(name)}"\`);
  }
  return { header, metadata, bytes: view, start: 8 + length };
}`;

export const readMetadata = `/** A number of the metadata; without it \`otherwise\`, or an error where that is NaN. */
function readMetadata(model«: string», file«: TensorFile», name«: string», otherwise«: number»)«: number» {
  const text = property(file.metadata, name);
  if (text === undefined && !Number.isNaN(otherwise)) return otherwise;
  const value = typeof text === "string" && text !== "" ? Number(text) : NaN;
  if (Number.isNaN(value)) {
    throw new RangeError(\`\${model}: the metadata "\${name}" is \${String(text)}, not a number\`);
  }
  return value;
}`;

export const findTensor = `/** Where the values of a tensor begin in a file; it must have the type and shape of the model's. */
function findTensor(model«: string», file«: TensorFile», tensor«: Stored»)«: number» {
  const { name, shape, values } = tensor;
  const entry = property(file.header, name);
  if (typeof entry !== "object" || entry === null) {
    throw new RangeError(\`\${model}: the tensor "\${name}" is missing\`);
  }
  const type = property(entry, "dtype");
  const found = property(entry, "shape");
  const offsets = property(entry, "data_offsets");
  const expected = \`\${storedTypeOf(values)} [\${shape.join(", ")}]\`;
  const actual = \`\${String(type)} [\${Array.isArray(found) ? found.join(", ") : ""}]\`;
  if (actual !== expected) {
    throw new RangeError(\`\${model}: the tensor "\${name}" is \${actual}, but the model has \${expected}\`);
  }
  const begin«: unknown» = Array.isArray(offsets) ? offsets[0] : undefined;
  const end«: unknown» = Array.isArray(offsets) ? offsets[1] : undefined;
  const fits =
    typeof begin === "number" &&
    Number.isInteger(begin) &&
    begin >= 0 &&
    end === begin + values.byteLength &&
    file.start + begin + values.byteLength <= file.bytes.byteLength;
  if (!fits) {
    throw new RangeError(\`\${model}: the values of the tensor "\${name}" are not in the file\`);
  }
  return file.start + begin;
}`;

export const readTensors = `/** Fills tensors from a file, all of them or, where one does not fit, none. */
function readTensors(model«: string», file«: TensorFile», tensors«: readonly Stored[]»)«: void» {
  const places = tensors.map((tensor) => findTensor(model, file, tensor));
  tensors.forEach(({ values }, t) => {
    let at = places[t];
    for (let i = 0; i < values.length; i++) {
      if (values instanceof Float32Array) values[i] = file.bytes.getFloat32(at, true);
      else if (values instanceof Int32Array) values[i] = file.bytes.getInt32(at, true);
      else values[i] = file.bytes.getUint8(at);
      at += values.BYTES_PER_ELEMENT;
    }
  });
}`;

/** Tensors whose names are where they stand, for modules that list no layer twice. */
export const storedIn = `/** Every tensor that has a shape, with its array, which its name leads to. */
function storedIn(shapes«: Shapes», arrays«: object»)«: Stored[]» {
  return Object.entries(shapes).map(([name, shape]) => {
    const values = name.split(".").reduce((node, key) => property(node, key)« as object», arrays);
    return { name, shape: shape.map(Number), values: values« as Stored["values"]» };
  });
}`;

/** So many parameters are worth a helper. */
const manyParameters = 8;

/** Whether the public table of shapes says all that `#stored` has to know of the parameters. */
function areInShapes({ schedule, program, parameters }: Model): boolean {
  return (
    schedule.level === 2 &&
    program.parameters.length >= manyParameters &&
    program.parameters.every(
      (t) => t.shape.every((e) => e.terms.length === 0) && parameters.places.get(t)!.join(".") === t.name,
    )
  );
}

/** The private list of everything that is saved. */
export function printStoredTensors(model: Model, out: TextBuilder): void {
  const { parameters, states, optimizerStates } = model.program;
  const inShapes = areInShapes(model);
  const tensors = [...(inShapes ? [] : parameters), ...states, ...optimizerStates];
  out.doc(["Everything that is saved, by the names of the source."]);
  out.braces("#stored()«: Stored[]»", () => {
    const found = `storedIn(${model.className}.shapes.parameters, this.#memory.parameters)`;
    if (inShapes) model.module.helper("storedIn");
    if (tensors.length === 0) return out.line(`return ${inShapes ? found : "[]"};`);
    const groups = [...new Set(tensors.map((t) => model.reference(t).replace(/[.[].*$/s, "")))];
    out.line(`const { ${groups.join(", ")} } = this.#memory;`);
    for (const [dim, local] of model.dimNames) {
      if (dim.varies === "create" && tensors.some((t) => mentions(t, dim)))
        out.line(`const ${local} = this.#${local};`);
    }
    out.line("return [");
    out.indented(() => {
      if (inShapes) out.line(`...${found},`);
      for (const t of tensors) {
        const shape = t.shape.map((e) => model.locals.text(e)).join(", ");
        out.line(`{ name: ${quoted(t.name)}, shape: [${shape}], values: ${model.reference(t)} },`);
      }
    });
    out.line("];");
  });
}

function mentions(t: Tensor, dim: unknown): boolean {
  return t.shape.some((e) => e.terms.some((term) => term.atom === dim));
}

export function printSave(model: Model, head: string, out: TextBuilder): void {
  model.module.helper("writeTensors");
  out.braces(head, () => {
    printMetadata(model, out);
    out.line("return writeTensors(metadata, this.#stored());");
  });
}

/** What is saved beside the tensors. */
export function printMetadata(model: Model, out: TextBuilder): void {
  out.line("const metadata = {");
  out.indented(() => {
    out.line(`model: ${quoted(model.program.name)},`);
    out.line("step: String(this.stepCount),");
    if (model.countsPasses) out.line("pass: String(this.passCount),");
    out.line("seed: String(this.seed),");
    for (const dim of model.createDims) {
      out.line(`${quoted(`dim.${dim.name}`)}: String(this.#${model.dimNames.get(dim)!}),`);
    }
    for (const [hyper, place] of model.hypers.places) {
      out.line(`${quoted(`hyper.${hyper.name}`)}: String(this.hyper${place.map(access).join("")}),`);
    }
  });
  out.line("};");
}

export function printLoad(model: Model, head: string, out: TextBuilder): void {
  for (const helper of ["openTensors", "readMetadata", "readTensors"]) model.module.helper(helper);
  out.braces(head, () => {
    out.line(`const file = openTensors(${quoted(model.program.name)}, bytes);`);
    const args = createdFrom(model);
    if (model.wasm) args.push("options?.threads ?? 1", "options?.relaxed");
    out.line(`const model = new ${model.className}(${args.join(", ")});`);
    printRead(model, "model.#stored()", out);
    printCounts(model, out);
    out.line("return model;");
  });
}

/** The seed and the dimensions of creation, as a file says them. */
export function createdFrom(model: Model): string[] {
  const name = quoted(model.className);
  const dims = model.createDims.map(
    (dim) => `readMetadata(${name}, file, ${quoted(`dim.${dim.name}`)}, NaN)`,
  );
  return [`readMetadata(${name}, file, "seed", 0)`, ...dims];
}

/** Steps, passes and hypers, as a file says them. */
export function printCounts(model: Model, out: TextBuilder): void {
  model.module.helper("checkOption");
  const name = quoted(model.className);
  const count = (key: string, otherwise: string): void =>
    out.line(
      `model.${key}Count = checkOption(${name}, "${key}", readMetadata(${name}, file, "${key}", ${otherwise}), 0, Infinity);`,
    );
  count("step", "0");
  if (model.countsPasses) count("pass", "model.stepCount");
  for (const [hyper, place] of model.hypers.places) {
    const field = `model.hyper${place.map(access).join("")}`;
    out.line(`${field} = readMetadata(${name}, file, ${quoted(`hyper.${hyper.name}`)}, ${field});`);
  }
}

/** Fills `list`. Other libraries save weights alone: they count no steps, and know nothing of the optimizer. */
export function printRead(model: Model, list: string, out: TextBuilder): void {
  const { parameters, states, optimizerStates, shadows } = model.program;
  const name = quoted(model.className);
  if (optimizerStates.length === 0) return out.line(`readTensors(${name}, file, ${list});`);
  if (list !== "stored") out.line(`const stored = ${list};`);
  out.line('const isComplete = property(file.metadata, "step") !== undefined;');
  const weights = parameters.length + states.length;
  out.line(`readTensors(${name}, file, isComplete ? stored : stored.slice(0, ${weights}));`);
  const pairs = shadows.flatMap((s) => s.pairs);
  if (pairs.length === 0) return;
  const all = [...parameters, ...states, ...optimizerStates];
  out.braces("if (!isComplete)", () => {
    for (const { parameter, state } of pairs)
      out.line(`stored[${all.indexOf(state)}].values.set(stored[${all.indexOf(parameter)}].values);`);
  });
}
