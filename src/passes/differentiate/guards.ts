import type { Builder } from "../../ir/builder.ts";
import { Prover, simplifyConjunction } from "../../ir/intervals.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Expr } from "../../ir/types.ts";

/** The conjunctions among conditions taken apart. */
function conjuncts(conditions: readonly Expr[]): Expr[] {
  return conditions.flatMap((c) => (c.kind === "apply" && c.atom === "and" ? conjuncts(c.args) : [c]));
}

/**
 * Guards without those that always hold where the ones before them do; null where they never hold together. What reads
 * memory comes last, and no other guard is dropped because of it: the others may be what keeps the read in range.
 */
export function simplifyGuards(b: Builder, guards: readonly Expr[]): readonly Expr[] | null {
  const flat = conjuncts(guards);
  const reading = new Set(flat.filter((g) => readsOf(g).length > 0));
  const kept = [
    ...simplifyConjunction(
      flat.filter((g) => !reading.has(g)),
      [],
      b,
    ),
  ];
  for (const guard of reading) {
    const prover = new Prover(b, kept);
    if (prover.refute(guard)) return null;
    if (!prover.prove(guard)) kept.push(guard);
  }
  return kept.some((g) => g.kind === "constant") ? null : kept;
}
