import { greatestCommonDivisor } from "../../ir/affine.ts";

/** An exact rational number: numerator / denominator in lowest terms, denominator > 0. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** Thrown where a normal form outgrows what is worth looking at; whoever asked for it keeps what there was. */
export class TooLarge extends Error {
  constructor() {
    super("the normal form is too large");
  }
}

export const zero: Fraction = { numerator: 0, denominator: 1 };
export const one: Fraction = { numerator: 1, denominator: 1 };

export function fraction(numerator: number, denominator: number): Fraction {
  const sign = denominator < 0 ? -1 : 1;
  const divisor = sign * (greatestCommonDivisor(numerator, denominator) || 1);
  const result = { numerator: numerator / divisor + 0, denominator: denominator / divisor };
  if (!Number.isSafeInteger(result.numerator) || !Number.isSafeInteger(result.denominator))
    throw new TooLarge();
  return result;
}

/** The fraction that a number is exactly, where it is a small multiple of a small power of two; else undefined. */
export function exactFraction(value: number): Fraction | undefined {
  const scaled = value * 2 ** 16;
  return Number.isInteger(scaled) && Math.abs(scaled) < 2 ** 40 ? fraction(scaled, 2 ** 16) : undefined;
}

export function timesFraction(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function plusFraction(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function powerOfFraction(a: Fraction, exponent: number): Fraction {
  if (exponent < 0) return powerOfFraction(fraction(a.denominator, a.numerator), -exponent);
  return fraction(a.numerator ** exponent, a.denominator ** exponent);
}

/** The largest fraction that divides both a whole number of times, without sign. */
export function commonFraction(a: Fraction, b: Fraction): Fraction {
  const g = greatestCommonDivisor(a.numerator, b.numerator);
  const d = (a.denominator * b.denominator) / greatestCommonDivisor(a.denominator, b.denominator);
  return fraction(g, d);
}
