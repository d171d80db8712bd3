import type { Builder } from "../../ir/builder.ts";
import { simplifyConjunction } from "../../ir/intervals.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Expr } from "../../ir/types.ts";

/** The conjunctions among conditions taken apart. */
function conjuncts(conditions: readonly Expr[]): Expr[] {
  return conditions.flatMap((c) => (c.kind === "apply" && c.atom === "and" ? conjuncts(c.args) : [c]));
}

/**
 * Guards without those that always hold where the others do; null where they never hold together. What reads memory
 * comes last, because the other guards may be what keeps it in range.
 */
export function simplifyGuards(b: Builder, guards: readonly Expr[]): readonly Expr[] | null {
  const flat = conjuncts(guards).filter((g) => !(g.kind === "constant" && g.value === 1));
  const reading = flat.filter((g) => readsOf(g).length > 0);
  const kept = simplifyConjunction([...flat.filter((g) => !reading.includes(g)), ...reading], [], b);
  return kept.some((g) => g.kind === "constant") ? null : kept;
}
