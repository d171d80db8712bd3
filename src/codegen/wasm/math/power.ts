/** Powers with any exponent, in 64-bit floats. Coefficients: scripts/minimax.py. */
import { lanewise } from "./lanewise.ts";
import { split } from "./logarithm.ts";
import { doubleRounder } from "./trigonometric.ts";
import type { Double, Float } from "./values.ts";
import type { Writer } from "./writer.ts";

/** log x to about 2^-44 of itself, for positive finite x: m·2ᵏ has k·log 2 + 2 artanh((m − 1) / (m + 1)). */
function logarithm(w: Writer, x: Float): Double {
  const parts = split(w, x);
  const m = w.keep("m", w.double64(w.keep("fraction", parts.m)));
  const k = w.double64(w.keep("exponent", parts.k));
  const s = w.keep("s", w.div(w.sub(m, w.double(1)), w.add(m, w.double(1))));
  const square = w.keep("square", w.mul(s, s));
  const p = w.polynomial(
    "p",
    square,
    [0.3333333333790002, 0.1999999781125268, 0.14286054527556158, 0.11088097096109023, 0.09792028605296195],
  );
  const artanh = w.keep("artanh", w.add(w.mul(w.mul(square, s), p), s));
  return w.add(w.add(artanh, artanh), w.mul(k, w.double(Math.LN2)));
}

/** eʸ, rounded to 32 bits once, and to 0 or ∞ where that has no place for it. */
function exponential(w: Writer, exponent: Double): Float {
  const y = w.keep("y", w.atLeast(w.atMost(exponent, 150), -150));
  const shifted = w.keep("shifted", w.add(w.mul(y, w.double(Math.LOG2E)), w.double(doubleRounder)));
  const n = w.sub(shifted, w.double(doubleRounder));
  const r = w.keep("r", w.sub(y, w.mul(n, w.double(Math.LN2))));
  const p = w.polynomial(
    "q",
    r,
    [
      1, 1, 0.5000000078325075, 0.16666666861769242, 0.04166626850960487, 0.008333264100652873,
      0.0013946176557277524, 0.00019918527484273852,
    ],
  );
  const bits = w.shift("left", w.add(w.lowBits(shifted), w.integer(1023)), 20);
  return w.float32(w.keep("power", w.mul(p, w.fromHighBits(w.keep("bits", bits)))));
}

/** Where |a| is 0 or ∞, so is the power. */
function withExtremes(w: Writer, a: Float, b: Float, power: Float): Float {
  const zero = w.keep("zero", w.equal(a, w.float(0)));
  const extreme = w.or(zero, w.equal(a, w.float(Infinity)));
  const small = w.xor(w.less(b, w.float(0)), zero);
  return w.select(extreme, w.select(small, w.float(0), w.float(Infinity)), power);
}

// Special values as in JavaScript's `Math.pow`: a⁰ = 1 for every a, (±1)^±∞ is NaN.
export const powers = lanewise({
  name: "pow",
  comment:
    "aᵇ within 0.51 units in the last place, exact where it is a float; NaN where a < 0 and b no integer.",
  parameters: { a: "float", b: "float" },
  result: "float",
  body: (w, { a, b }) => {
    const magnitude = w.keep("magnitude", w.abs(a));
    const product = w.mul(w.double64(b), logarithm(w, magnitude));
    const positive = withExtremes(w, magnitude, b, exponential(w, product));
    const whole = w.keep("whole", w.equal(w.floor(b), b));
    const half = w.keep("half", w.mul(b, w.float(0.5)));
    const odd = w.and(whole, w.different(w.floor(half), half));
    const sign = w.and(w.bits(a), w.orZero(w.integer(-0x80000000), odd));
    const signed = w.fromBits(w.xor(w.bits(positive), sign));
    // −∞ counts among the bases without a sign.
    const finiteNegative = w.and(w.less(a, w.float(0)), w.less(w.float(-Infinity), a));
    const noReal = w.and(finiteNegative, w.different(w.floor(b), b));
    const invalid = w.or(w.or(w.different(a, a), w.different(b, b)), noReal);
    return w.select(w.equal(b, w.float(0)), w.float(1), w.orNaN(signed, invalid));
  },
});
