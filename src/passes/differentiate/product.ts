/** Products in textbook order: numbers first, then each factor where the output index that it carries stands. */
import type { Builder } from "../../ir/builder.ts";
import { freeIndices } from "../../ir/rewrite.ts";
import type { Expr, Index } from "../../ir/types.ts";

interface Factors {
  coefficient: number;
  readonly numerators: Expr[];
  readonly denominators: Expr[];
}

/**
 * upstream · partial, as one product whose factors are ordered by the first of `outputs` that they depend on. Only the
 * order changes: quotients inside factors stay as they are, since regrouping them could overflow.
 */
export function orderedProduct(b: Builder, values: readonly Expr[], outputs: readonly Index[]): Expr {
  const factors: Factors = { coefficient: 1, numerators: [], denominators: [] };
  for (const value of values) collect(value, factors, true);
  const position = (e: Expr): number => {
    const free = freeIndices(e);
    const first = outputs.findIndex((i) => free.has(i));
    return first < 0 ? outputs.length : first;
  };
  const ordered = factors.numerators
    .map((e) => ({ e, position: position(e) }))
    .sort((x, y) => x.position - y.position)
    .map(({ e }) => e);
  const sign = factors.coefficient < 0 ? -1 : 1;
  const numerator = ordered.reduce((product, e) => b.mul(product, e), b.number(sign * factors.coefficient));
  const quotient = factors.denominators.reduce((q, e) => b.div(q, e), numerator);
  return sign < 0 ? b.neg(quotient) : quotient;
}

function collect(e: Expr, into: Factors, outermost: boolean): void {
  if (e.kind === "constant") {
    into.coefficient *= e.value;
  } else if (e.kind === "apply" && e.atom === "neg") {
    into.coefficient = -into.coefficient;
    collect(e.args[0]!, into, outermost);
  } else if (e.kind === "apply" && e.atom === "mul") {
    for (const argument of e.args) collect(argument, into, outermost);
  } else if (outermost && e.kind === "apply" && e.atom === "div") {
    collect(e.args[0]!, into, false);
    into.denominators.push(e.args[1]!);
  } else {
    into.numerators.push(e);
  }
}
