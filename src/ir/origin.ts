import type { Affine, Expr, Index, Read, Statement, Tensor } from "./types.ts";

/** A half-open interval of characters in one source file. Files are kept in `Sources` (source.ts). */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Where a statement comes from: the one reference that is carried from the parse to the printed line.
 * `name` is what the reader calls the thing (`h.linear`); `steps` are present on what differentiation made: several where
 * paths through the network meet and their contributions became one equation.
 */
export interface Origin {
  /** In the user's own text: of code inside the library, the call that leads there. */
  readonly span: Span;
  /** The place inside the library or an imported file, where `span` is only the call. */
  readonly within?: Span;
  readonly name: string;
  readonly steps?: readonly AdjointStep[];
}

/** One step of the chain rule: d`of`/d`read` of one read, and how its subscripts were solved. */
export interface AdjointStep {
  readonly kind: "seed" | "chain";
  /** The forward statement that was differentiated. */
  readonly of: Statement;
  /** The tensor whose gradient receives the contribution. */
  readonly wrt: Tensor;
  /** The read that was differentiated (absent for the seed and for reshapes). */
  readonly read?: Read;
  /** The partial derivative of the body by that read, without the upstream gradient. */
  readonly partial?: Expr;
  /** Where it holds, over the loops of the forward statement; elsewhere the derivative is 0. */
  readonly guard?: Expr;
  /** For each loop of the forward statement that was solved for: its value in terms of the new loops. */
  readonly solution?: readonly (readonly [Index, Affine])[];
}
