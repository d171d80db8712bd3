/** The outputs of a model over all examples, and their three forms: a table, JSON, arrays. */
import type { Encodings } from "../data/encoding.ts";
import { writeNpy } from "../data/npy.ts";
import { writeZip } from "../data/zip.ts";
import type { LoadedModel, Outputs } from "./train-model.ts";

interface Collected {
  readonly name: string;
  readonly parts: (Float32Array | Int32Array)[];
  /** Extents of one example. */
  shape: readonly number[];
}

/** Names of classes, and the input that was trained with them. */
interface Classes {
  readonly input: string;
  readonly names: readonly string[];
}

export class Predictions {
  private count = 0;
  private readonly outputs: readonly Collected[];
  private readonly classes: readonly Classes[];

  constructor(
    private readonly loaded: LoadedModel,
    encodings: Encodings,
    dims: Readonly<Record<string, number>>,
  ) {
    this.outputs = loaded.graphs.program.outputs.map(({ name }) => ({ name, parts: [], shape: [] }));
    this.classes = loaded.inputs.inputs.flatMap((input) => {
      const below = typeof input.below === "string" ? dims[input.below] : (input.below ?? undefined);
      // Ids without names are called by their numbers.
      const names =
        encodings[input.name]?.classes[0] ?? Array.from({ length: below ?? 0 }, (_, id) => String(id));
      return input.isTarget && names.length > 1 ? [{ input: input.name, names }] : [];
    });
  }

  /** What `forward` gave for `given` examples, of which the first `count` are wanted. */
  add(outputs: Outputs, count: number, given: number): void {
    this.count += count;
    for (const collected of this.outputs) {
      const values = outputs[collected.name]!;
      const size = (values.length / given) * count;
      const part = values.subarray(0, size);
      collected.parts.push(part instanceof Float32Array ? part.slice() : Int32Array.from(part));
      const { tensor } = this.loaded.graphs.program.outputs.find((o) => o.name === collected.name)!;
      const inner = values.length / given;
      // Only the product of the extents is known where one of them is bound at run time.
      const extents = tensor.shape.slice(1).map((e) => (e.terms.length === 0 ? e.constant : NaN));
      collected.shape = extents.some(Number.isNaN) ? (inner === 1 ? [] : [inner]) : extents;
    }
  }

  write(format: "csv" | "json" | "npz"): string | Uint8Array {
    if (format === "npz") return this.arrays();
    const columns = this.outputs.flatMap((o) => this.columnsOf(o));
    if (format === "csv") {
      const lines = Array.from({ length: this.count }, (_, row) => columns.map((c) => field(c.at(row))));
      return [columns.map((c) => field(c.name)), ...lines].map((cells) => `${cells.join(",")}\n`).join("");
    }
    const rows = Array.from({ length: this.count }, (_, row) =>
      Object.fromEntries(columns.map((c) => [c.name, c.at(row)])),
    );
    return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`;
  }

  private arrays(): Uint8Array {
    return writeZip(
      this.outputs.map(({ name, parts, shape }) => ({
        name: `${name}.npy`,
        bytes: writeNpy([this.count, ...shape], joined(parts)),
      })),
    );
  }

  /** A column for each number; before them the most probable class, where an output has a number for each class. */
  private columnsOf({ name, parts, shape }: Collected): Column[] {
    const values = joined(parts);
    const width = values.length / this.count;
    const number = (cell: number) => (row: number) => shortest(values, row * width + cell);
    if (width === 1 && shape.every((e) => e === 1)) {
      const two = this.classes.find((c) => c.names.length === 2 && this.isBinary(c.input));
      const best: Column[] = two
        ? [{ name: two.input, at: (row) => two.names[Number(values[row]! > 0.5)]! }]
        : [];
      return [...best, { name, at: number(0) }];
    }
    const known = shape.length === 1 ? this.classes.filter((c) => namesFit(c, width)) : [];
    const classes = known.length === 1 ? known[0]! : null;
    const cells = Array.from({ length: width }, (_, cell) => ({
      name: `${name}.${classes?.names[cell] ?? subscripts(cell, shape).join(".")}`,
      at: number(cell),
    }));
    if (!classes) return cells;
    const best = (row: number): string => {
      const own = values.subarray(row * width, (row + 1) * width);
      return classes.names[own.indexOf(Math.max(...own))] ?? "";
    };
    return [{ name: classes.input, at: best }, ...cells];
  }

  /** Whether an input holds one of two texts as 0 or 1. */
  private isBinary(name: string): boolean {
    const input = this.loaded.inputs.inputs.find((i) => i.name === name);
    return input?.type === "f32";
  }
}

interface Column {
  readonly name: string;
  readonly at: (row: number) => string | number;
}

const namesFit = ({ names }: Classes, width: number): boolean => names.length === width;

function joined(parts: readonly (Float32Array | Int32Array)[]): Float32Array | Int32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = parts[0] instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The shortest decimal that gives the same 32-bit float back. */
function shortest(values: Float32Array | Int32Array, at: number): number {
  const value = values[at]!;
  if (values instanceof Int32Array) return value;
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}

/** A field of a table, quoted where it must be. */
function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function subscripts(at: number, shape: readonly number[]): number[] {
  let rest = at;
  return shape
    .toReversed()
    .map((extent) => {
      const subscript = rest % extent;
      rest = (rest - subscript) / extent;
      return subscript;
    })
    .toReversed();
}
