/**
 * Formulas as plain data: what every printer of a derivation prints, and what its JSON holds. They are made from the
 * compiler's own expressions (translate.ts) and carry the name of every tensor that they read.
 */
import type { Reducer } from "../ir/types.ts";
import { precedence } from "../ir/atoms.ts";

/** The name of a tensor, unique in a program: what links a formula, a step, a line of the source and generated code. */
export type Ref = string;

export type Formula =
  | { readonly kind: "number"; readonly value: number }
  /** A loop index, a dimension, or a part that a long formula names. */
  | { readonly kind: "name"; readonly name: string }
  /** The value of a tensor at a place; without subscripts a scalar, or in matrix notation the whole tensor. */
  | { readonly kind: "read"; readonly ref: Ref; readonly subscripts: readonly Formula[] }
  /** Operands side by side; `binds` is the precedence of the operator, `right` where it associates to the right. */
  | {
      readonly kind: "infix";
      readonly operator: string;
      readonly binds: number;
      readonly right?: true;
      readonly operands: readonly Formula[];
    }
  | { readonly kind: "prefix"; readonly operator: string; readonly operand: Formula }
  | {
      readonly kind: "call";
      readonly callee: string;
      readonly symbol?: string;
      readonly operands: readonly Formula[];
    }
  | {
      readonly kind: "choice";
      readonly condition: Formula;
      readonly chosen: Formula;
      readonly otherwise: Formula;
    }
  /** 1 where the condition holds, else 0. */
  | { readonly kind: "bracket"; readonly condition: Formula }
  | {
      readonly kind: "reduce";
      readonly reducer: Reducer;
      readonly indices: readonly string[];
      readonly where: readonly Formula[];
      readonly body: Formula;
    }
  | { readonly kind: "floor"; readonly value: Formula; readonly divisor: number }
  /** ∂of/∂by. */
  | { readonly kind: "derivative"; readonly of: Formula; readonly by: Formula }
  | { readonly kind: "transposed"; readonly operand: Formula }
  /** A factor that cancels with another in the line that follows. */
  | { readonly kind: "struck"; readonly operand: Formula };

/** How tightly the outermost operator of a formula binds; larger binds tighter. */
export function bindingOf(f: Formula): number {
  switch (f.kind) {
    case "number":
      return f.value < 0 ? precedence.prefix : precedence.primary;
    case "infix":
      return f.binds;
    case "prefix":
      // −a·b needs no parentheses; it is then a product.
      return Math.min(precedence.prefix, Math.max(bindingOf(f.operand), precedence.mul));
    case "choice":
      return precedence.select;
    case "reduce":
      return reductionBinding;
    case "struck":
      return bindingOf(f.operand);
    default:
      return precedence.primary;
  }
}

/** Σ takes the product behind it, so it binds looser than a product and tighter than a sum. */
export const reductionBinding = (precedence.add + precedence.mul) / 2;

export const reducerSymbols: Readonly<Record<Reducer, string>> = {
  sum: "Σ",
  prod: "Π",
  max: "max",
  min: "min",
  argmax: "argmax",
  argmin: "argmin",
};

/** An operand and whether it stands in parentheses. */
export interface Operand {
  readonly formula: Formula;
  readonly bracketed: boolean;
}

/** What printers need of an operator with its operands: which of them stand in parentheses. */
export function operandsOf(f: Extract<Formula, { kind: "infix" }>): Operand[] {
  const regroups = f.operator !== "−" && f.operator !== "/";
  return f.operands.map((operand, position) => {
    const first = position === 0;
    const associates = f.right === true ? !first : first || regroups;
    const binding = bindingOf(operand);
    const loose = associates ? binding < f.binds : binding <= f.binds;
    return { formula: operand, bracketed: loose || (!first && startsWithSign(operand)) };
  });
}

/** Behind an operator, what starts with a minus stands in parentheses. */
function startsWithSign(f: Formula): boolean {
  if (f.kind === "prefix") return f.operator === "−";
  if (f.kind === "number") return f.value < 0;
  if (f.kind === "struck") return startsWithSign(f.operand);
  return f.kind === "infix" && startsWithSign(f.operands[0]!) && !operandsOf(f)[0]!.bracketed;
}

/** Every part of a formula, itself first. */
export function partsOf(f: Formula): Formula[] {
  return [f, ...childrenOf(f).flatMap(partsOf)];
}

export function childrenOf(f: Formula): readonly Formula[] {
  switch (f.kind) {
    case "number":
    case "name":
      return [];
    case "read":
      return f.subscripts;
    case "infix":
    case "call":
      return f.operands;
    case "prefix":
    case "transposed":
    case "struck":
      return [f.operand];
    case "choice":
      return [f.condition, f.chosen, f.otherwise];
    case "bracket":
      return [f.condition];
    case "reduce":
      return [...f.where, f.body];
    case "floor":
      return [f.value];
    case "derivative":
      return [f.of, f.by];
  }
}

/** The names of the tensors that a formula reads, in order of appearance. */
export function refsOf(f: Formula): Ref[] {
  return [...new Set(partsOf(f).flatMap((p) => (p.kind === "read" ? [p.ref] : [])))];
}
