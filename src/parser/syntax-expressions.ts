/** Expressions of the syntax tree. */
import type { Reducer, Span } from "../ir/types.ts";
import type { Name } from "./syntax.ts";

export type Expression =
  | NumberLiteral
  | BooleanLiteral
  | NameExpression
  | UnaryExpression
  | BinaryExpression
  | IfExpression
  | CallExpression
  | SubscriptExpression
  | ElseExpression
  | ReduceExpression
  | ErrorExpression;

export interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
  /** Written without `.` or exponent, so it may be an integer. */
  readonly integer: boolean;
  readonly span: Span;
}

/** `true` or `false` */
export interface BooleanLiteral {
  readonly kind: "boolean";
  readonly value: boolean;
  readonly span: Span;
}

export interface NameExpression {
  readonly kind: "name";
  readonly name: string;
  readonly span: Span;
}

export interface UnaryExpression {
  readonly kind: "unary";
  readonly operator: "-" | "not";
  readonly operand: Expression;
  readonly span: Span;
}

export type BinaryOperator =
  "+" | "-" | "*" | "/" | "@" | "^" | "div" | "mod" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "and" | "or";

export interface BinaryExpression {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Of the operator itself: where a frame points. */
  readonly operatorSpan: Span;
  readonly span: Span;
}

export interface IfExpression {
  readonly kind: "if";
  readonly condition: Expression;
  readonly chosen: Expression;
  readonly otherwise: Expression;
  readonly span: Span;
}

/** `f(x)`, `linear(64)`, `linear(64)(x)`, `encode(x)`. A pipe `x |> f(…)` arrives as `pipe`: see below. */
export interface CallExpression {
  readonly kind: "call";
  readonly callee: Expression;
  readonly arguments: readonly Argument[];
  /**
   * The value left of `|>`. `x |> f` and `x |> f(a)` are one call of `f` with `piped` = x; without parentheses
   * `bare` is true. For a function x is the first argument; for a layer the parentheses hold its sizes.
   */
  readonly piped?: Expression;
  readonly bare?: true;
  readonly span: Span;
}

export interface Argument {
  readonly name?: Name;
  readonly value: Expression;
  readonly span: Span;
}

/** `x[b, i*stride + u, :, ...s]` */
export interface SubscriptExpression {
  readonly kind: "subscript";
  readonly target: Expression;
  readonly subscripts: readonly Subscript[];
  readonly span: Span;
}

export type Subscript =
  | { readonly kind: "at"; readonly value: Expression; readonly span: Span }
  | { readonly kind: "slice"; readonly span: Span }
  | { readonly kind: "rest"; readonly name: Name; readonly span: Span };

/** `(x[b, i + u - pad] else 0)`; `read` is any expression, whose out-of-range subscript is protected. */
export interface ElseExpression {
  readonly kind: "else";
  readonly read: Expression;
  readonly otherwise: Expression;
  readonly span: Span;
}

/** `sum[k < n, v] product` */
export interface ReduceExpression {
  readonly kind: "reduce";
  readonly reducer: Reducer | "mean";
  readonly indices: readonly {
    readonly name: Name;
    readonly below?: Expression;
    /** `sum[...i]` */
    readonly rest?: true;
    readonly span: Span;
  }[];
  readonly body: Expression;
  readonly span: Span;
}

/** Stands where the text could not be read; its mistake is already reported. */
export interface ErrorExpression {
  readonly kind: "error";
  readonly span: Span;
}
