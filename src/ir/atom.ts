/** What a row of the table of scalar functions holds. The rows themselves are in atoms.ts. */
import type { Builder } from "./builder.ts";
import type { Expr, ScalarType } from "./types.ts";

export type AtomName =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "neg"
  | "pow"
  | "exp"
  | "log"
  | "sqrt"
  | "tanh"
  | "sigmoid"
  | "softplus"
  | "erf"
  | "sin"
  | "cos"
  | "abs"
  | "sign"
  | "floor"
  | "min"
  | "max"
  | "select"
  | "lt"
  | "le"
  | "eq"
  | "and"
  | "or"
  | "not"
  | "cast"
  | "random"
  | "flush"
  | "stop_gradient"
  | "integer_div"
  | "integer_mod";

/** How a printer spells an application: an operator with a precedence, a call, or a helper function it must emit. */
export type Spelling =
  | {
      readonly form: "infix";
      readonly operator: string;
      readonly precedence: number;
      readonly right?: boolean;
    }
  | { readonly form: "prefix"; readonly operator: string; readonly precedence: number }
  | { readonly form: "call"; readonly callee: string }
  | { readonly form: "helper"; readonly callee: string };

/**
 * How JavaScript spells it: also as a power (small ones are products), a conditional, the number that its argument is,
 * or its argument itself.
 */
export type JavascriptSpelling =
  | Spelling
  | { readonly form: "power"; readonly callee: string }
  | { readonly form: "conditional" | "number" | "same" };

/**
 * What stands in the place of a call: other functions, or lines. The first prepares a variable from the text of the
 * argument, the value is a product in terms of the variable, until another one is prepared. Their helpers call nothing and
 * are so short that engines write them in place, too: V8 does below 27 bytes of its bytecode, and else boxes the numbers.
 */
export type InPlaceSpelling =
  | { readonly form: "made"; readonly of: (b: Builder, args: readonly Expr[]) => Expr }
  | {
      readonly form: "lines";
      readonly prepared: (argument: string) => string;
      readonly value: (variable: string) => string;
      readonly helpers: readonly string[];
    };

/**
 * How WebAssembly spells it, by the type of the first argument: an instruction (`f32.add`) or a function that the module
 * then holds (`exp`). `lanes` is for four numbers, `integers` for four integers, `masks` for four truth values, which are
 * all ones or all zeros there.
 */
export interface WatSpelling {
  /**
   * A plain application; or also as a power (small ones are products), lazily what is chosen, both or either, the number
   * that its argument is, or its argument itself.
   */
  readonly form: "apply" | "power" | "conditional" | "both" | "either" | "number" | "same";
  readonly f32?: string;
  readonly i32?: string;
  readonly bool?: string;
  readonly lanes?: string;
  readonly integers?: string;
  readonly masks?: string;
  /** What is quicker and gives the same where the second of two arguments is a number. */
  readonly lanesOfNumber?: string;
}

/**
 * How ONNX spells it: one node of this operator; a choice, the number that its argument is, its argument itself, a
 * division of integers that rounds down; in terms of other atoms; or not at all.
 */
export type OnnxSpelling =
  | { readonly form: "node"; readonly operator: string }
  | { readonly form: "choice" | "number" | "same" | "floor division" }
  | { readonly form: "expression"; readonly of: (b: Builder, args: readonly Expr[]) => Expr }
  | { readonly form: "none"; readonly because: string };

/**
 * How WGSL spells it: also as a power (small ones are products), lazily what is chosen, both or either, the number that its
 * argument is, or its argument itself. `integers`: the builtin that integers have instead; `ofSame`: what is called with
 * one argument where both are the same; `nearZero`: what is called where the second may be close to 0.
 */
export type WgslSpelling = (
  | Spelling
  | { readonly form: "power"; readonly callee: string }
  | { readonly form: "conditional" | "number" | "same" }
  | { readonly form: "both" | "either"; readonly operator: string; readonly precedence: number }
) & { readonly integers?: string; readonly ofSame?: string; readonly nearZero?: string };

/** How a formula is spelled: also by words around the arguments, and by the bracket of a truth value used as a number. */
export type FormulaSpelling =
  | Exclude<Spelling, { readonly form: "helper" }>
  | { readonly form: "words"; readonly words: readonly string[]; readonly precedence: number }
  | { readonly form: "iverson" };

/** ∂output/∂argument as an expression of the arguments and the output; null where it is zero. */
export type PartialDerivative = (b: Builder, args: readonly Expr[], output: Expr) => Expr | null;

export interface Atom {
  readonly arity: number;
  /** The result type for these argument types, or null where they do not fit. */
  readonly type: (args: readonly ScalarType[]) => ScalarType | null;
  /** The meaning, in 64-bit arithmetic; booleans are 0 and 1. */
  readonly evaluate: (...args: number[]) => number;
  /** The same for atoms that leave arguments unevaluated: whoever evaluates must use this where it is present. */
  readonly lazy?: (...args: (() => number)[]) => number;
  /** With `lazy`: for each argument, a condition that holds wherever it is evaluated; null where it always is. */
  readonly guards?: (b: Builder, args: readonly Expr[]) => readonly (Expr | null)[];
  /**
   * One per argument: ∂output/∂argument, or null where it is zero everywhere it exists. May mention the output. An
   * argument with a guard has this derivative where its guard holds, and 0 elsewhere.
   */
  readonly partials: readonly PartialDerivative[];
  readonly javascript: JavascriptSpelling;
  /** How JavaScript spells it in a function that is written out whole, where calls would cost more than the rest. */
  readonly inPlace?: InPlaceSpelling;
  readonly wat: WatSpelling;
  readonly wgsl: WgslSpelling;
  readonly onnx: OnnxSpelling;
  /** How a formula spells it, for comments and printed IR. */
  readonly formula: FormulaSpelling;
  /** What textbooks call it, where they have a sign for it. */
  readonly symbol?: string;
  /** What one evaluation costs, in additions. */
  readonly cost: number;
  readonly commutative?: true;
  /** May be called by name in a `.nn` file. */
  readonly callable?: true;
  readonly doc: string;
}
