/** Decides on the examples that a model is trained on how its inputs are encoded. */
import type { DataArray } from "./arrays.ts";
import { DataError, widthOf } from "./arrays.ts";
import type { ModelInput } from "../ir/inputs.ts";
import type { InputEncoding, Missing } from "./encoding.ts";
import type { Scaling } from "./normalise.ts";
import { meansOf, scale } from "./normalise.ts";
import type { Resolved } from "./resolve.ts";

export interface FitOptions {
  /** How the numbers of an input are scaled. */
  readonly scaling: (input: ModelInput) => Scaling;
  readonly missing: Missing;
}

export interface Fitted {
  readonly encodings: Readonly<Record<string, InputEncoding>>;
  /** Counts of dimensions that are bound when the model is created. */
  readonly dims: ReadonlyMap<string, number>;
}

/** `rows` are the examples to learn from; `given` are dimensions that are bound already. */
export function fit(
  inputs: readonly Resolved[],
  rows: Int32Array,
  options: FitOptions,
  given: ReadonlyMap<string, number>,
): Fitted {
  const dims = new Map(given);
  const encodings = inputs.map((resolved) => [
    resolved.input.name,
    new InputFit(resolved, rows, options, dims).encoding(),
  ]);
  return { encodings: Object.fromEntries(encodings), dims };
}

const plain = { subtract: [], divide: [], fill: [] };

class InputFit {
  private readonly input: ModelInput;
  private readonly arrays: readonly DataArray[];
  /** Cells that the fields give to an example, one field after the other. */
  private readonly cells: number;
  private readonly fields: readonly string[];

  constructor(
    private readonly resolved: Resolved,
    private readonly rows: Int32Array,
    private readonly options: FitOptions,
    private readonly dims: Map<string, number>,
  ) {
    this.input = resolved.input;
    this.arrays = resolved.arrays;
    this.fields = resolved.arrays.map((a) => a.name);
    const per = this.input.hasExamples ? widthOf : (a: DataArray) => a.values.length;
    this.cells = resolved.arrays.reduce((sum, a) => sum + per(a), 0);
  }

  encoding(): InputEncoding {
    const { fields, input, resolved } = this;
    const classes = fields.map(() => null);
    if (resolved.form === "value") {
      const width = this.width(1);
      return { kind: "constant", fields, width, classes, ...plain, value: resolved.value };
    }
    if (resolved.form === "given") {
      if (input.type === "i32")
        throw new DataError(`--map ${input.name}=given:…: only flags and floats can be given`);
      return { kind: "given", fields, width: this.width(this.cells), classes, ...plain };
    }
    if (input.type === "i32") return this.ids();
    if (input.type === "f32" && this.wantsOneHot()) return this.oneHot();
    return this.numbers();
  }

  /** The cells of an example, which the fields must fill; it binds a dimension that is not known yet. */
  private width(found: number): number {
    const { input } = this;
    const known = this.known();
    const open = input.extents.find((e) => typeof e === "string" && !this.dims.has(e));
    if (typeof open === "string" && found % known === 0) {
      this.dims.set(open, found / known);
      return found;
    }
    if (open === undefined && found === known) return found;
    const shape = `[${[...(input.hasExamples ? ["batch"] : []), ...input.extents].join(", ")}]`;
    const wanted = open === undefined ? `${known}` : `a multiple of ${known}`;
    const numbers = found === 1 ? "1 number" : `${found} numbers`;
    const names =
      this.fields.length > 3 ? `${this.fields[0]!} … ${this.fields.at(-1)!}` : this.fields.join(", ");
    throw new DataError(
      `input \`${input.name}\`: ${shape} needs ${wanted} for ${input.hasExamples ? "an example" : "it"}, ` +
        `but ${names === "" ? "it" : names} ${this.fields.length === 1 ? "gives" : "give"} ${numbers}`,
    );
  }

  private known(): number {
    const extents = this.input.extents.map((e) => (typeof e === "number" ? e : (this.dims.get(e) ?? 1)));
    return extents.reduce((product, extent) => product * extent, 1);
  }

  private ids(): InputEncoding {
    const { input, fields, arrays, resolved } = this;
    const width = this.width(this.cells);
    const asText = resolved.form === "classes" || arrays.some((a) => a.textCount > 0);
    const below = typeof input.below === "string" ? (this.dims.get(input.below) ?? null) : input.below;
    const open = typeof input.below === "string" && below === null ? input.below : null;
    if (!asText) {
      if (open !== null) this.dims.set(open, this.largest() + 1);
      return { kind: "ids", fields, width, classes: fields.map(() => null), ...plain };
    }
    const names = this.classNames(arrays);
    const lacks = arrays.some((a) => a.texts().ids.includes(-1));
    const classes = lacks && this.options.missing === "fill" ? [...names, ""] : names;
    if (below !== null && classes.length > below) throw this.tooMany(classes, below);
    if (open !== null) this.dims.set(open, classes.length);
    return { kind: "ids", fields, width, classes: fields.map(() => classes), ...plain };
  }

  private tooMany(classes: readonly string[], below: number): DataError {
    const shown = classes.slice(0, 12).map((c) => (c === "" ? "(nothing)" : c));
    return new DataError(
      `input \`${this.input.name}\` has ${below} classes, but ${this.fields.join(", ")} ` +
        `${this.fields.length === 1 ? "holds" : "hold"} ${classes.length} different texts: ` +
        `${shown.join(", ")}${classes.length > 12 ? ", …" : ""}`,
    );
  }

  /** The different texts of fields in order: numbers by size, else by letters. */
  private classNames(arrays: readonly DataArray[]): string[] {
    const names = [...new Set(arrays.flatMap((a) => a.texts().names))];
    const isNumeric = names.every((name) => Number.isFinite(Number(name)));
    return names.sort((a, b) => (isNumeric ? Number(a) - Number(b) : a < b ? -1 : 1));
  }

  private largest(): number {
    const [array] = this.arrays;
    let largest = 0;
    for (const row of this.rows) largest = Math.max(largest, array!.values[row] ?? 0);
    return largest;
  }

  /** One field of classes for several cells. */
  private wantsOneHot(): boolean {
    const { input, cells, arrays, resolved } = this;
    const open = input.extents.some((e) => typeof e === "string" && !this.dims.has(e));
    if (!input.hasExamples || cells !== 1 || arrays.length !== 1) return false;
    // `x0` alone is the first of several numbers, and the others are not there.
    if (resolved.form === "plain" && arrays[0]!.name !== input.name && !resolved.isNamed) return false;
    if (open) return resolved.form === "classes" || arrays[0]!.textCount > 0;
    const isWhole = (row: number): boolean => {
      const value = arrays[0]!.values[row]!;
      return Number.isNaN(value) || Number.isInteger(value);
    };
    return this.known() > 1 && this.rows.every((row) => isWhole(row));
  }

  private oneHot(): InputEncoding {
    const { input, fields, resolved } = this;
    const [array] = this.arrays;
    const asText = resolved.form === "classes" || array!.textCount > 0;
    const open = input.extents.some((e) => typeof e === "string" && !this.dims.has(e));
    const classes = asText ? this.classNames([array!]) : null;
    const width = open ? this.width(classes?.length ?? this.largest() + 1) : this.known();
    if (classes && classes.length > width) throw this.tooMany(classes, width);
    return { kind: "one-hot", fields, width, classes: [classes], ...plain };
  }

  private numbers(): InputEncoding {
    const { input, fields, arrays, rows, options } = this;
    const width = this.width(this.cells);
    const classes = arrays.map((a) => this.twoNames(a));
    const fill =
      options.missing === "fill" && input.type === "f32" && input.hasExamples ? meansOf(arrays, rows) : [];
    const scaling = input.type === "f32" && input.hasExamples ? options.scaling(input) : "off";
    return { kind: "numbers", fields, width, classes, fill, ...scale(arrays, rows, scaling) };
  }

  /** A field of two texts and no number becomes 0 and 1; flags are `true` and `false`. */
  private twoNames(array: DataArray): readonly string[] | null {
    if (array.textCount === 0) return null;
    const names = this.classNames([array]);
    const isFlag = names.every((name) => /^(?:true|false)$/i.test(name));
    if (isFlag) return names.length === 2 || /^true$/i.test(names[0]!) ? falseFirst(names) : names;
    const { ids } = array.texts();
    const hasNumbers = array.values.some((v) => !Number.isNaN(v));
    if (names.length === 2 && !hasNumbers && this.input.type === "f32") return names;
    const wrong = ids.findIndex((id, i) => id >= 0 && Number.isNaN(array.values[i]));
    const more = array.textCount > 1 ? ` (and ${array.textCount - 1} more of \`${array.name}\`)` : "";
    const needed = this.input.type === "bool" ? "neither 0 or 1 nor true or false" : "not a number";
    throw new DataError(
      `${array.place(wrong)}: \`${array.text(wrong)}\` is ${needed}, for input \`${this.input.name}\`${more}`,
    );
  }
}

/** A column of nothing but `true` still has 1 for it. */
function falseFirst(names: readonly string[]): string[] {
  const truth = names.find((name) => /^true$/i.test(name))!;
  return [names.find((name) => /^false$/i.test(name)) ?? "false", truth];
}
