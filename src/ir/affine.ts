/**
 * Arithmetic of integers in affine normal form. The four identities that keep every later pass short:
 * coefficients inside ⌊·/c⌋ and `mod c` are reduced modulo c; c·⌊e/c⌋ + e mod c = e; a common factor of a division
 * is cancelled; a division whose value fits one interval collapses.
 */
import type { AtomName } from "./atoms.ts";
import type { Affine, Index, IntegerAtom, Opaque, Term } from "./types.ts";

/** Inclusive bounds; ±Infinity where nothing is known. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const unbounded: Range = { low: -Infinity, high: Infinity };

/** What affine arithmetic needs of a builder: interning. */
export interface IntegerInterner {
  affine(constant: number, terms: readonly Term[]): Affine;
  floorAtom(value: Affine, divisor: number): IntegerAtom;
  moduloAtom(value: Affine, divisor: number): IntegerAtom;
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return Math.abs(a);
}

const floorMod = (a: number, c: number): number => a - c * Math.floor(a / c);

export function addAffine(intern: IntegerInterner, a: Affine, b: Affine): Affine {
  if (a.terms.length === 0 && a.constant === 0) return b;
  if (b.terms.length === 0) return b.constant === 0 ? a : intern.affine(a.constant + b.constant, a.terms);
  return combine(intern, a.constant + b.constant, [...a.terms, ...b.terms]);
}

export function scaleAffine(intern: IntegerInterner, a: Affine, factor: number): Affine {
  if (factor === 0) return intern.affine(0, []);
  if (factor === 1) return a;
  return intern.affine(
    a.constant * factor,
    a.terms.map((t) => ({ factor: t.factor * factor, atom: t.atom })),
  );
}

/** Collects equal atoms, drops zeros, orders by id, and applies c·⌊e/c⌋ + e mod c = e until nothing changes. */
function combine(intern: IntegerInterner, constant: number, terms: readonly Term[]): Affine {
  const factors = new Map<IntegerAtom, number>();
  for (const { factor, atom } of terms) factors.set(atom, (factors.get(atom) ?? 0) + factor);
  for (const [atom, factor] of factors) {
    if (factor === 0 || atom.kind !== "modulo") continue;
    const quotient = singleAtom(floorDivide(intern, atom.value, atom.divisor));
    if (!quotient || factors.get(quotient) !== factor * atom.divisor) continue;
    const rest = [...factors]
      .filter(([a]) => a !== atom && a !== quotient)
      .map(([a, f]) => ({ factor: f, atom: a }));
    const whole = scaleAffine(intern, atom.value, factor);
    return combine(intern, constant + whole.constant, [...rest, ...whole.terms]);
  }
  const kept = [...factors].filter(([, factor]) => factor !== 0).map(([atom, factor]) => ({ factor, atom }));
  return intern.affine(
    constant,
    kept.sort((a, b) => a.atom.id - b.atom.id),
  );
}

/** The atom that a form consists of, or undefined. */
function singleAtom(form: Affine): IntegerAtom | undefined {
  const [term, more] = form.terms;
  return form.constant === 0 && term?.factor === 1 && !more ? term.atom : undefined;
}

/** ⌊value / divisor⌋ in normal form. */
export function floorDivide(intern: IntegerInterner, value: Affine, divisor: number): Affine {
  if (divisor === 1) return value;
  const [whole, rest] = split(intern, value, divisor);
  return addAffine(intern, whole, floorOfReduced(intern, rest, divisor));
}

/** value mod divisor in normal form. */
export function modulo(intern: IntegerInterner, value: Affine, divisor: number): Affine {
  if (divisor === 1) return intern.affine(0, []);
  const [, rest] = split(intern, value, divisor);
  const range = rangeOf(rest);
  const quotient = Math.floor(range.low / divisor);
  if (quotient === Math.floor(range.high / divisor)) {
    return addAffine(intern, rest, intern.affine(-quotient * divisor, []));
  }
  const g = commonFactor(rest, divisor);
  if (g > 1) {
    const inner = modulo(intern, shrink(intern, rest, g), divisor / g);
    return addAffine(intern, scaleAffine(intern, inner, g), intern.affine(floorMod(rest.constant, g), []));
  }
  const only = singleAtom(rest);
  if (only?.kind === "modulo" && only.divisor % divisor === 0) return modulo(intern, only.value, divisor);
  return intern.affine(0, [{ factor: 1, atom: intern.moduloAtom(rest, divisor) }]);
}

function floorOfReduced(intern: IntegerInterner, rest: Affine, divisor: number): Affine {
  const range = rangeOf(rest);
  const quotient = Math.floor(range.low / divisor);
  if (quotient === Math.floor(range.high / divisor)) return intern.affine(quotient, []);
  const g = commonFactor(rest, divisor);
  if (g > 1) return floorDivide(intern, shrink(intern, rest, g), divisor / g);
  // ⌊(⌊e/a⌋ + n)/c⌋ = ⌊(e + a·n)/(a·c)⌋
  const only = singleAtom(intern.affine(0, rest.terms));
  if (only?.kind === "floor") {
    const inner = addAffine(intern, only.value, intern.affine(only.divisor * rest.constant, []));
    return floorDivide(intern, inner, only.divisor * divisor);
  }
  return intern.affine(0, [{ factor: 1, atom: intern.floorAtom(rest, divisor) }]);
}

/** value = divisor·whole + rest, with every coefficient and the constant of `rest` in 0 … divisor − 1. */
function split(intern: IntegerInterner, value: Affine, divisor: number): [whole: Affine, rest: Affine] {
  const part = (f: (x: number) => number): Affine =>
    intern.affine(
      f(value.constant),
      value.terms.map((t) => ({ factor: f(t.factor), atom: t.atom })).filter((t) => t.factor !== 0),
    );
  const whole = part((x) => Math.floor(x / divisor));
  const rest = part((x) => floorMod(x, divisor));
  // Smaller coefficients may leave c·⌊e/c⌋ + e mod c, which is e.
  const normal = combine(intern, rest.constant, rest.terms);
  if (normal === rest) return [whole, rest];
  const [more, last] = split(intern, normal, divisor);
  return [addAffine(intern, whole, more), last];
}

/** The largest factor of `divisor` that divides every coefficient (the constant's remainder is dropped by ⌊·⌋). */
function commonFactor(rest: Affine, divisor: number): number {
  return rest.terms.reduce((g, t) => greatestCommonDivisor(g, t.factor), divisor);
}

function shrink(intern: IntegerInterner, rest: Affine, g: number): Affine {
  return intern.affine(
    Math.floor(rest.constant / g),
    rest.terms.map((t) => ({ factor: t.factor / g, atom: t.atom })),
  );
}

/** Bounds by plain interval arithmetic, each atom on its own. `intervals.ts` proves more. */
export function rangeOf(value: Affine): Range {
  return rangeOfForm(value, new Map());
}

export function rangeOfAtom(atom: IntegerAtom): Range {
  return rangeWithin(atom, new Map());
}

/** What was found for the atoms of one question: they are shared, and nested. */
type Found = Map<IntegerAtom, Range>;

function rangeOfForm(value: Affine, found: Found): Range {
  let low = value.constant;
  let high = value.constant;
  for (const { factor, atom } of value.terms) {
    const range = rangeWithin(atom, found);
    low += factor > 0 ? factor * range.low : factor * range.high;
    high += factor > 0 ? factor * range.high : factor * range.low;
  }
  return { low, high };
}

function rangeWithin(atom: IntegerAtom, found: Found): Range {
  const known = found.get(atom);
  if (known) return known;
  const range = findRange(atom, found);
  found.set(atom, range);
  return range;
}

function findRange(atom: IntegerAtom, found: Found): Range {
  switch (atom.kind) {
    case "index":
      return { low: 0, high: rangeOfForm(atom.extent, found).high - 1 };
    case "dim":
      return { low: atom.minimum, high: atom.maximum };
    case "floor": {
      const range = rangeOfForm(atom.value, found);
      return { low: Math.floor(range.low / atom.divisor), high: Math.floor(range.high / atom.divisor) };
    }
    case "modulo":
      return { low: 0, high: atom.divisor - 1 };
    case "opaque":
      return rangeOfOpaque(atom.value, found);
  }
}

function rangeOfOpaque(value: Opaque["value"], found: Found): Range {
  if (value.kind === "read" && value.tensor.below) {
    return { low: 0, high: rangeOfForm(value.tensor.below, found).high - 1 };
  }
  if (value.kind === "reduce" && (value.reducer === "argmax" || value.reducer === "argmin")) {
    return { low: 0, high: value.indices.reduce((n, i) => n * rangeOfForm(i.extent, found).high, 1) - 1 };
  }
  if (value.kind !== "apply") return unbounded;
  const ranges = value.args.map((a) => (a.kind === "affine" ? rangeOfForm(a, found) : unbounded));
  return integerRanges[value.atom]?.(ranges as [Range, Range, Range]) ?? unbounded;
}

/** What is known of integers that are not affine; of the others nothing is. */
const integerRanges: Partial<Record<AtomName, (args: [Range, Range, Range]) => Range>> = {
  // The integer of a truth value.
  cast: () => ({ low: 0, high: 1 }),
  mul: ([x, y]) => {
    // 0·∞ is 0: the integers themselves are finite.
    const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
    const corners = [times(x.low, y.low), times(x.low, y.high), times(x.high, y.low), times(x.high, y.high)];
    return { low: Math.min(...corners), high: Math.max(...corners) };
  },
  select: ([, x, y]) => ({ low: Math.min(x.low, y.low), high: Math.max(x.high, y.high) }),
  min: ([x, y]) => ({ low: Math.min(x.low, y.low), high: Math.min(x.high, y.high) }),
  max: ([x, y]) => ({ low: Math.max(x.low, y.low), high: Math.max(x.high, y.high) }),
  abs: ([x]) => ({ low: Math.max(0, x.low, -x.high), high: Math.max(-x.low, x.high) }),
  sign: ([x]) => ({ low: Math.sign(x.low), high: Math.sign(x.high) }),
  integer_div: ([x, y]) => {
    if (y.low <= 0) return unbounded;
    const low = Math.floor(x.low / (x.low >= 0 ? y.high : y.low));
    const high = x.high >= 0 ? Math.floor(x.high / y.low) : Math.min(-1, Math.floor(x.high / y.high));
    return { low, high };
  },
  integer_mod: ([x, y]) => {
    if (y.low <= 0) return unbounded;
    return { low: 0, high: x.low >= 0 ? Math.min(x.high, y.high - 1) : y.high - 1 };
  },
};

/** The largest number of values an index takes. */
export const maximumExtent = (i: Index): number => rangeOf(i.extent).high;

/** How many times a nest of these loops runs at most. */
export const countOf = (loops: Iterable<Index>): number =>
  [...loops].reduce((product, i) => product * Math.max(1, maximumExtent(i)), 1);
