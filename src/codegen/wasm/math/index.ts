/**
 * The functions of the atom table for which WebAssembly has no instruction, as text. Each stands here twice: for one
 * number, and, with a 4 at the end of its name, for the four of a vector, with the same bits in every lane.
 *
 * The largest errors, in units in the last place of 32-bit floats. Each 97th float was tried; for `pow`, 10⁷ pairs.
 *
 *     exp 1.02   tanh 2.51       sigmoid 2.28   sin, cos 1.51 (|x| ≤ 10⁶)
 *     log 0.86   softplus 1.66   erf 1.22       pow 0.501
 *
 * NaN, infinities, zeros and numbers below the normal ones are as in JavaScript. The bounds that the tests keep are a
 * little wider, and stand in the comments of the functions.
 */
import { errorFunctions } from "./error-function.ts";
import { exponentials } from "./exponential.ts";
import { integers } from "./integers.ts";
import { lanewise, type LanewiseFunction } from "./lanewise.ts";
import { logarithms } from "./logarithm.ts";
import { powers } from "./power.ts";
import { trigonometrics } from "./trigonometric.ts";

export type { Fresh, Inlined, LanewiseFunction, MathFunction } from "./lanewise.ts";

const flushes = lanewise({
  name: "flush",
  comment: "x, or 0 where it is closer to 0 than 1e-30.",
  parameters: { x: "float" },
  result: "float",
  body: (w, { x }) => w.select(w.less(w.abs(x), w.float(1e-30)), w.float(0), x),
});

const signs = lanewise({
  name: "sign",
  comment: "−1 or 1; what is neither positive nor negative stays.",
  parameters: { x: "float" },
  result: "float",
  body: (w, { x }) => w.select(w.less(w.float(0), w.abs(x)), w.withSign(w.float(1), x), x),
});

/** By name: `exp` of one 32-bit float, `exp4` of four. Those of integers have names that start with `integer_`. */
export const mathFunctions: Readonly<Record<string, LanewiseFunction>> = {
  ...exponentials,
  ...logarithms,
  ...errorFunctions,
  ...trigonometrics,
  ...powers,
  ...flushes,
  ...signs,
  ...integers,
};
