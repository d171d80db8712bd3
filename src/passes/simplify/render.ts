import type { Builder } from "../../ir/builder.ts";
import type { Expr } from "../../ir/types.ts";
import { lowerBoundsFirst } from "./facts.ts";
import type { Fraction } from "./fraction.ts";
import { fraction } from "./fraction.ts";
import type { Factor, Product, Sum } from "./products.ts";
import { isZero } from "./products.ts";

/** Writes a normal form as an expression, the way one writes it by hand: (p − y)/n, dh·h·(1 − h), [c]·x. */
export class Renderer {
  private readonly builder: Builder;
  private readonly sums = new Map<string, Expr>();

  constructor(builder: Builder) {
    this.builder = builder;
  }

  product(p: Product): Expr {
    const b = this.builder;
    if (isZero(p)) return b.number(0);
    const { negative, magnitude, factors } = this.signs(p);
    const value = this.magnitude(magnitude, factors);
    return negative ? b.neg(value) : value;
  }

  /** Puts a minus sign into a difference, where there is one: −(y − p) is p − y. */
  private signs(p: Product): {
    negative: boolean;
    magnitude: Fraction;
    factors: [Factor, number, boolean][];
  } {
    let negative = p.coefficient.numerator < 0;
    const factors = [...p.factors].map(([f, e]): [Factor, number, boolean] => {
      const flip = negative && e % 2 !== 0 && f.kind === "sum" && isDifference(f);
      if (flip) negative = false;
      return [f, e, flip];
    });
    const { numerator, denominator } = p.coefficient;
    return { negative, magnitude: fraction(Math.abs(numerator), denominator), factors };
  }

  private magnitude(coefficient: Fraction, factors: readonly [Factor, number, boolean][]): Expr {
    const b = this.builder;
    const conditions: Expr[] = [];
    const above: Expr[] = [];
    const below: Expr[] = [];
    // Constants that are no exact fractions join the coefficient here, once.
    const others = factors.filter(([f]) => isNumber(f)).map(([f, e]) => numberOf(f) ** e);
    const dyadic = (coefficient.denominator & (coefficient.denominator - 1)) === 0;
    const divides = dyadic || others.length > 0;
    const number = divides ? coefficient.numerator / coefficient.denominator : coefficient.numerator;
    const scale = others.reduce((x, y) => x * y, number);
    if (scale !== 1) above.push(b.number(scale));
    if (!divides) below.push(b.number(coefficient.denominator));
    for (const [f, e, flip] of factors) {
      if (isNumber(f)) continue;
      if (f.kind === "opaque" && f.bracket) conditions.push(condition(f.expr));
      else (e > 0 ? above : below).push(this.power(f, Math.abs(e), flip));
    }
    const chain = (values: Expr[]): Expr => values.reduce((x, y) => b.mul(x, y));
    const top = above.length > 0 ? chain(above) : b.number(1);
    const value = below.length > 0 ? b.div(top, chain(below)) : top;
    if (conditions.length === 0) return value;
    const all = b.and(...lowerBoundsFirst(conditions));
    if (value.kind === "constant") return b.mul(value, b.cast(all, "f32"));
    return b.select(all, value, b.number(0));
  }

  private power(f: Factor, exponent: number, flip: boolean): Expr {
    const b = this.builder;
    const base = f.kind === "opaque" ? f.expr : this.sum(f, flip);
    if (exponent === 1) return base;
    return exponent === 2 ? b.mul(base, base) : b.pow(base, b.number(exponent));
  }

  /** Positive terms first, then what is subtracted. */
  private sum(sum: Sum, flip: boolean): Expr {
    const key = `${sum.id}${flip}`;
    const known = this.sums.get(key);
    if (known) return known;
    const b = this.builder;
    const isPositive = (t: Product): boolean => t.coefficient.numerator > 0 !== flip;
    const size = (t: Product): Expr => this.product({ ...t, coefficient: absolute(t.coefficient) });
    const positive = sum.terms.filter(isPositive).map(size);
    const negative = sum.terms.filter((t) => !isPositive(t)).map(size);
    const start = positive.length > 0 ? positive.reduce((x, y) => b.add(x, y)) : b.neg(negative.shift()!);
    const value = negative.reduce((x, y) => b.sub(x, y), start);
    this.sums.set(key, value);
    return value;
  }
}

const isNumber = (f: Factor): boolean => f.kind === "opaque" && f.expr.kind === "constant";
const numberOf = (f: Factor): number =>
  f.kind === "opaque" && f.expr.kind === "constant" ? f.expr.value : 1;

function isDifference(sum: Sum): boolean {
  return sum.terms.some((t) => t.coefficient.numerator < 0);
}

function absolute(c: Fraction): Fraction {
  return c.numerator < 0 ? { ...c, numerator: -c.numerator } : c;
}

/** The truth value that a bracket is the number of. */
function condition(bracket: Expr): Expr {
  if (bracket.kind !== "apply") throw new Error("a bracket is the cast of a truth value");
  return bracket.args[0]!;
}
