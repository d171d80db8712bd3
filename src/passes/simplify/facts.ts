import type { Builder } from "../../ir/builder.ts";
import type { Apply, Condition, Expr } from "../../ir/types.ts";

/** Numbers between two ends; an open end does not belong to it. */
interface Interval {
  readonly low: number;
  readonly high: number;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
}

/** A comparison: a quantity, by a key that equal quantities share, lies in an interval. */
interface Comparison {
  readonly key: string;
  readonly interval: Interval;
  readonly integer: boolean;
}

/** What is known of a quantity: where it lies unless it is NaN, and whether it is known not to be. */
interface Known {
  readonly interval: Interval;
  readonly real: boolean;
}

const everything: Interval = { low: -Infinity, high: Infinity, lowOpen: false, highOpen: false };

/**
 * Comparisons that are known to hold, or not to hold, where an expression stands, and what follows from them: from
 * x < −3 follows x < 3. What is said of NaN is exact: from ¬(x < 3) follows ¬(x < −3), but not 3 ≤ x.
 */
export class Facts {
  private readonly decided: ReadonlyMap<Expr, boolean>;
  private readonly known: ReadonlyMap<string, Known>;

  constructor(
    decided: ReadonlyMap<Expr, boolean> = new Map(),
    known: ReadonlyMap<string, Known> = new Map(),
  ) {
    this.decided = decided;
    this.known = known;
  }

  /** These facts, and that a condition holds or does not. */
  with(condition: Expr, holds: boolean, b: Builder): Facts {
    const decided = new Map(this.decided).set(condition, holds).set(b.apply("not", [condition]), !holds);
    const comparison = comparisonOf(condition);
    if (!comparison) return new Facts(decided, this.known);
    const { key, interval, integer } = comparison;
    const before = this.known.get(key) ?? { interval: everything, real: integer };
    const learned = holds ? interval : outside(interval);
    const after = {
      interval: wholeEnds(intersection(before.interval, learned), integer),
      real: before.real || holds,
    };
    return new Facts(decided, new Map(this.known).set(key, after));
  }

  /** Whether a condition holds, where that is known. */
  decide(condition: Expr): boolean | undefined {
    const decided = this.decided.get(condition);
    if (decided !== undefined) return decided;
    const comparison = comparisonOf(condition);
    const known = comparison && this.known.get(comparison.key);
    if (!known) return undefined;
    if (isEmpty(intersection(known.interval, comparison.interval))) return false;
    return known.real && contains(comparison.interval, known.interval) ? true : undefined;
  }
}

function comparisonOf(e: Expr): Comparison | undefined {
  if (e.kind === "condition") return ofIntegers(e);
  return e.kind === "apply" && (e.atom === "lt" || e.atom === "le" || e.atom === "eq")
    ? ofNumbers(e)
    : undefined;
}

/** form ≥ 0 or form = 0, as a bound of what varies in the form. */
function ofIntegers({ relation, form }: Condition): Comparison {
  const sign = form.terms[0]!.factor > 0 ? 1 : -1;
  const key = form.terms.map((t) => `${t.factor * sign}·${t.atom.id}`).join(" + ");
  const bound = -sign * form.constant + 0;
  const low = relation === "zero" || sign > 0 ? bound : -Infinity;
  const high = relation === "zero" || sign < 0 ? bound : Infinity;
  return { key: `integer ${key}`, interval: { ...everything, low, high }, integer: true };
}

/** A comparison with a number bounds the other side; one of two expressions says on which side of 0 their order lies. */
function ofNumbers({ atom, args }: Apply): Comparison | undefined {
  const [x, y] = args as [Expr, Expr];
  if (x.type !== "f32") return undefined;
  const strict = atom === "lt";
  const below = (bound: number): Interval => ({ ...everything, high: bound, highOpen: strict });
  const above = (bound: number): Interval => ({ ...everything, low: bound, lowOpen: strict });
  const interval = (bound: number, flipped: boolean): Interval => {
    if (atom === "eq") return { ...everything, low: bound, high: bound };
    return flipped ? above(bound) : below(bound);
  };
  if ([x, y].some((side) => side.kind === "constant" && !Number.isFinite(side.value))) return undefined;
  if (y.kind === "constant") return { key: `${x.id}`, interval: interval(y.value, false), integer: false };
  if (x.kind === "constant") return { key: `${y.id}`, interval: interval(x.value, true), integer: false };
  const flipped = x.id > y.id;
  const key = flipped ? `${y.id} against ${x.id}` : `${x.id} against ${y.id}`;
  return { key, interval: interval(0, flipped), integer: false };
}

/** What is not in an interval, where that is one interval; else everything. */
function outside({ low, high, lowOpen, highOpen }: Interval): Interval {
  if (low === -Infinity) return { ...everything, low: high, lowOpen: !highOpen };
  return high === Infinity ? { ...everything, high: low, highOpen: !lowOpen } : everything;
}

function intersection(a: Interval, z: Interval): Interval {
  const [lower, upper] = [a.low >= z.low ? a : z, a.high <= z.high ? a : z];
  return {
    low: lower.low,
    high: upper.high,
    lowOpen: a.low === z.low ? a.lowOpen || z.lowOpen : lower.lowOpen,
    highOpen: a.high === z.high ? a.highOpen || z.highOpen : upper.highOpen,
  };
}

/** Ends that belong to it, where only integers do. */
function wholeEnds(i: Interval, integer: boolean): Interval {
  if (!integer) return i;
  const low = i.lowOpen ? i.low + 1 : i.low;
  const high = i.highOpen ? i.high - 1 : i.high;
  return { low, high, lowOpen: false, highOpen: false };
}

const isEmpty = (i: Interval): boolean => i.low > i.high || (i.low === i.high && (i.lowOpen || i.highOpen));

function contains(outer: Interval, inner: Interval): boolean {
  const low = outer.low < inner.low || (outer.low === inner.low && (!outer.lowOpen || inner.lowOpen));
  const high = outer.high > inner.high || (outer.high === inner.high && (!outer.highOpen || inner.highOpen));
  return low && high;
}

/** Conditions that may be asked in any order, so that they read 0 < x ∧ x < 1. */
export function lowerBoundsFirst(conditions: readonly Expr[]): Expr[] {
  const isLower = (c: Expr): boolean => c.kind === "apply" && c.args[0]!.kind === "constant";
  return [...conditions.filter(isLower), ...conditions.filter((c) => !isLower(c))];
}
