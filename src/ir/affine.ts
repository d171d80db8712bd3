/**
 * Arithmetic of integers in affine normal form. The four identities that keep every later pass short:
 * coefficients inside ⌊·/c⌋ and `mod c` are reduced modulo c; c·⌊e/c⌋ + e mod c = e; a common factor of a division
 * is cancelled; a division whose value fits one interval collapses.
 */
import type { Affine, IntegerAtom, Term } from "./types.ts";

/** Inclusive bounds; ±Infinity where nothing is known. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export const unbounded: Range = { low: -Infinity, high: Infinity };

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
  return combine(intern, a.constant + b.constant, [...a.terms, ...b.terms]);
}

export function scaleAffine(intern: IntegerInterner, a: Affine, factor: number): Affine {
  if (factor === 0) return intern.affine(0, []);
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
    const quotient = intern.floorAtom(atom.value, atom.divisor);
    if (factors.get(quotient) !== factor * atom.divisor) continue;
    const rest = [...factors]
      .filter(([a]) => a !== atom && a !== quotient)
      .map(([a, f]) => ({ factor: f, atom: a }));
    const whole = scaleAffine(intern, atom.value, factor);
    return combine(intern, constant + whole.constant, [...rest, ...whole.terms]);
  }
  const kept = [...factors].filter(([, factor]) => factor !== 0).map(([atom, factor]) => ({ factor, atom }));
  return intern.affine(constant, kept.sort((a, b) => a.atom.id - b.atom.id));
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
  const only = rest.terms.length === 1 && rest.constant === 0 ? rest.terms[0]! : undefined;
  if (only?.factor === 1 && only.atom.kind === "modulo" && only.atom.divisor % divisor === 0) {
    return modulo(intern, only.atom.value, divisor);
  }
  return intern.affine(0, [{ factor: 1, atom: intern.moduloAtom(rest, divisor) }]);
}

function floorOfReduced(intern: IntegerInterner, rest: Affine, divisor: number): Affine {
  const range = rangeOf(rest);
  const quotient = Math.floor(range.low / divisor);
  if (quotient === Math.floor(range.high / divisor)) return intern.affine(quotient, []);
  const g = commonFactor(rest, divisor);
  if (g > 1) return floorDivide(intern, shrink(intern, rest, g), divisor / g);
  const only = rest.terms.length === 1 && rest.constant === 0 ? rest.terms[0]! : undefined;
  if (only?.factor === 1 && only.atom.kind === "floor") {
    return floorDivide(intern, only.atom.value, only.atom.divisor * divisor);
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
  return [part((x) => Math.floor(x / divisor)), part((x) => floorMod(x, divisor))];
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
  let low = value.constant;
  let high = value.constant;
  for (const { factor, atom } of value.terms) {
    const range = rangeOfAtom(atom);
    low += factor > 0 ? factor * range.low : factor * range.high;
    high += factor > 0 ? factor * range.high : factor * range.low;
  }
  return { low, high };
}

export function rangeOfAtom(atom: IntegerAtom): Range {
  switch (atom.kind) {
    case "index":
      return { low: 0, high: rangeOf(atom.extent).high - 1 };
    case "dim":
      return { low: atom.minimum, high: atom.maximum };
    case "floor": {
      const range = rangeOf(atom.value);
      return { low: Math.floor(range.low / atom.divisor), high: Math.floor(range.high / atom.divisor) };
    }
    case "modulo":
      return { low: 0, high: atom.divisor - 1 };
    case "opaque":
      return rangeOfOpaque(atom.value);
  }
}

function rangeOfOpaque(value: Extract<IntegerAtom, { kind: "opaque" }>["value"]): Range {
  if (value.kind === "read" && value.tensor.below) return { low: 0, high: rangeOf(value.tensor.below).high - 1 };
  if (value.kind === "apply") {
    const ranges = value.args.map((a) => (a.kind === "affine" ? rangeOf(a) : unbounded));
    const [first, second, third] = ranges;
    if (value.atom === "cast") return { low: 0, high: 1 };
    if (value.atom === "mul" && first!.low >= 0 && second!.low >= 0) {
      return { low: first!.low * second!.low, high: first!.high * second!.high };
    }
    if (value.atom === "select") {
      return { low: Math.min(second!.low, third!.low), high: Math.max(second!.high, third!.high) };
    }
    if (value.atom === "min" || value.atom === "max") {
      const f = value.atom === "min" ? Math.min : Math.max;
      return { low: f(first!.low, second!.low), high: f(first!.high, second!.high) };
    }
    if (value.atom === "integer_mod" && second!.low > 0) return { low: 0, high: second!.high - 1 };
  }
  return unbounded;
}
