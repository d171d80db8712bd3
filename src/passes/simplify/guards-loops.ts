import type { Builder } from "../../ir/builder.ts";
import { prove } from "../../ir/intervals.ts";
import { freeIndices, readsOf, rewriter, substitute } from "../../ir/rewrite.ts";
import type { Affine, Condition, Equation, Expr, Index } from "../../ir/types.ts";
import { isPersistent } from "../../ir/dependences.ts";

/**
 * The value that an equation `form = 0` gives an index: its coefficient is ±1 and it does not recur inside ⌊⌋, mod
 * or a read.
 */
function solveFor(form: Affine, index: Index, b: Builder): Affine | undefined {
  const term = form.terms.find((t) => t.atom === index);
  if (!term || Math.abs(term.factor) !== 1) return undefined;
  const rest = b.minus(form, b.times(index, term.factor));
  return freeIndices(rest).has(index) ? undefined : b.times(rest, -term.factor);
}

/** Σ_{r : r = e} x = x with e for r: the loop goes, and what is left to ask is whether e is in its range. */
export function removeEqualities(e: Equation, b: Builder): Equation {
  if (e.reducer !== "sum") return e;
  for (const condition of e.where) {
    if (condition.kind !== "condition" || condition.relation !== "zero") continue;
    for (const r of e.reduced) {
      const value = solveFor(condition.form, r, b);
      const next = value && withoutLoop(e, condition, r, value, b);
      if (next) return next;
    }
  }
  return e;
}

function withoutLoop(
  e: Equation,
  condition: Condition,
  r: Index,
  value: Affine,
  b: Builder,
): Equation | undefined {
  const values = new Map([[r, value]]);
  const inRange = [b.nonnegative(value), b.less(value, b.toAffine(r.extent))];
  const others = e.where.filter((w) => w !== condition).map((w) => substitute(b, w, values));
  const where = [...inRange.filter((w) => !prove(w, [], b)), ...others];
  const reduced = e.reduced.filter((other) => other !== r);
  // Without a reduction a false guard stores nothing: right for cells that start at 0.
  if (reduced.length === 0 && where.length > 0 && isPersistent(e.tensor) && !e.accumulate) return undefined;
  const reducer = reduced.length === 0 ? null : e.reducer;
  return b.equation({ ...e, where, reduced, reducer, body: substitute(b, e.body, values) });
}

/** A reduction over one value is that value. */
export function removeSingleLoops(e: Equation, b: Builder): Equation {
  const single = e.reduced.filter((r) => b.constantOf(r.extent) === 1);
  if (single.length === 0 || e.reducer === "argmax" || e.reducer === "argmin") return e;
  const reduced = e.reduced.filter((r) => !single.includes(r));
  // Without a reduction a false guard gives 0: that is an empty sum, and no other.
  if (reduced.length === 0 && e.where.length > 0 && (e.reducer !== "sum" || isPersistent(e.tensor))) return e;
  const values = new Map(single.map((r) => [r, b.integer(0)]));
  const where = e.where.map((w) => substitute(b, w, values));
  const reducer = reduced.length === 0 ? null : e.reducer;
  return b.equation({ ...e, where, reduced, reducer, body: substitute(b, e.body, values) });
}

/**
 * Where an extent is 1, the only place has two names: 0, and the equation's own index of that extent. The index is
 * preferred, so that `dp[b, j] = p[b, j] − …` reads the cell it stands for, and its loops are those of its neighbours.
 */
export function nameOnlyPlaces(e: Equation, b: Builder): Equation {
  const own = e.indices.filter((i) => b.constantOf(i.extent) === 1);
  if (own.length === 0) return e;
  const nameOf = (d: number): Index => own.find((i) => e.target[d] === b.of(i)) ?? own[0]!;
  const isOnly = (place: Affine): boolean => place === b.integer(0) || own.some((i) => place === b.of(i));
  const named = rewriter(b, {
    after: (x) => {
      if (x.kind !== "read") return x;
      const only = (d: number): boolean => b.constantOf(x.tensor.shape[d]!) === 1 && isOnly(x.subscripts[d]!);
      return b.read(
        x.tensor,
        x.subscripts.map((place, d) => (only(d) ? nameOf(d) : place)),
      );
    },
  });
  const where = e.where.map(named);
  const body = named(e.body);
  const same = body === e.body && where.every((w, k) => w === e.where[k]);
  return same ? e : b.equation({ ...e, where, body });
}

/** A bound of one reduction index by a closed form becomes the loop's extent, or its start. */
export function tightenExtents(e: Equation, b: Builder): Equation {
  if (e.reducer === null || e.reducer === "argmax" || e.reducer === "argmin") return e;
  for (const condition of e.where) {
    const form = boundOf(condition, b);
    const next = form && tightened(e, condition, form, b);
    if (next) return next;
  }
  return e;
}

/** The form that a condition asks to be at least 0. What must not be 0 is a bound too at the end of its range. */
function boundOf(condition: Expr, b: Builder): Affine | undefined {
  if (condition.kind === "condition") {
    return condition.relation === "nonnegative" ? condition.form : undefined;
  }
  const [negated] = condition.kind === "apply" && condition.atom === "not" ? condition.args : [];
  if (negated?.kind !== "condition" || negated.relation !== "zero") return undefined;
  const ends = [negated.form, b.times(negated.form, -1)];
  const above = ends.find((form) => prove(b.nonnegative(form), [], b));
  return above && b.minus(above, 1);
}

function tightened(e: Equation, condition: Expr, form: Affine, b: Builder): Equation | undefined {
  const [index, ...more] = freeIndices(form);
  if (!index || more.length > 0 || !e.reduced.includes(index) || readsOf(form).length > 0) return undefined;
  const term = form.terms.find((t) => t.atom === index);
  if (!term || Math.abs(term.factor) !== 1) return undefined;
  const bound = b.minus(form, b.times(index, term.factor));
  if (freeIndices(bound).size > 0) return undefined;
  const start = term.factor > 0 ? b.times(bound, -1) : b.integer(0);
  const end = term.factor > 0 ? index.extent : b.plus(bound, 1);
  const extent = b.minus(end, start);
  const fits = [b.nonnegative(start), b.nonnegative(extent), b.nonnegative(b.minus(index.extent, end))];
  if (!fits.every((w) => prove(w, [], b))) return undefined;
  const fresh = b.index(index.name, extent);
  const values = new Map([[index, b.plus(fresh, start)]]);
  const replace = (x: Expr): Expr => substitute(b, x, values);
  return b.equation({
    ...e,
    reduced: e.reduced.map((r) => (r === index ? fresh : r)),
    where: e.where.filter((w) => w !== condition).map(replace),
    body: replace(e.body),
  });
}

/** Where j = label[b], the body may say j for label[b]: then p[b, label[b]] is p[b, j]. */
export function readIndices(e: Equation, b: Builder): Equation {
  let body = e.body;
  for (const condition of e.where) {
    if (condition.kind !== "condition" || condition.relation !== "zero") continue;
    const { form } = condition;
    const read = form.terms.find((t) => Math.abs(t.factor) === 1 && t.atom.kind === "opaque");
    if (!read) continue;
    const value = b.times(b.minus(form, b.times(read.atom, read.factor)), -read.factor);
    const [only] = value.terms;
    if (value.constant !== 0 || value.terms.length !== 1 || only!.factor !== 1) continue;
    if (only!.atom.kind !== "index") continue;
    body = rewriter(b, { atom: (a) => (a === read.atom ? value : undefined) })(body);
  }
  return body === e.body ? e : b.equation({ ...e, body });
}
