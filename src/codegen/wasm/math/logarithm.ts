/** Natural logarithms: log x and log(1 + eˣ). Coefficients: scripts/minimax.py. */
import { decay, log2High, log2Low } from "./exponential.ts";
import { lanewise } from "./lanewise.ts";
import type { Float, Integer } from "./values.ts";
import type { Writer } from "./writer.ts";

const smallestNormal = 2 ** -126;
/** The bits of √½. */
const rootOfHalf = 0x3f3504f3;

/** x = m·2ᵏ with √½ ≤ m < √2, for positive finite x, also those below the normal numbers. */
export function split(w: Writer, x: Float): { readonly m: Float; readonly k: Integer } {
  const small = w.keep("small", w.less(x, w.float(smallestNormal)));
  const bits = w.keep("bits", w.bits(w.select(small, w.mul(x, w.float(2 ** 23)), x)));
  const above = w.keep("above", w.sub(bits, w.integer(rootOfHalf)));
  const m = w.fromBits(w.sub(bits, w.and(above, w.integer(-0x800000))));
  const correction = w.orZero(w.integer(23), small);
  return { m, k: w.sub(w.shift("right", above, 23), correction) };
}

/** log(1 + f) = f + `rest`, for √½ ≤ 1 + f < √2; a summand of the rest may be given. */
function restOfLog(w: Writer, f: Float, summand?: Float): Float {
  const square = w.keep("square", w.mul(f, f));
  const p = w.polynomialBySquare(
    "p",
    f,
    square,
    [
      0.333333317, -0.25000821, 0.200012269, -0.166233574, 0.14201758, -0.131601815, 0.127615763,
      -0.0763449723,
    ],
  );
  const cubic = w.mul(w.mul(square, f), p);
  return w.sub(summand === undefined ? cubic : w.add(cubic, summand), w.mul(square, w.float(0.5)));
}

export const logarithms = {
  ...lanewise({
    name: "log",
    comment: "log x within 0.9 units in the last place; log 0 = −∞, log of what is negative is NaN.",
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => {
      const { m, k } = split(w, x);
      const f = w.keep("f", w.sub(m, w.float(1)));
      const exponent = w.keep("exponent", w.floatOf(k));
      const rest = restOfLog(w, f, w.mul(exponent, w.float(log2Low)));
      const log = w.add(w.add(rest, f), w.mul(exponent, w.float(log2High)));
      const finite = w.select(w.less(x, w.float(Infinity)), log, x);
      const real = w.select(w.equal(x, w.float(0)), w.float(-Infinity), finite);
      return w.orNaN(real, w.less(x, w.float(0)));
    },
  }),
  // max(x, 0) + log(1 + e), e = e^−|x|: where e is large, log(1 + e) = log 2 + log(1 + (e − 1) / 2).
  ...lanewise({
    name: "softplus",
    comment: "log(1 + eˣ) within 1.8 units in the last place.",
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => {
      const e = decay(w, x);
      const large = w.keep("large", w.less(w.float(Math.SQRT2 - 1), e));
      const half = w.mul(w.sub(e, w.float(1)), w.float(0.5));
      const f = w.keep("f", w.select(large, half, e));
      const log = w.add(w.add(restOfLog(w, f), f), w.orZero(w.float(Math.LN2), large));
      return w.add(w.atLeast(x, 0), log);
    },
  }),
};
