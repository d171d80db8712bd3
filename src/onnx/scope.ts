/** What the parts of an export share while one statement is written. */
import type { Builder } from "../ir/builder.ts";
import type { Prover } from "../ir/intervals.ts";
import type { Affine, Dim, Expr, Index, ScalarType } from "../ir/types.ts";
import type { Tensors } from "./tensors.ts";
import type { GraphWriter } from "./writer.ts";

/**
 * What an expression is, for all values of the loop indices that it depends on: a tensor with one axis for each of them,
 * in this order.
 */
export interface Value {
  readonly axes: readonly Index[];
  readonly type: ScalarType;
  /** Its name in the graph, or its cells where they are known already. */
  readonly content: string | readonly number[];
}

/** Thrown where something has no counterpart in ONNX; the export reports it at the statement. */
export class Unexportable extends Error {}

export interface Scope {
  readonly builder: Builder;
  readonly writer: GraphWriter;
  readonly tensors: Tensors;
  /** Knows no assumptions: nothing in ONNX is left unevaluated. */
  readonly prover: Prover;
  /** The dimensions that have a fixed count. */
  readonly counts: ReadonlyMap<Dim, number>;
  /** The name, in the graph, of the count of any other. */
  readonly openCount: (dim: Dim) => string;
  /** Where the loops of the statement stand: those of the left side first. */
  readonly order: ReadonlyMap<Index, number>;
  readonly lower: (e: Expr) => Value;
}

/** The number that an extent is; null where it is known at run time only. */
export function knownExtent(form: Affine, scope: Scope): number | null {
  let sum = form.constant;
  for (const { factor, atom } of form.terms) {
    const count = atom.kind === "dim" ? scope.counts.get(atom) : undefined;
    if (count === undefined) return null;
    sum += factor * count;
  }
  return sum;
}
