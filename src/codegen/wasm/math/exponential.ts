/** eˣ, and what is made of it without cancellation: tanh and sigmoid. Coefficients: scripts/minimax.py. */
import { lanewise } from "./lanewise.ts";
import type { Float, Integer } from "./values.ts";
import type { Writer } from "./writer.ts";

/** Added to a small number, it leaves the nearest integer in the lowest bits. */
const rounder = 1.5 * 2 ** 23;
/** log 2 in two parts, of which the first has so few bits that its products with integers are exact (Cody, Waite 1980). */
export const log2High = 355 / 512;
export const log2Low = Math.LN2 - log2High;

/** The bits of 1. */
const one = 0x3f800000;

/** y = n·log 2 + r with an integer n and |r| ≤ log 2 / 2. */
export interface Reduced {
  /** n, where the exponent of a float has its bits. */
  readonly exponent: Integer;
  /** eʳ − 1 */
  readonly rest: Float;
}

/** For |y| below 2¹⁴. A NaN stays one in `rest`. Largest error of `rest` + 1: 2^-28. */
export function reduced(w: Writer, y: Float): Reduced {
  const shifted = w.keep("shifted", w.add(w.mul(y, w.float(Math.LOG2E)), w.float(rounder)));
  const n = w.keep("n", w.sub(shifted, w.float(rounder)));
  const r = w.keep("r", w.sub(w.sub(y, w.mul(n, w.float(log2High))), w.mul(n, w.float(log2Low))));
  const square = w.keep("square", w.mul(r, r));
  const p = w.polynomialBySquare(
    "p",
    r,
    square,
    [0.5, 0.166665183, 0.0416662041, 0.0083689535, 0.00139506026],
  );
  const rest = w.keep("rest", w.add(w.mul(square, p), r));
  return { exponent: w.shift("left", w.bits(shifted), 23), rest };
}

/** 2ⁿ, where that is neither too small nor too large for its bits. */
export function scale(w: Writer, exponent: Integer): Float {
  return w.keep("scale", w.fromBits(w.add(exponent, w.integer(one))));
}

/** eʸ for −104 ≤ y ≤ 89. The power of two is multiplied in two parts: small results lose bits one by one. */
export function exponential(w: Writer, y: Float): Float {
  const { exponent, rest } = reduced(w, y);
  const whole = w.keep("whole", exponent);
  const half = w.keep("half", w.shift("left", w.shift("right", whole, 24), 23));
  const first = scale(w, half);
  const second = scale(w, w.sub(whole, half));
  return w.keep("power", w.mul(w.mul(w.add(rest, w.float(1)), first), second));
}

/** e^−|x| */
export function decay(w: Writer, x: Float): Float {
  return exponential(w, w.keep("y", w.atLeast(w.negativeAbs(x), -104)));
}

export const exponentials = {
  ...lanewise({
    name: "exp",
    comment: "eˣ within 1.1 units in the last place; 0 below −103.97, ∞ above 88.72.",
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => exponential(w, w.keep("y", w.atLeast(w.atMost(x, 89), -104))),
  }),
  // (e²ᵃ − 1) / (e²ᵃ + 1) of a = |x|, where 2ⁿeʳ − 1 = 2ⁿ(eʳ − 1) + (2ⁿ − 1) cancels nothing. From 9.02 on it is 1.
  ...lanewise({
    name: "tanh",
    comment: "tanh x within 2.6 units in the last place.",
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => {
      const a = w.keep("a", w.atMost(w.abs(x), 9.2));
      const { exponent, rest } = reduced(w, w.keep("y", w.add(a, a)));
      const power = scale(w, exponent);
      const less1 = w.keep("powerLess1", w.add(w.mul(power, rest), w.sub(power, w.float(1))));
      return w.withSign(w.div(less1, w.add(less1, w.float(2))), x);
    },
  }),
  // Both sides of 0 use e^−|x|, which cannot overflow: 1 / (1 + e⁻ˣ) = eˣ / (1 + eˣ).
  ...lanewise({
    name: "sigmoid",
    comment: "1 / (1 + e⁻ˣ) within 2.4 units in the last place.",
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => {
      const power = decay(w, x);
      // Of two numbers up to 1, the larger: e^−|x| or 1, where 1 is 0 on the left side.
      const numerator = w.larger(power, w.orZero(w.float(1), w.less(w.float(0), x)));
      return w.div(numerator, w.add(power, w.float(1)));
    },
  }),
};
