/** Precedence, in one table. Higher binds tighter. The pipe binds loosest of all and is in the grammar. */
import type { BinaryOperator } from "./syntax.ts";

interface Binary {
  readonly precedence: number;
  readonly associativity: "left" | "right" | "none";
}

const left = (precedence: number): Binary => ({ precedence, associativity: "left" });
const right = (precedence: number): Binary => ({ precedence, associativity: "right" });
const none = (precedence: number): Binary => ({ precedence, associativity: "none" });

export const binaryOperators: { readonly [O in BinaryOperator]: Binary } = {
  or: left(1),
  and: left(2),
  "==": none(4),
  "!=": none(4),
  "<": none(4),
  "<=": none(4),
  ">": none(4),
  ">=": none(4),
  "+": left(5),
  "-": left(5),
  "*": left(7),
  "/": left(7),
  "@": left(7),
  div: left(7),
  mod: left(7),
  "^": right(9),
};

/**
 * What stands before its operand, and how far it reaches: it takes in every operator that binds tighter. So `not`
 * takes a comparison, a reducer the product after it, `-` a power, and the `else` of an `if` all but a pipe.
 */
export const prefixPrecedence = { if: 0, not: 3, reduce: 6, "-": 8 } as const;

export function isBinaryOperator(text: string): text is BinaryOperator {
  return Object.hasOwn(binaryOperators, text);
}
