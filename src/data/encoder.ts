/** Turns examples of a file into the values of one input, by an encoding. */
import type { DataArray } from "./arrays.ts";
import { DataError, widthOf } from "./arrays.ts";
import type { ModelInput } from "../ir/inputs.ts";
import type { InputEncoding } from "./encoding.ts";

export type InputValues = Float32Array | Int32Array | Uint8Array;

/** One field: where its cells begin in an example, and its values with texts replaced by their ids. */
interface Source {
  readonly array: DataArray;
  readonly width: number;
  readonly offset: number;
  readonly values: ArrayLike<number>;
}

/**
 * `take` copies examples into memory that the next call uses again. The constructor looks at all of `rows`, so that what
 * is wrong with them is told before anything runs: it throws a `DataError` with the place.
 */
export class Encoder {
  private readonly sources: readonly Source[];
  private buffer: InputValues;

  /** `below` is how many classes there are. */
  constructor(
    private readonly input: ModelInput,
    private readonly encoding: InputEncoding,
    arrays: readonly DataArray[],
    rows: Int32Array,
    below: number | null,
  ) {
    let offset = 0;
    this.sources = arrays.map((array, k): Source => {
      const width = input.hasExamples ? widthOf(array) : array.values.length;
      const classes = encoding.classes[k] ?? null;
      const values = classes && encoding.kind !== "given" ? this.idsOf(array, classes, rows) : array.values;
      const source = { array, width, offset, values };
      offset += encoding.kind === "one-hot" ? encoding.width : width;
      return source;
    });
    if (encoding.kind !== "constant" && offset !== encoding.width) {
      throw new DataError(
        `${arrays[0]!.place(0).replace(/:.*$/s, "")}: input \`${input.name}\` needs ${encoding.width} numbers, but ` +
          `${encoding.fields.join(", ")} ${arrays.length === 1 ? "gives" : "give"} ${offset}`,
      );
    }
    this.buffer = this.memory(0);
    for (const source of this.sources) this.check(source, this.examplesOf(rows), below);
    if (input.distribution && encoding.kind === "numbers") this.checkSums(rows);
  }

  /** The values of these examples, row-major; valid until the next call. */
  take(rows: Int32Array): InputValues {
    const { width } = this.encoding;
    const examples = this.examplesOf(rows);
    const size = examples.length * width;
    if (this.buffer.length < size) this.buffer = this.memory(size);
    const values = this.buffer.subarray(0, size);
    if (this.encoding.kind === "constant") return values.fill(this.encoding.value ?? 0);
    if (this.encoding.kind === "one-hot") values.fill(0);
    for (const source of this.sources) this.copy(source, examples, values);
    return values;
  }

  /** Without a dimension for examples, all values are one. */
  private examplesOf(rows: Int32Array): Int32Array {
    return this.input.hasExamples ? rows : Int32Array.of(0);
  }

  private memory(size: number): InputValues {
    const { type } = this.input;
    return type === "f32"
      ? new Float32Array(size)
      : type === "i32"
        ? new Int32Array(size)
        : new Uint8Array(size);
  }

  private copy({ values, width, offset, array }: Source, rows: Int32Array, target: InputValues): void {
    const { kind, subtract, divide, fill, width: all } = this.encoding;
    const empty = (value: number, cell: number): number => (Number.isNaN(value) ? fill[cell]! : value);
    for (let i = 0; i < rows.length; i++) {
      const from = rows[i]! * width;
      const to = i * all + offset;
      if (kind === "one-hot") target[to + values[from]!] = 1;
      else if (kind === "given")
        for (let c = 0; c < width; c++) target[to + c] = Number(isGiven(array, from + c));
      else if (subtract.length === 0)
        for (let c = 0; c < width; c++) target[to + c] = empty(values[from + c]!, offset + c);
      else {
        const each = subtract.length > 1;
        for (let c = 0; c < width; c++) {
          const k = each ? offset + c : 0;
          target[to + c] = (empty(values[from + c]!, offset + c) - subtract[k]!) / divide[k]!;
        }
      }
    }
  }

  /** Texts by their ids; NaN where there is none. */
  private idsOf(array: DataArray, classes: readonly string[], rows: Int32Array): Float32Array {
    const { ids, names } = array.texts();
    const known = new Map(classes.map((name, id) => [name, id]));
    const translated = names.map((name) => known.get(name) ?? -1);
    const width = this.input.hasExamples ? widthOf(array) : array.values.length;
    for (const row of this.examplesOf(rows)) {
      for (let i = row * width; i < (row + 1) * width; i++) {
        if (ids[i]! < 0 || translated[ids[i]!]! >= 0) continue;
        const shown = classes.filter((c) => c !== "").slice(0, 12);
        throw new DataError(
          `${array.place(i)}: \`${array.text(i)}\` is none of ${shown.join(", ")}${classes.length > 12 ? ", …" : ""}, ` +
            `which input \`${this.input.name}\` was trained with`,
        );
      }
    }
    const nothing = known.get("") ?? NaN;
    return Float32Array.from(ids, (id) => (id < 0 ? nothing : translated[id]!));
  }

  private check({ array, values, width, offset }: Source, rows: Int32Array, below: number | null): void {
    const { kind, fill } = this.encoding;
    const { name, type } = this.input;
    if (kind === "given") return;
    const limit = kind === "one-hot" ? this.encoding.width : type === "bool" ? 2 : below;
    const isWhole = kind === "one-hot" || type !== "f32";
    const wrong = (index: number, why: string): DataError =>
      new DataError(`${array.place(index)}: ${why}, for input \`${name}\``);
    for (const row of rows) {
      for (let c = 0; c < width; c++) {
        const index = row * width + c;
        const value = values[index]!;
        if (Number.isNaN(value)) {
          if (fill[offset + c] !== undefined) continue;
          throw wrong(index, this.lacking(array, index));
        }
        if (!Number.isFinite(value)) throw wrong(index, `${array.text(index)} is not finite`);
        if (!isWhole) continue;
        if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 31)
          throw wrong(index, `${array.text(index)} is not a whole number`);
        if (limit !== null && (value < 0 || value >= limit))
          throw wrong(index, `${array.text(index)} is not one of 0 … ${limit - 1}${this.hint()}`);
      }
    }
  }

  private lacking(array: DataArray, index: number): string {
    const text = array.text(index);
    if (text !== "" && array.textCount > 0 && array.texts().ids[index]! >= 0)
      return `\`${text}\` is not a number`;
    return `nothing is given in \`${array.name}\` (--missing fill or drop says what to do)`;
  }

  private hint(): string {
    return this.input.type === "i32"
      ? ` (--map ${this.input.name}=classes:${this.encoding.fields[0] ?? ""} numbers what occurs)`
      : "";
  }

  /** The rows of a distribution sum to 1. */
  private checkSums(rows: Int32Array): void {
    const { width, fields } = this.encoding;
    const last = this.input.extents.at(-1);
    const extent = typeof last === "number" ? last : width;
    for (const row of rows) {
      const values = this.take(Int32Array.of(row));
      for (let from = 0; from < width; from += extent) {
        const part = values.subarray(from, from + extent);
        let sum = 0;
        for (const value of part) sum += value;
        if (Math.abs(sum - 1) < 1e-3 && part.every((v: number) => v >= 0)) continue;
        const place = this.sources[0]!.array.place(row * this.sources[0]!.width);
        throw new DataError(
          `${place}: ${fields.join(", ")} sum to ${sum}, but input \`${this.input.name}\` is a distribution`,
        );
      }
    }
  }
}

/** Whether a field holds something: a number or a text. */
function isGiven(array: DataArray, index: number): boolean {
  if (!Number.isNaN(array.values[index])) return true;
  return array.textCount > 0 && array.texts().ids[index]! >= 0;
}
