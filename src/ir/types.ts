/**
 * The vocabulary of the compiler: scalar expressions, tensors, and the statements of a graph.
 *
 * Expressions are immutable and hash-consed by a `Builder` (builder.ts), so within one builder `===` is structural
 * equality and every walker can memoise on the node. Nothing here knows an operation by name.
 */
import type { AtomName } from "./atom.ts";
import type { Origin, Span } from "./origin.ts";

export type ScalarType = "f32" | "i32" | "bool";

// ---------------------------------------------------------------------------------------------------------- integers

/** A dynamic dimension: its count is known at run time only. Static dimensions are numbers at compile time. */
export interface Dim {
  readonly kind: "dim";
  readonly id: number;
  readonly name: string;
  /** At least 1: proofs rely on it. */
  readonly minimum: number;
  readonly maximum: number;
  /** `call`: inferred from the inputs of every call. `create`: bound once, when the model is created. */
  varies: "call" | "create";
  readonly span: Span;
}

/** A loop index, ranging over 0 ≤ index < extent. Identity is the object; the name is for the reader. */
export interface Index {
  readonly kind: "index";
  readonly id: number;
  readonly name: string;
  readonly extent: Affine;
}

/** ⌊value / divisor⌋ for a positive constant divisor. */
export interface FloorDivision {
  readonly kind: "floor";
  readonly id: number;
  readonly value: Affine;
  readonly divisor: number;
}

/** value mod divisor, in 0 … divisor − 1. */
export interface Modulo {
  readonly kind: "modulo";
  readonly id: number;
  readonly value: Affine;
  readonly divisor: number;
}

/** An integer that is not affine: a read of an int tensor, a product of two dimensions, a select, … */
export interface Opaque {
  readonly kind: "opaque";
  readonly id: number;
  readonly value: Read | Apply | Reduce | Local;
}

export type IntegerAtom = Index | Dim | FloorDivision | Modulo | Opaque;

export interface Term {
  readonly factor: number;
  readonly atom: IntegerAtom;
}

/** The normal form of every i32 expression: constant + Σ factor·atom, factors ≠ 0, atoms distinct, ordered by id. */
export interface Affine {
  readonly kind: "affine";
  readonly id: number;
  readonly type: "i32";
  readonly constant: number;
  readonly terms: readonly Term[];
}

// ------------------------------------------------------------------------------------------------ scalar expressions

export interface Constant {
  readonly kind: "constant";
  readonly id: number;
  readonly type: "f32" | "bool";
  /** bool: 0 or 1. */
  readonly value: number;
}

/** The value of a tensor at a place. It must be in range wherever it is evaluated (`select` protects it). */
export interface Read {
  readonly kind: "read";
  readonly id: number;
  readonly type: ScalarType;
  readonly tensor: Tensor;
  readonly subscripts: readonly Affine[];
}

/** A scalar function of the atom table (atoms.ts). `select`, `and` and `or` are lazy in meaning. */
export interface Apply {
  readonly kind: "apply";
  readonly id: number;
  readonly type: ScalarType;
  readonly atom: AtomName;
  readonly args: readonly Expr[];
}

/** form ≥ 0, or form = 0. Every comparison of integers has this normal form. */
export interface Condition {
  readonly kind: "condition";
  readonly id: number;
  readonly type: "bool";
  readonly relation: "nonnegative" | "zero";
  readonly form: Affine;
}

export type Reducer = "sum" | "prod" | "max" | "min" | "argmax" | "argmin";

/** A reduction inside a body. Elaboration builds it; normal form hoists it to a statement of its own. */
export interface Reduce {
  readonly kind: "reduce";
  readonly id: number;
  readonly type: ScalarType;
  readonly reducer: Reducer;
  readonly indices: readonly Index[];
  readonly where: readonly Expr[];
  readonly body: Expr;
}

/** A value bound by `let` in a kernel (kernel.ts). It never occurs in a graph. */
export interface Local {
  readonly kind: "local";
  readonly id: number;
  readonly type: ScalarType;
  readonly name: string;
}

export type Expr = Constant | Affine | Read | Apply | Condition | Reduce | Local;

// ------------------------------------------------------------------------------------------------------------ tensors

/**
 * input, parameter, state, hyper: owned by the model or the caller, and persistent.
 * builtin: `step`, `pass`, `seed` (i32 scalars) and `training` (bool scalar), supplied by the host.
 * definition, adjoint: computed by statements of a graph.
 */
export type Role = "input" | "parameter" | "state" | "hyper" | "builtin" | "definition" | "adjoint";

export interface Tensor {
  readonly kind: "tensor";
  readonly id: number;
  /** Unique in a program; a path for what layers own: `h.linear.W`. Adjoints are `d` + name. */
  readonly name: string;
  readonly type: ScalarType;
  /** Extents are closed: they mention dimensions, never indices. Stored row-major by actual extents. */
  readonly shape: readonly Affine[];
  readonly role: Role;
  /** i32 only: every value v satisfies 0 ≤ v < below. Checked on the way in, or proved. */
  readonly below?: Affine;
  /** A declared fact, checked on the way in: values are ≥ 0 and sum to 1 over the last dimension. */
  readonly distribution?: boolean;
  readonly span: Span;
  readonly doc?: string;
  /** hyper: its default value. */
  readonly value?: number;
  /** A reduction that was hoisted out of the definition of this tensor: readers of formulas see it in its place. */
  readonly hoistedFrom?: Tensor;
}

// --------------------------------------------------------------------------------------------------------- statements

/**
 * For every value of `indices`, where `where` … :
 *
 *     tensor[target] =  reducer_{reduced : where} body
 *     tensor[target] += reducer_{reduced : where} body
 *
 * `where` may mention both kinds of indices. A reduction over nothing is its identity (0 for sum); without a reducer
 * (`reduced` is then empty), a false `where` stores nothing, so that the cell of a definition stays 0. `where` is
 * tried from the left, and what stands behind a false condition is not read. The body holds no `Reduce`.
 *
 * A tensor may be defined by several equations (its parts): the order of the list is the order of meaning. A tensor
 * is zero before its first part; each cell is stored at most once with `=`; a cell is complete before it is read.
 * A persistent tensor (parameter, state) keeps its cells instead; an equation that stores into one is an update, and
 * may read that tensor only at `target` itself.
 */
export interface Equation {
  readonly kind: "equation";
  readonly id: number;
  readonly tensor: Tensor;
  readonly indices: readonly Index[];
  readonly target: readonly Affine[];
  readonly accumulate: boolean;
  readonly reducer: Reducer | null;
  readonly reduced: readonly Index[];
  readonly where: readonly Expr[];
  readonly body: Expr;
  readonly origin: Origin;
}

/** Row-major reinterpretation of `source`: the same values in another shape. */
export interface Reshape {
  readonly kind: "reshape";
  readonly id: number;
  readonly tensor: Tensor;
  readonly source: Tensor;
  readonly origin: Origin;
}

/**
 * A request that `differentiate` replaces by adjoint statements: results[i] = ∂of/∂wrt[i], for the scalar `of`, through
 * the statements that stand before it.
 */
export interface Gradient {
  readonly kind: "gradient";
  readonly id: number;
  readonly of: Tensor;
  readonly wrt: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly origin: Origin;
}

/**
 * `tensor` is a copy of `source` whose derivative is given: a `fn … with gradient(x, dy) = …`. Backward, `equations`
 * compute every `gradients[i].result` from the placeholder `upstream` (the gradient of `tensor`) and whatever else they
 * read; each result is a contribution to the gradient of `gradients[i].wrt`. Nothing flows into `source`.
 */
export interface Override {
  readonly kind: "override";
  readonly id: number;
  readonly tensor: Tensor;
  readonly source: Tensor;
  readonly upstream: Tensor;
  readonly equations: readonly Statement[];
  readonly gradients: readonly { readonly wrt: Tensor; readonly result: Tensor }[];
  readonly origin: Origin;
}

export type Statement = Equation | Reshape | Gradient | Override;

/** An ordered list of statements; `results` are the tensors that must hold their values at the end. */
export interface Graph {
  readonly name: string;
  readonly statements: readonly Statement[];
  readonly results: readonly Tensor[];
}

export type { AdjointStep, Origin, Span } from "./origin.ts";
export type { Builtins, Output, Program, Shadow } from "./program.ts";
