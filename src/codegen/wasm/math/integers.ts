/** Functions of integers, and the random numbers, which are made of integers. */
import { lanewise } from "./lanewise.ts";
import type { Double, Integer } from "./values.ts";
import type { Writer } from "./writer.ts";

/** ⌊a / b⌋ as a 64-bit float, which holds it exactly: division of integers traps, and vectors have none. */
function floorDivide(w: Writer, a: Double, b: Double): Double {
  return w.floor(w.div(a, b));
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/** Threefry-2x32 with 20 rounds, its first word: as in src/ir/numeric.ts (Salmon, Moraes, Dror, Shaw, SC11). */
function threefry(w: Writer, keys: readonly Integer[], counter: readonly [Integer, Integer]): Integer {
  let x = w.keep("x", w.add(counter[0], keys[0]!));
  let y = w.keep("y", w.add(counter[1], keys[1]!));
  for (let round = 0; round < 20; round++) {
    x = w.keep("x", w.add(x, y));
    y = w.keep("y", w.xor(w.rotateLeft(y, rotations[round % 8]!), x));
    if (round % 4 < 3) continue;
    const block = (round + 1) / 4;
    x = w.keep("x", w.add(x, keys[block % 3]!));
    y = w.keep("y", w.add(y, w.add(keys[(block + 1) % 3]!, w.integer(block))));
  }
  return x;
}

export const integers = {
  ...lanewise({
    name: "integer_sign",
    comment: "−1, 0 or 1.",
    parameters: { x: "integer" },
    result: "integer",
    body: (w, { x }) => w.or(w.shift("right", x, 31), w.shiftUnsigned(w.sub(w.integer(0), x), 31)),
  }),
  ...lanewise({
    name: "integer_abs",
    comment: "|x|",
    parameters: { x: "integer" },
    result: "integer",
    body: (w, { x }) => w.select(w.less(x, w.integer(0)), w.sub(w.integer(0), x), x),
  }),
  ...lanewise({
    name: "integer_min",
    comment: "The smaller.",
    parameters: { a: "integer", b: "integer" },
    result: "integer",
    body: (w, { a, b }) => w.select(w.less(b, a), b, a),
  }),
  ...lanewise({
    name: "integer_max",
    comment: "The larger.",
    parameters: { a: "integer", b: "integer" },
    result: "integer",
    body: (w, { a, b }) => w.select(w.less(a, b), b, a),
  }),
  ...lanewise({
    name: "integer_div",
    comment: "⌊a / b⌋; the nearest integer to ±∞ where only b is 0, and 0 where both are.",
    parameters: { a: "integer", b: "integer" },
    result: "integer",
    body: (w, { a, b }) => w.truncated(floorDivide(w, w.double64(a), w.double64(b))),
  }),
  ...lanewise({
    name: "integer_mod",
    comment: "a − b·⌊a / b⌋; 0 where b is 0.",
    parameters: { a: "integer", b: "integer" },
    result: "integer",
    body: (w, { a, b }) => {
      const dividend = w.keep("dividend", w.double64(a));
      const divisor = w.keep("divisor", w.double64(b));
      return w.truncated(w.sub(dividend, w.mul(divisor, floorDivide(w, dividend, divisor))));
    },
  }),
  ...lanewise({
    name: "random",
    comment: "Uniform on [0, 1), a multiple of 2⁻²⁴: Threefry-2x32 of (seed, step) and (place, element).",
    parameters: { seed: "integer", step: "integer", place: "integer", element: "integer" },
    result: "float",
    body: (w, { seed, step, place, element }) => {
      const parity = w.keep("parity", w.xor(w.xor(seed, step), w.integer(0x1bd11bda)));
      const word = threefry(w, [seed, step, parity], [place, element]);
      return w.mul(w.floatOf(w.shiftUnsigned(word, 8)), w.float(2 ** -24));
    },
  }),
};
