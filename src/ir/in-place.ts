/** What stands in the place of calls of exponentials, where JavaScript writes a whole model as one function. */
import type { InPlaceSpelling } from "./atom.ts";

/**
 * eˣ = 2^(t/16), where t counts from the first entry of a table: that of ⌊t⌋, times a polynomial of what is left. The
 * largest relative error is 2⁻²⁹, a sixteenth of what rounding to 32 bits adds; beyond ±104 eˣ is 0 or infinite in 32 bits.
 */
export const exponentialInPlace: InPlaceSpelling = {
  form: "lines",
  prepared: (x) => `16 * Math.LOG2E * inRange(${x}) + 2432`,
  value: (t) => `powersOfTwo[${t} | 0] * betweenPowers(${t} - (${t} | 0))`,
  helpers: ["powersOfTwo", "inRange", "betweenPowers"],
};

export const sigmoidInPlace: InPlaceSpelling = {
  form: "made",
  of: (b, [x]) => b.div(b.number(1), b.add(b.number(1), b.apply("exp", [b.neg(x!)]))),
};
