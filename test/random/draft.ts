/** A model in the making: the values defined so far, with what later blocks must know of them, and the text. */
import type { Numbers } from "../support/model.ts";

/** One building block and the choices it makes; shrinking drops genes and lowers picks. */
export interface Gene {
  readonly block: number;
  readonly picks: readonly number[];
}

/** An extent as the source writes it: a number, or `batch`. */
export type Extent = number | "batch";

export interface Value {
  readonly name: string;
  readonly shape: readonly Extent[];
  readonly type: "float" | "int";
  /** int: values are below it. */
  readonly below: number;
}

export interface Given {
  readonly name: string;
  readonly shape: readonly Extent[];
  readonly below: number | null;
}

/** The text of a model and what is known of it. */
export interface Draft {
  readonly source: string;
  readonly inputs: readonly Given[];
  /** Rows of the batch taken twice leave the mean loss and its gradients as they are. */
  readonly isDuplicable: boolean;
  /** The gradients are the derivatives: no `stop_gradient`, no overridden derivative. */
  readonly isExact: boolean;
}

export type Choose = (count: number) => number;

export const letters = ["b", "i", "j", "k", "m"] as const;
/** Larger values are brought back, so that no chain of definitions leaves the range where 32 bits are exact enough. */
const largest = 3;

export class Draw {
  readonly values: Value[] = [];
  readonly inputs: Given[] = [];
  readonly declarations: string[] = [];
  readonly lines: string[] = [];
  private readonly consumed = new Set<Value>();
  private count = 0;
  isDuplicable = true;
  isExact = true;

  fresh(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** A value that fits, the latest first; what nobody reads would otherwise stay unread. */
  find(choose: Choose, fits: (v: Value) => boolean): Value | null {
    const list = this.values.filter(fits).reverse();
    if (list.length === 0) return null;
    const found = list[choose(list.length)]!;
    this.consumed.add(found);
    return found;
  }

  input(name: string, shape: readonly Extent[], below: number | null = null): void {
    this.inputs.push({ name, shape, below });
    const type = below === null ? `[${shape.join(", ")}]` : `int[${shape.join(", ")}] < ${below}`;
    this.line(`input ${name}: ${type}`);
    this.values.push({ name, shape, type: below === null ? "float" : "int", below: below ?? 0 });
  }

  param(shape: readonly Extent[]): string {
    const name = this.fresh("w");
    this.line(`param ${name}: [${shape.join(", ")}] ~ normal(0, 0.5)`);
    return name;
  }

  add(name: string, shape: readonly Extent[]): void {
    this.values.push({ name, shape, type: "float", below: 0 });
  }

  /** `v = …`, or with indices `v[b, i] = …` and the type it needs. `bound` is how large the right side may get. */
  define(right: string, shape: readonly Extent[], bound: number, isIndexed = false): string {
    const name = this.fresh("v");
    const small = bound > largest ? `tanh(${right})` : right;
    if (isIndexed && shape.length > 0) {
      this.line(`${name}: [${shape.join(", ")}]`);
      this.line(`${name}[${indices(shape)}] = ${small}`);
    } else this.line(`${name} = ${small}`);
    this.add(name, shape);
    return name;
  }

  /** An integer tensor by index. */
  defineInteger(right: string, shape: readonly Extent[], below: number): void {
    const name = this.fresh("n");
    this.line(shape.length > 0 ? `${name}[${indices(shape)}] = ${right}` : `${name} = ${right}`);
    this.values.push({ name, shape, type: "int", below });
  }

  /** What nothing reads yet: the loss takes it in. */
  leaves(): Value[] {
    const given = new Set(this.inputs.map((i) => i.name));
    return this.values.filter((v) => v.type === "float" && !this.consumed.has(v) && !given.has(v.name));
  }
}

export function indices(shape: readonly Extent[], names: readonly string[] = letters): string {
  return shape.map((_, d) => names[d]).join(", ");
}

/** `x[b, i]`, the subscript of one dimension replaced. */
export function at(v: Value, replaced: Readonly<Record<number, string>> = {}): string {
  return v.shape.length === 0
    ? v.name
    : `${v.name}[${v.shape.map((_, d) => replaced[d] ?? letters[d]).join(", ")}]`;
}

export const isFloat = (v: Value): boolean => v.type === "float";
export const cells = (shape: readonly Extent[], batch: number): number =>
  shape.reduce<number>((n, e) => n * (e === "batch" ? batch : e), 1);

/** Values for the inputs; integers below their bounds. */
export function inputsOf(
  draft: Draft,
  batch: number,
  draw: (count: number, place: number) => Numbers,
): Record<string, number[]> {
  const values = draft.inputs.map(({ name, shape, below }, place) => {
    const drawn = [...draw(cells(shape, batch), place)];
    return [
      name,
      below === null ? drawn.map(Math.fround) : drawn.map((v) => Math.floor(((v + 1) / 2) * below)),
    ] as const;
  });
  return Object.fromEntries(values);
}
