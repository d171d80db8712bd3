/**
 * A normal form for real arithmetic: a product of powers of factors, with an exact rational coefficient. A factor is
 * an opaque expression or a sum of products. Nothing is expanded when products are multiplied, so (x − m)⁴ stays what
 * it is; denominators are negative powers, and what is above and below cancels by itself.
 */
import type { Expr } from "../../ir/types.ts";
import type { Fraction } from "./fraction.ts";
import {
  commonFraction,
  fraction,
  one,
  plusFraction,
  powerOfFraction,
  timesFraction,
  TooLarge,
  zero,
} from "./fraction.ts";

export interface Product {
  readonly coefficient: Fraction;
  readonly factors: ReadonlyMap<Factor, number>;
}

export type Factor = Opaque | Sum;

/** An expression that algebra does not look into. A bracket is 0 or 1, so that its powers are itself. */
export interface Opaque {
  readonly kind: "opaque";
  readonly id: number;
  readonly expr: Expr;
  readonly bracket: boolean;
  /** What its square is, for a square root. */
  readonly square?: Product;
}

/** At least two terms without a common factor; of the terms in canonical order the first is positive. */
export interface Sum {
  readonly kind: "sum";
  readonly id: number;
  readonly terms: readonly Product[];
}

/** Products with more terms than this are left alone. */
const mostTerms = 24;

/** What is left of a sum's cost, at most, where it is brought over one denominator. */
const collapse = 0.75;

const zeroProduct: Product = { coefficient: zero, factors: new Map() };
export const isZero = (p: Product): boolean => p.coefficient.numerator === 0;

export function constantProduct(coefficient: Fraction): Product {
  return coefficient.numerator === 0 ? zeroProduct : { coefficient, factors: new Map() };
}

export function scaled(p: Product, coefficient: Fraction): Product {
  return coefficient.numerator === 0
    ? zeroProduct
    : { coefficient: timesFraction(p.coefficient, coefficient), factors: p.factors };
}

/** Makes factors, interned so that equal ones are the same object, and computes with products of them. */
export class ProductAlgebra {
  private readonly opaques = new Map<Expr, Opaque>();
  private readonly sums = new Map<string, Sum>();
  private readonly summed = new Map<string, Product>();
  private nextId = 1;
  private readonly cost: (p: Product) => number;

  /** `cost` chooses between the forms that a sum can have. */
  constructor(cost: (p: Product) => number) {
    this.cost = cost;
  }

  opaque(expr: Expr, more: { readonly bracket?: boolean; readonly square?: Product } = {}): Product {
    let factor = this.opaques.get(expr);
    if (!factor) {
      factor = { bracket: false, ...more, kind: "opaque", id: this.nextId++, expr };
      this.opaques.set(expr, factor);
    }
    return { coefficient: one, factors: new Map([[factor, 1]]) };
  }

  multiply(a: Product, b: Product): Product {
    if (isZero(a) || isZero(b)) return zeroProduct;
    return this.squared(this.cancelInSums(plainProduct(a, b)));
  }

  /** √u·√u = u, and √u/u = 1/√u. */
  private squared(p: Product): Product {
    for (const [root, exponent] of p.factors) {
      if (root.kind !== "opaque" || !root.square) continue;
      const pairs = Math.abs(exponent) < 2 ? pairsAcross(p, root.square, exponent) : Math.trunc(exponent / 2);
      if (pairs === 0) continue;
      const rest = mergeFactors(p.factors, new Map([[root, -2 * pairs]]));
      return this.multiply({ ...p, factors: rest }, this.power(root.square, pairs));
    }
    return p;
  }

  power(a: Product, exponent: number): Product {
    if (exponent === 0) return constantProduct(one);
    if (isZero(a) || exponent < 0) {
      if (isZero(a) || [...a.factors.keys()].some((f) => f.kind === "opaque" && f.bracket))
        throw new TooLarge();
    }
    const raised = [...a.factors].map(([f, e]): [Factor, number] => [f, isBracket(f) ? 1 : e * exponent]);
    return this.squared({ coefficient: powerOfFraction(a.coefficient, exponent), factors: new Map(raised) });
  }

  divide(a: Product, b: Product): Product {
    return this.multiply(a, this.power(b, -1));
  }

  /** A sum in the cheapest of its forms: term by term, expanded, or over one denominator. */
  sum(terms: readonly Product[]): Product {
    const plain = this.collect(terms.flatMap(spliced));
    if (plain.length < 2) return plain[0] ?? zeroProduct;
    const key = plain.map(productKey).sort().join(" + ");
    const known = this.summed.get(key) ?? this.cheapestSum(plain);
    this.summed.set(key, known);
    return known;
  }

  private cheapestSum(plain: readonly Product[]): Product {
    const forms = [this.factored(plain)];
    if (plain.some(hasSum)) forms.push(this.factored(this.expandAll(plain)));
    const costs = forms.map((form) => this.cost(form));
    if (plain.some(hasDenominator) && !plain.some(hasBracket)) {
      // A product of denominators is smaller or larger than each: only where the sum above it collapses.
      const common = this.overOneDenominator(plain);
      forms.push(common);
      costs.push(this.cost(common) / collapse);
    }
    return forms[costs.indexOf(Math.min(...costs))]!;
  }

  /** Multiplies out every sum above the line. */
  expand(p: Product): Product[] {
    let terms: Product[] = [{ coefficient: p.coefficient, factors: new Map() }];
    for (const [factor, exponent] of p.factors) {
      if (factor.kind === "opaque" || exponent < 0) {
        const single: ReadonlyMap<Factor, number> = new Map([[factor, exponent]]);
        terms = terms.map((t) => ({ ...t, factors: mergeFactors(t.factors, single) }));
        continue;
      }
      for (let i = 0; i < exponent; i++) {
        terms = this.collect(terms.flatMap((t) => factor.terms.map((s) => plainProduct(t, s))));
        if (terms.length > mostTerms) throw new TooLarge();
      }
    }
    return terms.some(hasSum) ? this.expandAll(terms) : terms;
  }

  private expandAll(terms: readonly Product[]): Product[] {
    if (terms.length > mostTerms) throw new TooLarge();
    return this.collect(terms.flatMap((t) => this.expand(t)));
  }

  private overOneDenominator(terms: readonly Product[]): Product {
    const denominator = new Map<Factor, number>();
    for (const t of terms) {
      for (const [f, e] of t.factors) if (e < 0) denominator.set(f, Math.min(denominator.get(f) ?? 0, e));
    }
    const above = new Map([...denominator].map(([f, e]): [Factor, number] => [f, -e]));
    const numerators = terms.map((t) => plainProduct(t, { coefficient: one, factors: above }));
    const numerator = this.factored(this.expandAll(numerators));
    return this.multiply(numerator, { coefficient: one, factors: denominator });
  }

  /** Adds like terms. */
  collect(terms: readonly Product[]): Product[] {
    if (terms.length > 8 * mostTerms) throw new TooLarge();
    const found = new Map<string, Product>();
    for (const t of terms) {
      const key = factorsKey(t);
      const known = found.get(key);
      found.set(key, known ? { ...known, coefficient: plusFraction(known.coefficient, t.coefficient) } : t);
    }
    return [...found.values()].filter((t) => !isZero(t));
  }

  /** Takes what all terms share out of their sum. */
  factored(terms: readonly Product[]): Product {
    if (terms.length < 2) return terms[0] ?? zeroProduct;
    const common = new Map(
      [...terms[0]!.factors]
        .map(([f, e]): [Factor, number] => [
          f,
          terms.reduce((least, t) => sharedPower(least, t.factors.get(f)), e),
        ])
        .filter(([, e]) => e !== 0),
    );
    const inverse = new Map([...common].map(([f, e]): [Factor, number] => [f, -e]));
    const rest = terms.map((t) => ({ ...t, factors: mergeFactors(t.factors, inverse) }));
    const first = [...rest].sort((a, b) => compareKeys(factorsKey(a), factorsKey(b)))[0]!;
    const size = terms.map((t) => t.coefficient).reduce(commonFraction);
    const content = first.coefficient.numerator < 0 ? fraction(-size.numerator, size.denominator) : size;
    const unit = powerOfFraction(content, -1);
    const sum = this.internSum(rest.map((t) => scaled(t, unit)));
    return { coefficient: content, factors: mergeFactors(common, new Map([[sum, 1]])) };
  }

  private internSum(terms: readonly Product[]): Sum {
    const key = terms.map(productKey).sort().join(" + ");
    let sum = this.sums.get(key);
    if (!sum) {
      sum = { kind: "sum", id: this.nextId++, terms };
      this.sums.set(key, sum);
    }
    return sum;
  }

  /** x·(a/x + b) = a + x·b: a factor goes into a sum where it cancels a denominator. */
  private cancelInSums(p: Product): Product {
    for (const [sum, exponent] of p.factors) {
      if (sum.kind !== "sum" || exponent !== 1) continue;
      const moved = new Map<Factor, number>();
      for (const [f, e] of p.factors) {
        if (f === sum || e <= 0) continue;
        const below = Math.max(0, ...sum.terms.map((t) => -(t.factors.get(f) ?? 0)));
        if (below > 0) moved.set(f, Math.min(e, below));
      }
      if (moved.size === 0) continue;
      const inside: Product = { coefficient: one, factors: moved };
      const removed = new Map<Factor, number>([...moved].map(([f, e]) => [f, -e]));
      removed.set(sum, -1);
      const rest: Product = { ...p, factors: mergeFactors(p.factors, removed) };
      return this.multiply(rest, this.sum(sum.terms.map((t) => this.multiply(t, inside))));
    }
    return p;
  }
}

const isBracket = (f: Factor): boolean => f.kind === "opaque" && f.bracket;
const hasSum = (p: Product): boolean => [...p.factors].some(([f, e]) => f.kind === "sum" && e > 0);
const hasDenominator = (p: Product): boolean => [...p.factors.values()].some((e) => e < 0);
const hasBracket = (p: Product): boolean => [...p.factors.keys()].some(isBracket);

/** A term that is nothing but a multiple of a sum is as many terms. */
function spliced(p: Product): readonly Product[] {
  const [only] = p.factors;
  if (p.factors.size !== 1 || only![0].kind !== "sum" || only![1] !== 1) return [p];
  return only![0].terms.flatMap((t) => spliced(scaled(t, p.coefficient)));
}

/** A product without looking for cancellation inside sums. */
function plainProduct(a: Product, b: Product): Product {
  return {
    coefficient: timesFraction(a.coefficient, b.coefficient),
    factors: mergeFactors(a.factors, b.factors),
  };
}

function mergeFactors(a: ReadonlyMap<Factor, number>, b: ReadonlyMap<Factor, number>): Map<Factor, number> {
  const merged = new Map(a);
  for (const [f, e] of b) {
    const power = (merged.get(f) ?? 0) + e;
    if (power === 0) merged.delete(f);
    else merged.set(f, isBracket(f) ? Math.sign(power) : power);
  }
  return merged;
}

/** 1 for a root above the line and −1 for one below, where what it is the root of stands on the other side. */
function pairsAcross(p: Product, square: Product, exponent: number): number {
  const [only] = square.factors.keys();
  if (square.factors.size !== 1 || square.factors.get(only!) !== 1) return 0;
  return Math.sign(p.factors.get(only!) ?? 0) === -Math.sign(exponent) ? exponent : 0;
}

function sharedPower(least: number, other: number | undefined): number {
  if (other === undefined || Math.sign(other) !== Math.sign(least)) return 0;
  return least > 0 ? Math.min(least, other) : Math.max(least, other);
}

function factorsKey(p: Product): string {
  return [...p.factors]
    .sort(([a], [b]) => a.id - b.id)
    .map(([f, e]) => `${f.id}^${e}`)
    .join("·");
}

function productKey(p: Product): string {
  return `${p.coefficient.numerator}/${p.coefficient.denominator}·${factorsKey(p)}`;
}

const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
