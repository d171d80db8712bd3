/** The mathematical functions of the WebAssembly target against 64-bit arithmetic, over all magnitudes. */
import { beforeAll, describe, expect, test } from "vitest";
import { mathFunctions } from "../../src/codegen/wasm/math/index.ts";
import { erf, flush, softplus, threefry, uniform } from "../../src/ir/numeric.ts";
import type { Loops, Numbers } from "./math-module.ts";
import { capacity, mathModule } from "./math-module.ts";

let loops: Readonly<Record<string, Loops>>;
beforeAll(async () => {
  loops = await mathModule();
});

interface Case {
  readonly exact: (x: number) => number;
  /** The largest error allowed, in units in the last place; the comment beside the function says the same. */
  readonly bound: number;
  /** Where the bound holds; −1 to 1 is kept everywhere. */
  readonly limit?: number;
}

const cases: Readonly<Record<string, Case>> = {
  exp: { exact: Math.exp, bound: 1.1 },
  tanh: { exact: Math.tanh, bound: 2.6 },
  sigmoid: { exact: (x) => 1 / (1 + Math.exp(-x)), bound: 2.4 },
  log: { exact: Math.log, bound: 0.9 },
  softplus: { exact: softplus, bound: 1.8 },
  erf: { exact: erf, bound: 1.3 },
  sin: { exact: Math.sin, bound: 1.6, limit: 1e6 },
  cos: { exact: Math.cos, bound: 1.6, limit: 1e6 },
  sign: { exact: Math.sign, bound: 0 },
  flush: { exact: flush, bound: 0 },
};

/** The distance in units in the last place of 32-bit floats at `exact`; beyond the largest one, ∞ is the next. */
function error(value: number, exact: number): number {
  if (Number.isNaN(value) || Number.isNaN(exact))
    return Number.isNaN(value) === Number.isNaN(exact) ? 0 : Infinity;
  const clip = (x: number): number => Math.min(Math.max(x, -(2 ** 128)), 2 ** 128);
  const [a, b] = [clip(value), clip(exact)];
  if (a === b) return 0;
  const exponent = Math.max(Math.floor(Math.log2(Math.min(Math.abs(b), 2 ** 127.5))), -126);
  return Math.abs(a - b) / 2 ** (exponent - 23);
}

const words = (stream: number): Int32Array =>
  Int32Array.from({ length: capacity }, (_, i) => threefry(stream, 0, 0, i)[0]);
const between = (stream: number, low: number, high: number): Float32Array =>
  Float32Array.from({ length: capacity }, (_, i) => low + (high - low) * uniform(stream, 1, 0, i));

/** Every 2¹⁶-th bit pattern, random ones (as many of each exponent), and random numbers of some intervals. */
const samples: readonly Float32Array[] = [
  new Float32Array(Int32Array.from({ length: capacity }, (_, i) => i << 16).buffer),
  new Float32Array(words(1).buffer),
  new Float32Array(words(2).buffer),
  between(3, -110, 110),
  between(4, -10, 10),
  between(5, -1.5, 1.5),
];

const specials = Float32Array.of(
  0,
  -0,
  Infinity,
  -Infinity,
  NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  -(2 ** -126),
);

/** The bits, with one NaN for all. */
function bits(values: Numbers): Int32Array {
  const numbers = new Float32Array(values.buffer);
  return new Int32Array(values.buffer).map((b, i) => (Number.isNaN(numbers[i]!) ? 0x7fc00000 : b));
}

/** What the function computes, where all four spellings of it agree to the last bit. */
function agreed(name: string, ...operands: readonly Numbers[]): Float32Array {
  const result = loops[name]!.called(...operands);
  const expected = bits(result);
  for (const other of [loops[name]!.inlined, loops[`${name}4`]!.called, loops[`${name}4`]!.inlined]) {
    const found = bits(other(...operands));
    const at = found.findIndex((b, i) => b !== expected[i]);
    if (at >= 0) expect(`${found[at]} of ${operands.map((o) => o[at])}`).toBe(`${expected[at]}`);
  }
  return result;
}

describe("of one float", () => {
  for (const [name, { exact, bound, limit = Infinity }] of Object.entries(cases)) {
    test(`${name} within ${bound} units in the last place`, () => {
      let worst = { error: 0, x: 0, value: 0 };
      for (const sample of [...samples, specials]) {
        const values = agreed(name, sample);
        for (let i = 0; i < sample.length; i++) {
          const [x, value] = [sample[i]!, values[i]!];
          if (limit < Math.abs(x)) {
            if (Math.abs(value) > 1) worst = { error: Infinity, x, value };
            continue;
          }
          const e = error(value, exact(x));
          if (e > worst.error) worst = { error: e, x, value };
        }
      }
      expect(worst.error, `${name}(${worst.x}) = ${worst.value}`).toBeLessThanOrEqual(bound);
    });
  }

  test("special values are exact, with their signs", () => {
    const of = (name: string, ...x: number[]): number[] => [...agreed(name, Float32Array.from(x))];
    const { fround, LN2 } = Math;
    expect(of("exp", -Infinity, Infinity, NaN, 0, -0)).toEqual([0, Infinity, NaN, 1, 1]);
    expect(of("log", 0, -0, Infinity, NaN, -1, -Infinity, -(2 ** -149), 1)).toEqual([
      -Infinity,
      -Infinity,
      Infinity,
      NaN,
      NaN,
      NaN,
      NaN,
      0,
    ]);
    expect(of("log", 2 ** -149)).toEqual([fround(-149 * LN2)]);
    expect(of("tanh", Infinity, -Infinity, NaN, 0, -0, 2 ** -149)).toEqual([1, -1, NaN, 0, -0, 2 ** -149]);
    expect(of("sigmoid", Infinity, -Infinity, NaN, 0)).toEqual([1, 0, NaN, 0.5]);
    expect(of("softplus", Infinity, -Infinity, NaN, 0)).toEqual([Infinity, 0, NaN, fround(LN2)]);
    expect(of("erf", Infinity, -Infinity, NaN, 0, -0)).toEqual([1, -1, NaN, 0, -0]);
    expect(of("sin", Infinity, -Infinity, NaN, 0, -0)).toEqual([NaN, NaN, NaN, 0, -0]);
    expect(of("cos", Infinity, -Infinity, NaN, 0)).toEqual([NaN, NaN, NaN, 1]);
    expect(of("sign", Infinity, -2, NaN, 0, -0)).toEqual([1, -1, NaN, 0, -0]);
  });

  test("a NaN stays one whatever else its bits say", () => {
    const nans = new Float32Array(Int32Array.of(0x7fc00000, 0x7fc001ff, -1, 0x7fffffff, 0x7f800001).buffer);
    for (const name of Object.keys(cases)) expect([...agreed(name, nans)], name).toEqual(Array(5).fill(NaN));
  });

  test("exp overflows and underflows where it should, and small results lose bits one by one", () => {
    const x = Float32Array.of(88.72283, 88.72284, -103.97208, -103.97209, -87.4, -95);
    const values = agreed("exp", x);
    expect(values[0]).toBeLessThan(Infinity);
    expect([values[1], values[2], values[3]]).toEqual([Infinity, 2 ** -149, 0]);
    expect(values[4]! / Math.exp(x[4]!)).toBeCloseTo(1, 6);
    expect(values[5]! / Math.exp(x[5]!)).toBeCloseTo(1, 3);
  });
});

describe("pow", () => {
  const bound = 0.51;
  const pairs: readonly (readonly [string, Float32Array, Float32Array])[] = [
    [
      "bases and exponents of any size",
      new Float32Array(words(11).buffer),
      new Float32Array(words(12).buffer),
    ],
    ["moderate bases", between(13, 0, 10), between(14, -40, 40)],
    ["bases near 1", between(15, 0.99, 1.01), between(16, -8000, 8000)],
    ["whole exponents", between(17, -10, 10), between(18, -30, 30).map(Math.round)],
    ["small bases", new Float32Array(words(19).map((w) => w & 0x80ffffff).buffer), between(20, -1.2, 1.2)],
  ];
  for (const [name, a, b] of pairs) {
    test(`of ${name} within ${bound} units in the last place`, () => {
      const values = agreed("pow", a, b);
      const errors = values.map((value, i) => error(value, Math.pow(a[i]!, b[i]!)));
      const worst = errors.reduce((at, e, i) => (e > errors[at]! ? i : at), 0);
      expect(errors[worst], `${a[worst]} ^ ${b[worst]} = ${values[worst]}`).toBeLessThanOrEqual(bound);
    });
  }

  test("of special values as in JavaScript", () => {
    const values = [0, 0.5, 1, 2, 3, 2.5, 2 ** -149, 3e38, 16777217, Infinity]
      .flatMap((x) => [x, -x])
      .concat(NaN);
    const a = Float32Array.from(values.flatMap((x) => values.map(() => x)));
    const b = Float32Array.from(values.flatMap(() => values));
    expect([...agreed("pow", a, b)]).toEqual([...a].map((x, i) => Math.fround(Math.pow(x, b[i]!))));
  });
});

describe("of integers", () => {
  const integers = (name: string, ...operands: readonly Int32Array[]): number[] => [
    ...new Int32Array(loops[name]!.called(...operands).buffer),
  ];
  const small = (stream: number): Int32Array => words(stream).map((w) => w >> 24);
  const floorDivide = (a: number, b: number): number => Math.floor(a / b);
  const meanings: Readonly<Record<string, (a: number, b: number) => number>> = {
    integer_sign: Math.sign,
    integer_abs: (a) => Math.abs(a) | 0,
    integer_min: Math.min,
    integer_max: Math.max,
    integer_div: (a, b) =>
      a === 0 && b === 0 ? 0 : Math.min(Math.max(floorDivide(a, b), -(2 ** 31)), 2 ** 31 - 1),
    integer_mod: (a, b) => (b === 0 ? 0 : a - b * floorDivide(a, b)),
  };
  const edges = [0, 1, -1, 2, -2, 7, -7, 2 ** 31 - 1, -(2 ** 31)];
  const edgeA = Int32Array.from(edges.flatMap((x) => edges.map(() => x)));
  const edgeB = Int32Array.from(edges.flatMap(() => edges));
  for (const [name, meaning] of Object.entries(meanings)) {
    test(name, () => {
      for (const [x, y] of [
        [words(25), words(26)],
        [words(27), small(28)],
        [edgeA, edgeB],
      ] as const) {
        const operands = name === "integer_sign" || name === "integer_abs" ? [x] : [x, y];
        agreed(name, ...operands);
        expect(integers(name, ...operands)).toEqual([...x].map((value, i) => meaning(value, y[i]!) + 0));
      }
    });
  }

  test("random is the Threefry of the interpreter", () => {
    const operands = [words(31), words(32), words(33), words(34)] as const;
    const [seed, step, place, element] = operands;
    const expected = [...seed].map((s, i) => uniform(s, step[i]!, place[i]!, element[i]!));
    expect([...agreed("random", ...operands)]).toEqual(expected);
  });
});

test("a function of one and of four for each, and no calls among them", () => {
  for (const [name, { text, calls }] of Object.entries(mathFunctions)) {
    expect(calls).toEqual([]);
    expect(text).toContain(`(func $${name} `);
    expect(name.endsWith("4") ? name.slice(0, -1) in mathFunctions : `${name}4` in mathFunctions).toBe(true);
  }
});
