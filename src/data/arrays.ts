/** What a file of examples holds: named arrays of numbers, whose first dimension counts the examples. */

export type Numbers =
  Float32Array | Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** Fields as text: `ids[i]` is the position of the i-th in `names`, −1 where nothing was given. */
export interface Texts {
  readonly ids: Int32Array;
  /** In the order of their first occurrence. */
  readonly names: readonly string[];
}

export interface DataArray {
  readonly name: string;
  /** The count of examples first; never empty. A column of a table is `[rows]`. */
  readonly shape: readonly number[];
  /** Row-major. NaN where a field is empty, or text. */
  readonly values: Numbers;
  /** How many fields are text. */
  readonly textCount: number;
  /** Whether whole bytes were stored, as of images. */
  readonly isBytes: boolean;
  /** Every field as text. */
  texts(): Texts;
  /** Where the i-th value stands: `train.csv:17:3`, `train.npz: image[17, 3]`. */
  place(index: number): string;
  /** The i-th value as it was written. */
  text(index: number): string;
}

/** The arrays of one file, or of several, by name. */
export type Arrays = ReadonlyMap<string, DataArray>;

/** A mistake in a file of data, or in what was asked of it: for the user, one line that names the place. */
export class DataError extends Error {}

/** How many values an example has. */
export function widthOf(array: DataArray): number {
  return array.shape.slice(1).reduce((product, extent) => product * extent, 1);
}

/** An array of a binary file, where every field is a number. */
export function numericArray(
  file: string,
  name: string,
  shape: readonly number[],
  values: Numbers,
): DataArray {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== values.length) {
    throw new DataError(`${file}: \`${name}\` has ${values.length} values, but its shape needs ${size}`);
  }
  if (shape.length === 0)
    throw new DataError(`${file}: \`${name}\` is a single number; examples need a dimension`);
  return {
    name,
    shape,
    values,
    textCount: 0,
    isBytes: values instanceof Uint8Array,
    texts: once(() => textsOf(Array.from(values, String))),
    place: (index) => `${file}: ${name}[${subscripts(index, shape).join(", ")}]`,
    text: (index) => String(values[index]),
  };
}

/** An array of texts, as NumPy stores labels. */
export function textArray(
  file: string,
  name: string,
  shape: readonly number[],
  fields: readonly string[],
): DataArray {
  if (shape.length === 0)
    throw new DataError(`${file}: \`${name}\` is a single text; examples need a dimension`);
  return {
    name,
    shape,
    values: new Float32Array(fields.length).fill(NaN),
    textCount: fields.filter((field) => field !== "").length,
    isBytes: false,
    texts: once(() => textsOf(fields)),
    place: (index) => `${file}: ${name}[${subscripts(index, shape).join(", ")}]`,
    text: (index) => fields[index] ?? "",
  };
}

function textsOf(fields: readonly string[]): Texts {
  const collector = new TextCollector(fields.length);
  fields.forEach((field, i) => collector.add(i, field));
  return collector.finish();
}

/** Computes when it is first asked, and remembers. */
export function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

/** Numbers the different texts of a column as they come. */
export class TextCollector {
  private readonly ids: Int32Array;
  private readonly known = new Map<string, number>();

  constructor(count: number) {
    this.ids = new Int32Array(count).fill(-1);
  }

  add(at: number, text: string): void {
    if (text === "") return;
    let id = this.known.get(text);
    if (id === undefined) this.known.set(text, (id = this.known.size));
    this.ids[at] = id;
  }

  finish(): Texts {
    return { ids: this.ids, names: [...this.known.keys()] };
  }
}

function subscripts(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((extent) => {
      const at = rest % extent;
      rest = (rest - at) / extent;
      return at;
    })
    .toReversed();
}
