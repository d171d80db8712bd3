/** The error function. Coefficients: scripts/minimax.py. */
import { reduced, scale } from "./exponential.ts";
import { lanewise } from "./lanewise.ts";

/** Below it a polynomial in x², from it on 1 − erfc x. */
const border = 0.91;

export const errorFunctions = lanewise({
  name: "erf",
  comment: "erf x within 1.3 units in the last place.",
  parameters: { x: "float" },
  result: "float",
  body: (w, { x }) => {
    const a = w.keep("a", w.atMost(w.abs(x), 4));
    const square = w.keep("square", w.mul(a, a));
    const near = w.polynomial(
      "near",
      square,
      [0.128379167, -0.37612634, 0.112836987, -0.026859557, 0.00520139698, -8.14663651e-4, 8.38613971e-5],
    );
    const logarithm = w.polynomial(
      "logarithm",
      a,
      [-1.77498659e-4, -1.12774954, -0.637059786, -0.104037329, 0.0222770714, -0.00305560336, 1.97181271e-4],
    );
    const { exponent, rest } = reduced(w, w.keep("y", logarithm));
    const complement = w.mul(w.add(rest, w.float(1)), scale(w, exponent));
    const far = w.sub(w.float(1), complement);
    const positive = w.select(w.less(a, w.float(border)), w.add(w.mul(a, near), a), far);
    return w.withSign(positive, x);
  },
});
