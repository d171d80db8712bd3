/** The part of an equation that one cell of what it reads has a say in: all that a shift of the cell can change. */
import type { Builder } from "../ir/builder.ts";
import type { Environment } from "../ir/interpreter.ts";
import { evaluateAffine, extentsOf } from "../ir/interpreter.ts";
import { expressionsOf, readsOf, rewriter } from "../ir/rewrite.ts";
import type { Affine, Equation, Index, Read, Statement, Tensor } from "../ir/types.ts";

/**
 * The statement with the loops fixed that say in which dimension of `read` the cell lies. Other cells of its target stay
 * 0 and other terms of its sums are left out, so that only differences of its values mean something.
 */
export function readingCell(
  b: Builder,
  s: Statement,
  read: Tensor,
  cell: number,
  { dims }: Environment,
): Statement {
  if (s.kind !== "equation") return s;
  const reads = readsOf(...expressionsOf(s)).filter((r) => r.tensor === read);
  const fixed = new Map<Index, Affine>();
  let rest = cell;
  for (const [d, extent] of [...extentsOf(read, dims).entries()].reverse()) {
    const index = loopAt(s, reads, d);
    const position = rest % extent;
    // A loop over a part of the dimension may not get there.
    if (index && !fixed.has(index) && position < evaluateAffine(index.extent, dims))
      fixed.set(index, b.integer(position));
    rest = Math.floor(rest / extent);
  }
  if (fixed.size === 0) return s;
  const change = rewriter(b, { atom: (a) => (a.kind === "index" ? fixed.get(a) : undefined) });
  const others = (loops: readonly Index[]): Index[] => loops.filter((i) => !fixed.has(i));
  return b.equation({
    ...s,
    indices: others(s.indices),
    reduced: others(s.reduced),
    target: s.target.map((t) => change(t) as Affine),
    where: s.where.map(change),
    body: change(s.body),
  });
}

/** The loop that every read has alone in dimension `d`, if its terms are independent of each other. */
function loopAt(e: Equation, [first, ...more]: readonly Read[], d: number): Index | undefined {
  const subscript = first?.subscripts[d];
  const [term, second] = subscript?.terms ?? [];
  if (!subscript || !term || second || term.factor !== 1 || subscript.constant !== 0) return undefined;
  const { atom } = term;
  if (atom.kind !== "index" || more.some((r) => r.subscripts[d] !== subscript)) return undefined;
  return e.indices.includes(atom) || (e.reducer === "sum" && e.reduced.includes(atom)) ? atom : undefined;
}
