/** Operators between two operands, with the parentheses that WGSL asks for and those that help a reader. */
import { precedence } from "../../ir/atoms.ts";
import type { Code } from "../integers.ts";
import { within } from "../integers.ts";

export function joined(a: Code, operator: string, b: Code, own: number): Code {
  const isLogic = own < precedence.compare;
  const chains = isLogic ? a.operator === operator : own !== precedence.compare;
  // `a * b / c` is clearer as `(a * b) / c`; `a && b || c` is an error.
  const isMixed = own === precedence.mul && a.precedence === own && a.operator !== operator;
  const least = isLogic && !chains ? precedence.compare : chains && !isMixed ? own : own + 1;
  const right = within(b, isLogic ? precedence.compare : own + 1);
  return { text: `${within(a, least)} ${operator} ${right}`, precedence: own, operator };
}

/** `(a) & (b)`, of truth values in vectors: `&&` is for single ones. Its operands, and what it is one of, stand in parentheses. */
export function joinedInLanes(a: Code, operator: "&" | "|", b: Code): Code {
  const [left, right] = [a, b].map((code) => within(code, precedence.prefix));
  return { text: `${left} ${operator} ${right}`, precedence: precedence.select };
}
