/** Proofs about integers under assumptions: the questions that passes ask. `intervals-prover.ts` says how. */
import type { Builder } from "./builder.ts";
import { Prover } from "./intervals-prover.ts";
import type { Affine, Expr } from "./types.ts";

export { Prover } from "./intervals-prover.ts";
export { simplifyConjunction, simplifyUnder } from "./intervals-simplify.ts";

/** Whether the condition follows from the assumptions. False means: not known to. */
export function prove(condition: Expr, assumptions: readonly Expr[], builder: Builder): boolean {
  return new Prover(builder, assumptions).prove(condition);
}

/** A number that the form is never below under the assumptions: −Infinity if none is known, Infinity if they conflict. */
export function lowerBound(form: Affine, assumptions: readonly Expr[], builder: Builder): number {
  return new Prover(builder, assumptions).lowerBound(form);
}
