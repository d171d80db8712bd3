/** Hoisted reductions back in their place, for readers: `z = Σ_k x·W + b` instead of two equations. */
import type { Builder } from "./builder.ts";
import { readsOf, rewriter } from "./rewrite.ts";
import type { Affine, Equation, Expr, Index, Statement, Tensor } from "./types.ts";

/**
 * The statements with every reduction that was hoisted out of one of them, and is read by no other of them, written
 * where it came from. For printing only: the bodies then hold reductions.
 */
export function reassemble(statements: readonly Statement[], b: Builder): Statement[] {
  const home = new Map<Tensor, Equation>();
  for (const s of statements) if (s.kind === "equation" && isHoisted(s)) home.set(s.tensor, s);
  for (const t of home.keys()) {
    const readers = statements.filter((s) => s.kind === "equation" && reads(s, t));
    if (readers.length !== 1) home.delete(t);
  }
  if (home.size === 0) return [...statements];
  const back = rewriter(b, {
    node: (e) => {
      const equation = e.kind === "read" ? home.get(e.tensor) : undefined;
      return equation && e.kind === "read" ? reductionAt(equation, e.subscripts, b, back) : undefined;
    },
  });
  return statements.flatMap((s): Statement[] => {
    if (s.kind !== "equation") return [s];
    return home.has(s.tensor) ? [] : [b.equation({ ...s, where: s.where.map(back), body: back(s.body) })];
  });
}

const isHoisted = (e: Equation): boolean =>
  e.tensor.hoistedFrom !== undefined && !e.accumulate && e.reducer !== null;

const reads = (s: Equation, t: Tensor): boolean => readsOf(...s.where, s.body).some((r) => r.tensor === t);

/** The reduction that an equation computes, at given subscripts, over loops of its own. */
function reductionAt(e: Equation, subscripts: readonly Affine[], b: Builder, inner: (e: Expr) => Expr): Expr {
  const fresh = e.reduced.map((i) => b.index(i.name, i.extent));
  const values = new Map<Index, Affine>(e.reduced.map((i, k) => [i, b.of(fresh[k]!)]));
  e.target.forEach((t, d) => {
    const atom = t.terms[0]?.atom;
    if (atom?.kind === "index") values.set(atom, subscripts[d]!);
  });
  const at = rewriter(b, { atom: (a) => (a.kind === "index" ? values.get(a) : undefined) });
  return b.reduce(
    e.reducer!,
    fresh,
    e.where.map((w) => inner(at(w))),
    inner(at(e.body)),
  );
}
