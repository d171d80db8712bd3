/** Sine and cosine. Coefficients: scripts/minimax.py. */
import { lanewise } from "./lanewise.ts";
import type { Float, Integer } from "./values.ts";
import type { Writer } from "./writer.ts";

/** Added to a double, it leaves the nearest integer in the lowest bits. */
export const doubleRounder = 1.5 * 2 ** 52;
/** π/2 in two parts: the first has 33 bits, so its products with integers below 2²⁰ are exact. */
const quarterHigh = Math.round((Math.PI / 2) * 2 ** 32) / 2 ** 32;
const quarterLow = 6.077100506506192e-11;

/**
 * x = n·π/2 + r with |r| ≤ π/4, in 64-bit floats: to the last bit of r where |x| ≤ 10⁶; beyond, the error of r grows
 * with |x|·2⁻⁵³, and it means nothing from 2⁵⁰ on. It is kept in its interval, so that no sine leaves [−1, 1].
 */
function reduced(w: Writer, x: Float): { readonly n: Integer; readonly r: Float } {
  const wide = w.keep("wide", w.double64(x));
  const shifted = w.keep("shifted", w.add(w.mul(wide, w.double(2 / Math.PI)), w.double(doubleRounder)));
  const n = w.keep("n", w.sub(shifted, w.double(doubleRounder)));
  const rest = w.sub(w.sub(wide, w.mul(n, w.double(quarterHigh))), w.mul(n, w.double(quarterLow)));
  const r = w.atLeast(w.atMost(w.float32(rest), Math.PI / 4), -Math.PI / 4);
  return { n: w.lowBits(shifted), r: w.keep("r", r) };
}

/** sin(n·π/2 + r) */
function sine(w: Writer, n: Integer, r: Float): Float {
  const square = w.keep("square", w.mul(r, r));
  const s = w.polynomial("s", square, [-0.166666549, 0.00833217354, -1.95166558e-4]);
  const c = w.polynomial("c", square, [0.0416666467, -0.00138873615, 2.44377301e-5]);
  const sin = w.withSign(w.add(w.mul(w.mul(square, r), s), r), r);
  const cos = w.add(w.sub(w.mul(w.mul(square, square), c), w.mul(square, w.float(0.5))), w.float(1));
  const turns = w.keep("turns", n);
  const odd = w.equal(w.and(turns, w.integer(1)), w.integer(1));
  const sign = w.shift("left", w.and(turns, w.integer(2)), 30);
  return w.fromBits(w.xor(w.bits(w.select(odd, cos, sin)), sign));
}

const domain = "within 1.6 units in the last place where |x| ≤ 10⁶, ever less precise beyond.";

export const trigonometrics = {
  ...lanewise({
    name: "sin",
    comment: `sin x ${domain}`,
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => {
      const { n, r } = reduced(w, x);
      return sine(w, n, r);
    },
  }),
  ...lanewise({
    name: "cos",
    comment: `cos x ${domain}`,
    parameters: { x: "float" },
    result: "float",
    body: (w, { x }) => {
      const { n, r } = reduced(w, x);
      return sine(w, w.add(n, w.integer(1)), r);
    },
  }),
};
