/** Comparisons in 64 bits: of two ways to write a value, and of a derivative with central differences. */
import type { Builder } from "../ir/builder.ts";
import type { Environment, NumericArray } from "../ir/interpreter.ts";
import { evaluateAffine, interpret } from "../ir/interpreter.ts";
import { rewriter, visit } from "../ir/rewrite.ts";
import type { Equation, Expr, Index, Statement, Tensor } from "../ir/types.ts";
import type { Check } from "./derivation.ts";

/** Half the distance of a central difference, relative to the largest value of the tensor. */
export const differenceStep = 1e-5;

/** What rounding in 64 bits may leave between two ways to write the same. */
const exactTolerance = 1e-8;
/** What a central difference may be off. */
const differenceTolerance = 1e-5;
/** Values are compared relative to the largest of their tensor, and to this at least. */
const smallestScale = 1e-3;

/** Collects the comparisons of one step over several points. */
export class Comparison {
  private readonly what: string;
  private readonly tolerance: number;
  private difference = 0;
  private cells = 0;
  private skipped = 0;

  constructor(what: string, kind: "exact" | "difference") {
    this.what = what;
    this.tolerance = kind === "exact" ? exactTolerance : differenceTolerance;
  }

  /** `null` stands for a cell that can't be compared. Two NaNs are equal. */
  add(found: ArrayLike<number>, expected: ArrayLike<number | null>): void {
    let scale = smallestScale;
    for (let i = 0; i < expected.length; i++) {
      const size = Math.abs(expected[i] ?? 0);
      if (Number.isFinite(size)) scale = Math.max(scale, size);
    }
    for (let i = 0; i < expected.length; i++) {
      const value = expected[i]!;
      if (value === null) {
        this.skipped++;
        continue;
      }
      this.cells++;
      if (Object.is(found[i], value)) continue;
      const off = Math.abs(found[i]! - value) / scale;
      this.difference = Number.isNaN(off) ? Infinity : Math.max(this.difference, off);
    }
  }

  get result(): Check {
    const { what, difference, cells, skipped } = this;
    return { what, difference, cells, skipped, passed: difference <= this.tolerance };
  }
}

/**
 * The slope of a scalar function at 0 by central differences of fourth order, or, with `cheap`, of second order; null
 * where it bends or ends there.
 */
export function slopeAt(f: (shift: number) => number, h = differenceStep, cheap = false): number | null {
  const [below, at, above] = [f(-h), f(0), f(h)];
  const near = (above - below) / (2 * h);
  const bend = Math.abs(above - 2 * at + below) / h;
  const isSharp = (b: number, slope: number): boolean => b > 1e-2 * Math.max(1e-2, Math.abs(slope));
  if (cheap) return !Number.isFinite(near) || isSharp(bend, near) ? null : near;
  const [farBelow, farAbove] = [f(-2 * h), f(2 * h)];
  const slope = (4 * near - (farAbove - farBelow) / (4 * h)) / 3;
  const farBend = Math.abs(farAbove - 2 * at + farBelow) / (2 * h);
  if (!Number.isFinite(slope) || isSharp(Math.max(bend, farBend), slope)) return null;
  if (farBend <= smallestBend) return slope;
  const nearBend = Math.abs(f(h / 2) - 2 * at + f(-h / 2)) / (h / 2);
  return isKink(bend, farBend) || (bend > smallestBend && isKink(nearBend, bend)) ? null : slope;
}

/** Bends below this are rounding, and too small to be seen in a slope. */
const smallestBend = 1e-8;

/** Over twice the distance a smooth function bends twice as much; a kink as much, or where it is farther off not at all. */
const isKink = (bend: number, farBend: number): boolean => bend > 0.7 * farBend || bend < 0.3 * farBend;

/** A tensor of smaller values than this is shifted as if it had these: the shift must be seen in what is made of it. */
const smallest = 1e-4;

/** How far to shift the cells of a tensor. */
export function stepFor(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return Number.isFinite(largest) && largest > 0
    ? differenceStep * Math.min(1, Math.max(smallest, largest))
    : differenceStep;
}

/** The statements with what `stop_gradient` holds fixed replaced by its value in `environment`. */
export function withStopsFixed(
  b: Builder,
  statements: readonly Statement[],
  environment: Environment,
): Statement[] {
  return statements.map((s) => (s.kind === "equation" ? fixStops(b, s, environment) : s));
}

function fixStops(b: Builder, e: Equation, environment: Environment): Equation {
  const stopped = stopsIn(e.body);
  if (stopped.length === 0) return e;
  const fixed = new Map<Expr, Expr>(stopped.map((x) => [x, valueOver(b, e, x, environment)]));
  return b.equation({ ...e, body: rewriter(b, { node: (x) => fixed.get(x) })(e.body) });
}

function stopsIn(body: Expr): Expr[] {
  const found: Expr[] = [];
  visit([body], (x) => {
    if (x.kind === "apply" && x.atom === "stop_gradient") found.push(x);
  });
  return found;
}

/** A read of a new tensor that holds the values of an expression over the loops of its equation. */
export function valueOver(b: Builder, e: Equation, body: Expr, environment: Environment): Expr {
  const indices = [...e.indices, ...e.reduced];
  const tensor = scratch(b, e, indices, body);
  interpret([cellwise(b, e, tensor, body)], environment);
  return b.read(tensor, indices);
}

function scratch(b: Builder, e: Equation, indices: readonly Index[], body: Expr): Tensor {
  const shape = indices.map((i) => i.extent);
  return b.tensor({
    name: `${e.tensor.name}.value`,
    type: body.type,
    shape,
    role: "definition",
    span: e.tensor.span,
  });
}

function cellwise(b: Builder, e: Equation, tensor: Tensor, body: Expr): Equation {
  const indices = [...e.indices, ...e.reduced];
  return b.equation({
    ...e,
    tensor,
    indices,
    target: indices.map((i) => b.of(i)),
    reduced: [],
    reducer: null,
    accumulate: false,
    body,
  });
}

/** The statement with every read of `from` reading `to`, but for what `stop_gradient` holds fixed. */
export function reading(b: Builder, s: Statement, from: Tensor, to: Tensor): Statement {
  if (s.kind === "reshape") return s.source === from ? { ...s, source: to } : s;
  if (s.kind !== "equation") return s;
  const change = rewriter(b, {
    node: (x) => (x.kind === "apply" && x.atom === "stop_gradient" ? x : undefined),
    tensor: (t) => (t === from ? to : t),
  });
  return b.equation({ ...s, body: change(s.body) });
}

/** A copy of the environment in which `statements` may store without being seen outside. */
export function copyOf(environment: Environment): Environment {
  return { dims: environment.dims, values: new Map(environment.values) };
}

export function valuesOf(environment: Environment, t: Tensor): NumericArray {
  const values = environment.values.get(t);
  if (!values) throw new Error(`\`${t.name}\` has no value at this point`);
  return values;
}

/** How many bodies an evaluation of statements visits. */
export function visitsOf(statements: readonly Statement[], { dims }: Environment): number {
  const loops = (e: Equation): number =>
    [...e.indices, ...e.reduced].reduce((n, i) => n * evaluateAffine(i.extent, dims), 1);
  return statements.reduce((n, s) => n + (s.kind === "equation" ? loops(s) : 0), 0);
}

/** At most `most` positions, spread evenly. */
export function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * count) / most));
}
