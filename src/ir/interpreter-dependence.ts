import { children, visit } from "./rewrite.ts";
import type { Expr, Index, IntegerAtom } from "./types.ts";

/** The nodes whose value changes with an index that a reduction inside a body binds. */
export function dependentOnInnerIndices(roots: readonly Expr[]): Set<Expr | IntegerAtom> {
  const bound = new Set<Index>();
  visit(roots, (e) => {
    if (e.kind === "reduce") e.indices.forEach((i) => bound.add(i));
  });
  const dependent = new Set<Expr | IntegerAtom>();
  if (bound.size === 0) return dependent;
  const free = new Map<Expr | IntegerAtom, Set<Index>>();
  const join = (
    node: Expr | IntegerAtom,
    parts: readonly (Expr | IntegerAtom)[],
    without: readonly Index[],
  ): void => {
    const found = new Set<Index>(node.kind === "index" && bound.has(node) ? [node] : []);
    for (const part of parts) for (const i of free.get(part)!) found.add(i);
    for (const i of without) found.delete(i);
    free.set(node, found);
    if (found.size > 0) dependent.add(node);
  };
  visit(
    roots,
    (e) => {
      if (e.kind === "affine")
        join(
          e,
          e.terms.map((t) => t.atom),
          [],
        );
      else join(e, children(e), e.kind === "reduce" ? e.indices : []);
    },
    (a) => join(a, a.kind === "floor" || a.kind === "modulo" || a.kind === "opaque" ? [a.value] : [], []),
  );
  return dependent;
}

/** How many times each node is an operand, or a root. */
export function usesOf(roots: readonly Expr[]): Map<Expr | IntegerAtom, number> {
  const uses = new Map<Expr | IntegerAtom, number>();
  const use = (n: Expr | IntegerAtom): unknown => uses.set(n, (uses.get(n) ?? 0) + 1);
  roots.forEach(use);
  visit(
    roots,
    (e) => {
      children(e).forEach(use);
      if (e.kind === "affine") e.terms.forEach((t) => use(t.atom));
    },
    (a) => {
      if (a.kind === "floor" || a.kind === "modulo" || a.kind === "opaque") use(a.value);
    },
  );
  return uses;
}
