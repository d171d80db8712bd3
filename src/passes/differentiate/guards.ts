import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { Prover, simplifyConjunction } from "../../ir/intervals.ts";
import { conjuncts, readsOf } from "../../ir/rewrite.ts";
import type { Affine, Expr, Read, Tensor } from "../../ir/types.ts";
import { plainIndex } from "./names.ts";

/**
 * Guards without those that always hold where the ones before them do; null where they never hold together. What reads
 * memory comes last, and no other guard is dropped because of it: the others may be what keeps the read in range.
 */
export function simplifyGuards(b: Builder, guards: readonly Expr[]): readonly Expr[] | null {
  const flat = guards.flatMap(conjuncts);
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

/**
 * The guards, and what must be said besides so that the left side and every read of the body that no `select` protects
 * are seen to be in range: substitution can make a range that was plain too hard to prove.
 */
export function withRangesOf(
  b: Builder,
  guards: readonly Expr[],
  places: readonly { readonly tensor: Tensor; readonly subscripts: readonly Affine[] }[],
): readonly Expr[] {
  const all = [...guards];
  let prover = new Prover(b, all);
  for (const { tensor, subscripts } of places) {
    for (const [d, form] of subscripts.entries()) {
      // The index of a loop over the whole dimension is in range.
      if (plainIndex(form)?.extent === tensor.shape[d]) continue;
      const inRange = [b.nonnegative(form), b.nonnegative(b.minus(b.minus(tensor.shape[d]!, form), 1))];
      for (const guard of inRange) {
        if (prover.prove(guard)) continue;
        all.push(guard);
        prover = prover.under(guard);
      }
    }
  }
  return all;
}

/** The reads that are evaluated whenever the expression is. */
export function unprotectedReads(root: Expr): Read[] {
  const reads: Read[] = [];
  const seen = new Set<Expr>();
  const walk = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === "read") reads.push(e);
    if (e.kind !== "apply") return;
    const isLazy = atoms[e.atom].lazy !== undefined;
    (isLazy ? e.args.slice(0, 1) : e.args).forEach(walk);
  };
  walk(root);
  return reads;
}
