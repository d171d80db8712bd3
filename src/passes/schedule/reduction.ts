/**
 * Reductions as accumulators. Sums and products start at their identity. `max` and `min` fold with the atom of that
 * name, so that a NaN anywhere gives NaN. `argmax` and `argmin` keep the best value and its position: a value wins if
 * it is strictly better (the first of equals stays) or the first NaN.
 *
 * The position in several indices is linear, with the largest extent of each, so that it stays affine.
 */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Assign, KernelStatement, Variable } from "../../ir/kernel.ts";
import { identities } from "../../ir/kernel.ts";
import type { Affine, Expr, Index, Local, Reducer, ScalarType } from "../../ir/types.ts";

/** One accumulator: what stands before the loop, what stands in it, and the result. */
export interface Accumulator {
  readonly before: readonly Variable[];
  readonly step: readonly KernelStatement[];
  readonly result: Expr;
  /** Of a position: the best value itself, which is what `max` or `min` of the same values is. */
  readonly best?: Expr;
}

/** The reducer whose position a reducer gives. */
export function extremeOf(reducer: Reducer): "max" | "min" | undefined {
  return reducer === "argmax" ? "max" : reducer === "argmin" ? "min" : undefined;
}

/** The reference to a local as an expression: an integer is an affine form of it. */
export function localValue(b: Builder, local: Local): Expr {
  return local.type === "i32" ? b.opaque(local) : local;
}

/** A constant of a type. Integers have no infinity: the ends of their range stand for it. */
export function constantOf(b: Builder, type: ScalarType, value: number): Expr {
  if (type === "f32") return b.number(value);
  if (type === "bool") return b.bool(value !== 0);
  return b.integer(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}

/** The linear position in the space of the indices. */
function positionOf(b: Builder, indices: readonly Index[]): Affine {
  return indices.reduce<Affine>(
    (position, index) => b.plus(b.times(position, rangeOf(index.extent).high), index),
    b.integer(0),
  );
}

export function accumulator(
  b: Builder,
  reducer: Reducer,
  indices: readonly Index[],
  value: Expr,
  fresh: (name: string) => string,
  name: string,
): Accumulator {
  if (reducer === "argmax" || reducer === "argmin")
    return positionAccumulator(b, reducer, indices, value, fresh, name);
  const local = b.local(fresh(name), value.type);
  const before: Variable[] = [
    { kind: "variable", local, value: constantOf(b, value.type, identities[reducer]) },
  ];
  const result = localValue(b, local);
  const folds = reducer === "max" || reducer === "min";
  const step: Assign = folds
    ? { kind: "assign", local, value: b.apply(reducer, [result, value]), reducer: null }
    : { kind: "assign", local, value, reducer };
  return { before, step: [step], result };
}

function positionAccumulator(
  b: Builder,
  reducer: "argmax" | "argmin",
  indices: readonly Index[],
  value: Expr,
  fresh: (name: string) => string,
  name: string,
): Accumulator {
  const extreme = reducer === "argmax" ? "max" : "min";
  const best = b.local(fresh("best"), value.type);
  const position = b.local(fresh(name), "i32");
  const better: KernelStatement[] = [
    { kind: "assign", local: best, value, reducer: null },
    { kind: "assign", local: position, value: positionOf(b, indices), reducer: null },
  ];
  return {
    before: [
      { kind: "variable", local: best, value: constantOf(b, value.type, identities[extreme]) },
      { kind: "variable", local: position, value: b.integer(0) },
    ],
    step: [
      { kind: "if", condition: wins(b, extreme, value, localValue(b, best)), body: better, otherwise: [] },
    ],
    result: localValue(b, position),
    best: localValue(b, best),
  };
}

/** Whether `value` replaces `best`: strictly better, or a NaN where `best` is none. */
function wins(b: Builder, extreme: "max" | "min", value: Expr, best: Expr): Expr {
  if (value.type === "i32") return extreme === "max" ? b.less(best, value) : b.less(value, best);
  const atMost = extreme === "max" ? b.apply("le", [value, best]) : b.apply("le", [best, value]);
  return b.and(b.apply("not", [atMost]), b.apply("eq", [best, best]));
}
