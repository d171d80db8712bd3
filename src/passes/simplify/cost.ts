import { countOf } from "../../ir/affine.ts";
import { atoms } from "../../ir/atoms.ts";
import { children, freeIndices, visit } from "../../ir/rewrite.ts";
import type { Equation, Expr, Index } from "../../ir/types.ts";

/** A power by squaring: the cost of x^n for a small constant n. */
function costOfPower(e: Expr): number | undefined {
  const exponent = e.kind === "apply" && e.atom === "pow" ? e.args[1]! : undefined;
  if (exponent?.kind !== "constant") return undefined;
  const n = exponent.value;
  return Number.isInteger(n) && n > 0 && n <= 8 ? Math.ceil(Math.log2(n)) : undefined;
}

function costOfNode(e: Expr): number {
  if (e.kind === "read") return 1;
  if (e.kind === "apply") return costOfPower(e) ?? atoms[e.atom].cost;
  return e.kind === "condition" ? 1 : 0;
}

/** How long a formula is to read: its reads and applications, each once. */
export function lengthOf(e: Expr): number {
  let total = 0;
  visit(
    [e],
    (node) => (total += node.kind === "read" || node.kind === "apply" || node.kind === "condition" ? 1 : 0),
  );
  return total;
}

/** What evaluating an expression once costs, in additions; what occurs twice is computed once. */
export function costOfExpr(e: Expr): number {
  let total = 0;
  visit([e], (node) => (total += costOfNode(node)));
  return total;
}

/** What an equation costs, stores included. */
export function costOfEquation(e: Equation, body = costOfBody(e)): number {
  const loops = countOf(e.indices);
  return loops * (e.accumulate ? 2 : 1) + (e.reducer === null ? 0 : loops * countOf(e.reduced)) + body;
}

/**
 * What evaluating an equation costs. Without a reduction, what does not depend on a loop is computed outside of
 * it, and a division by such a value is a multiplication; inside a reduction everything is repeated, unless it
 * depends on no loop at all.
 */
export function costOfBody(e: Equation): number {
  const loops = [...e.indices, ...e.reduced];
  const all = countOf(loops);
  const free = memoisedIndices();
  const counts = new Map<ReadonlySet<Index>, number>();
  const repeats = (x: Expr): number => {
    const depends = free(x);
    if (e.reducer !== null) return depends.size === 0 ? 1 : all;
    const count = counts.get(depends) ?? countOf(depends);
    counts.set(depends, count);
    return count;
  };
  let total = 0;
  visit([...e.where, e.body], (node) => {
    const divisor = node.kind === "apply" && node.atom === "div" ? node.args[1]! : undefined;
    if (divisor && repeats(divisor) < repeats(node)) {
      total += atoms.mul.cost * repeats(node) + atoms.div.cost * repeats(divisor);
    } else total += costOfNode(node) * repeats(node);
  });
  return total;
}

function memoisedIndices(): (e: Expr) => ReadonlySet<Index> {
  const memo = new Map<Expr, ReadonlySet<Index>>();
  const walk = (e: Expr): ReadonlySet<Index> => {
    const known = memo.get(e);
    if (known) return known;
    const found = e.kind === "affine" ? freeIndices(e) : union(children(e).map(walk));
    memo.set(e, found);
    return found;
  };
  return walk;
}

/** Most expressions depend on what one of their parts depends on: that set is shared. */
function union(sets: readonly ReadonlySet<Index>[]): ReadonlySet<Index> {
  const [first = none, ...others] = sets.filter((s) => s.size > 0);
  if (others.every((s) => s === first || [...s].every((i) => first.has(i)))) return first;
  return new Set([first, ...others].flatMap((s) => [...s]));
}

const none: ReadonlySet<Index> = new Set();
