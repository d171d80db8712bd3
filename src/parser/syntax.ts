/** The syntax tree of a `.nn` file. It knows no operation, layer or optimizer by name. */
import type { Span } from "../ir/types.ts";
import type { Argument, Expression } from "./syntax-expressions.ts";

export type * from "./syntax-expressions.ts";

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
  { readonly kind: "extent"; readonly value: Expression; readonly span: Span } | PackSyntax;

/** `...s`, or `...s(axis)`: a pack of that many dimensions. */
export interface PackSyntax {
  readonly kind: "rest";
  readonly name: Name;
  readonly count?: Expression;
  readonly span: Span;
}

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
  | FreezeStatement
  | ForStatement
  | RequireStatement
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

/** `optimizer adam(lr = 1e-3) for "*.b" (decay = 0)` inside a model. */
export interface OptimizerStatement extends StatementBase {
  readonly kind: "optimizer";
  readonly name: Name;
  readonly arguments: readonly Argument[];
  readonly groups: readonly GroupSyntax[];
}

/** `for "*.b", "*.gain" (decay = 0)`: other arguments for the parameters that match. */
export interface GroupSyntax {
  readonly patterns: readonly PatternSyntax[];
  readonly arguments: readonly Argument[];
  readonly span: Span;
}

/** `"encode.*"`: a pattern of parameter paths, without its quotes. */
export interface PatternSyntax {
  readonly text: string;
  readonly span: Span;
}

/** `freeze "embed", "*.b"` inside a model. */
export interface FreezeStatement extends StatementBase {
  readonly kind: "freeze";
  readonly patterns: readonly PatternSyntax[];
}

/** `for l in 0..50 { … }` */
export interface ForStatement extends StatementBase {
  readonly kind: "for";
  readonly variable: Name;
  readonly from: Expression;
  readonly to: Expression;
  readonly body: readonly Statement[];
}

/** `require c mod groups == 0 else "groups must divide the channels"` */
export interface RequireStatement extends StatementBase {
  readonly kind: "require";
  readonly condition: Expression;
  readonly reason: string;
}

export interface ReturnStatement extends StatementBase {
  readonly kind: "return";
  readonly value: Expression;
}

/** `b`, `j < 3`, `...i`, `...i(axis)`, or an integer expression (a part). A lone name that is no size is an index variable. */
export type LeftSubscript =
  | { readonly kind: "index"; readonly name: Name; readonly below?: Expression; readonly span: Span }
  | PackSyntax
  | { readonly kind: "place"; readonly value: Expression; readonly span: Span };
