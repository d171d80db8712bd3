/** Undoes splits that turned out not to be needed: two loops that only ever stand as s·q + r are one loop. */
import type { Builder } from "../../ir/builder.ts";
import { rewriter, visit } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, IntegerAtom } from "../../ir/types.ts";

/** What may mention the loops of a contribution. */
interface Mentions {
  readonly reduced: readonly Index[];
  readonly where: readonly Expr[];
  readonly body: Expr;
  /** The loops of the forward equation in terms of the new ones. */
  readonly values: ReadonlyMap<Index, Affine>;
}

export function joinDigits(b: Builder, m: Mentions): Mentions {
  if (m.reduced.length < 2) return m;
  const factors = factorsOf([m.body, ...m.where]);
  for (const r of m.reduced) {
    const scale = b.constantOf(r.extent);
    if (!factors.some((f) => f.has(r))) continue;
    const q = m.reduced.find(
      (i) => i !== r && factors.every((f) => (f.get(i) ?? 0) === (scale ?? NaN) * (f.get(r) ?? 0)),
    );
    if (q && scale !== undefined) return joinDigits(b, join(b, m, q, r, scale));
  }
  return m;
}

/** With which factors the loops stand in each affine form. */
function factorsOf(roots: readonly Expr[]): ReadonlyMap<IntegerAtom, number>[] {
  const found: Map<IntegerAtom, number>[] = [];
  visit(roots, (e) => {
    if (e.kind === "affine") found.push(new Map(e.terms.map((t) => [t.atom, t.factor])));
  });
  return found;
}

function join(b: Builder, m: Mentions, q: Index, r: Index, scale: number): Mentions {
  const whole = b.index(q.name, b.times(q.extent, scale));
  const digit = b.minus(whole, b.times(q, scale));
  const within = rewriter(b, { atom: (a) => (a === r ? digit : undefined) });
  return {
    reduced: m.reduced.flatMap((i) => (i === q ? [whole] : i === r ? [] : [i])),
    where: m.where.map(within),
    body: within(m.body),
    values: new Map([...m.values].map(([i, v]) => [i, within(v) as Affine] as const)),
  };
}
