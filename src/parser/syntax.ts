/** The syntax tree of a `.nn` file. It knows no operation, layer or optimizer by name. */
import type { Reducer, Span } from "../ir/types.ts";

export interface Name {
  readonly text: string;
  readonly span: Span;
}

// --------------------------------------------------------------------------------------------------------------- files

export interface SourceFile {
  readonly file: string;
  readonly imports: readonly ImportDeclaration[];
  readonly declarations: readonly Declaration[];
}

/** `import { block, cell as step } from "./block.nn"` */
export interface ImportDeclaration {
  readonly kind: "import";
  readonly names: readonly { readonly name: Name; readonly as: Name }[];
  readonly from: { readonly text: string; readonly span: Span };
  readonly span: Span;
}

export type Declaration = ModelDeclaration | FunctionDeclaration | LayerDeclaration | OptimizerDeclaration;

interface DeclarationBase {
  readonly name: Name;
  readonly doc?: string;
  readonly span: Span;
}

export interface ModelDeclaration extends DeclarationBase {
  readonly kind: "model";
  readonly sizes: readonly Parameter[];
  readonly body: readonly Statement[];
}

/** `fn f(x, slope = 0.01) = expression` or `fn f(z: [...s, n]) -> [...s, n] { … return … }`. */
export interface FunctionDeclaration extends DeclarationBase {
  readonly kind: "function";
  readonly parameters: readonly Parameter[];
  readonly result?: TypeSyntax;
  /** `= expression` is a body of one `return`. */
  readonly body: readonly Statement[];
  /** `with gradient(x, dy) = expression`: one expression for a function of one argument. */
  readonly gradient?: {
    readonly parameters: readonly Name[];
    readonly value: Expression;
    readonly span: Span;
  };
}

/** `layer linear(units: int, bias: bool = true)(x: [...s, n]) -> [...s, units] { … }` */
export interface LayerDeclaration extends DeclarationBase {
  readonly kind: "layer";
  readonly sizes: readonly Parameter[];
  readonly parameters: readonly Parameter[];
  readonly result?: TypeSyntax;
  readonly body: readonly Statement[];
}

/** `optimizer adam(lr = 1e-3, beta1 = 0.9) { state … update … }` */
export interface OptimizerDeclaration extends DeclarationBase {
  readonly kind: "optimizer";
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
}

export interface Parameter {
  readonly name: Name;
  readonly type?: TypeSyntax;
  readonly default?: Expression;
  readonly span: Span;
}

// --------------------------------------------------------------------------------------------------------------- types

/**
 * `[a, 2*b, ...s]`, `int[batch] < 10`, `bool[n]`, `distribution[batch, 10]`; without brackets (`extents` undefined)
 * `int`, `bool` and `float` are compile-time scalars of a size list.
 */
export interface TypeSyntax {
  readonly kind: "type";
  readonly element: "float" | "int" | "bool" | "distribution";
  readonly extents?: readonly ExtentSyntax[];
  readonly below?: Expression;
  readonly span: Span;
}

export type ExtentSyntax =
  | { readonly kind: "extent"; readonly value: Expression; readonly span: Span }
  | { readonly kind: "rest"; readonly name: Name; readonly span: Span };

// ---------------------------------------------------------------------------------------------------------- statements

export type Statement =
  | DimStatement
  | InputStatement
  | ParamStatement
  | StateStatement
  | UpdateStatement
  | Definition
  | TypeStatement
  | LossStatement
  | OptimizerStatement
  | ForStatement
  | ReturnStatement;

interface StatementBase {
  readonly span: Span;
  readonly doc?: string;
}

/** `dim n = 64` or `dim n <= 64`. */
export interface DimStatement extends StatementBase {
  readonly kind: "dim";
  readonly name: Name;
  readonly relation: "=" | "<=";
  readonly value: Expression;
}

/** `input image: [batch, 64]` */
export interface InputStatement extends StatementBase {
  readonly kind: "input";
  readonly name: Name;
  readonly type: TypeSyntax;
}

/** `param W: [n, units] ~ he_uniform` or `~ normal(0, 0.01)` */
export interface ParamStatement extends StatementBase {
  readonly kind: "param";
  readonly name: Name;
  readonly type: TypeSyntax;
  readonly initialiser: Expression;
}

/** `state mean_seen: [c] = 0`; in an optimizer `state m = 0` has the shape of the parameter. */
export interface StateStatement extends StatementBase {
  readonly kind: "state";
  readonly name: Name;
  readonly type?: TypeSyntax;
  readonly value: Expression;
}

/** `update mean_seen = …` or `update s[i] = …` */
export interface UpdateStatement extends StatementBase {
  readonly kind: "update";
  readonly name: Name;
  readonly subscripts?: readonly LeftSubscript[];
  readonly value: Expression;
}

/**
 * `h = …`, `y: [n, m] = …`, `y[b, j < 3] = …`, `s[0] = …`. `as` is set by a leading `output` or `metric`.
 */
export interface Definition extends StatementBase {
  readonly kind: "definition";
  readonly as?: "output" | "metric";
  readonly name: Name;
  readonly type?: TypeSyntax;
  readonly subscripts?: readonly LeftSubscript[];
  /** Absent in `output h`, which makes an existing definition an output. */
  readonly value?: Expression;
}

/** `y: [n, m]` on a line of its own declares the type of `y[…] = …`. */
export interface TypeStatement extends StatementBase {
  readonly kind: "typed";
  readonly name: Name;
  readonly type: TypeSyntax;
}

/** `loss cross_entropy(logits, label)` */
export interface LossStatement extends StatementBase {
  readonly kind: "loss";
  readonly value: Expression;
}

/** `optimizer adam(lr = 1e-3)` inside a model. */
export interface OptimizerStatement extends StatementBase {
  readonly kind: "optimizer";
  readonly name: Name;
  readonly arguments: readonly Argument[];
}

/** `for l in 0..50 { … }` */
export interface ForStatement extends StatementBase {
  readonly kind: "for";
  readonly variable: Name;
  readonly from: Expression;
  readonly to: Expression;
  readonly body: readonly Statement[];
}

export interface ReturnStatement extends StatementBase {
  readonly kind: "return";
  readonly value: Expression;
}

/** `b`, `j < 3`, `...i`, or an integer expression (a part). A lone name that is no size is an index variable. */
export type LeftSubscript =
  | { readonly kind: "index"; readonly name: Name; readonly below?: Expression; readonly span: Span }
  | { readonly kind: "rest"; readonly name: Name; readonly span: Span }
  | { readonly kind: "place"; readonly value: Expression; readonly span: Span };

// --------------------------------------------------------------------------------------------------------- expressions

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
