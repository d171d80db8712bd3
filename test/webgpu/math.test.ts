/** The functions of shaders, executed, against what the table of atoms says they mean. */
import { expect, test } from "vitest";
import { helperNames, helperTexts } from "../../src/codegen/webgpu/math/index.ts";
import type { AtomName } from "../../src/ir/atoms.ts";
import { atomNames, atoms } from "../../src/ir/atoms.ts";
import { threefry, uniform } from "../../src/ir/numeric.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { evaluated } from "./evaluate.ts";

const capacity = 4096;
const words = (stream: number): Int32Array =>
  Int32Array.from({ length: capacity }, (_, i) => threefry(stream, 0, 0, i)[0]);
const between = (stream: number, low: number, high: number): Float32Array =>
  Float32Array.from({ length: capacity }, (_, i) => low + (high - low) * uniform(stream, 1, 0, i));

/** Where a function is tried, and how far it may be off: a part of the result, and a distance. */
interface Case {
  readonly ranges: readonly (readonly [low: number, high: number])[];
  readonly relative: number;
  readonly absolute?: number;
}

const wide: Case["ranges"] = [
  [-1, 1],
  [-20, 20],
  [-80, 80],
  [-1e-3, 1e-3],
  [-1e6, 1e6],
];
/** exp of WGSL is within 3 + 2·|x| units in the last place. */
const cases: Partial<Record<AtomName, Case>> = {
  exp: {
    ranges: [
      [-1, 1],
      [-20, 20],
      [-87, 88],
    ],
    relative: 2e-5,
  },
  log: {
    ranges: [
      [1e-30, 1e-3],
      [0.1, 10],
      [1, 1e30],
    ],
    relative: 4e-6,
    absolute: 4e-6,
  },
  sqrt: {
    ranges: [
      [0, 1],
      [1, 1e30],
    ],
    relative: 1e-6,
  },
  tanh: { ranges: wide, relative: 1e-6 },
  sigmoid: {
    ranges: [
      [-1, 1],
      [-80, 80],
      [0, 1e6],
    ],
    relative: 2e-5,
  },
  softplus: {
    ranges: [
      [-1, 1],
      [-80, 80],
      [0, 1e6],
    ],
    relative: 2e-5,
  },
  erf: { ranges: wide, relative: 1e-6 },
  sin: {
    ranges: [
      [-1, 1],
      [-1000, 1000],
    ],
    relative: 1e-6,
    absolute: 2e-7,
  },
  cos: {
    ranges: [
      [-1, 1],
      [-1000, 1000],
    ],
    relative: 1e-6,
    absolute: 2e-7,
  },
  abs: { ranges: wide, relative: 0 },
  sign: { ranges: wide, relative: 0 },
  floor: { ranges: wide, relative: 0 },
  flush: {
    ranges: [
      [-1, 1],
      [-1e-29, 1e-29],
    ],
    relative: 0,
  },
};

const calleeOf = (name: AtomName): string => {
  const spelling = atoms[name].wgsl;
  if (!("callee" in spelling)) throw new Error(`${name} is no function of shaders`);
  return spelling.callee;
};
const textsFor = (callee: string): string =>
  helperNames.includes(callee) ? helperTexts([callee]).join("\n") : "";

/** What a function gives, called with an element of each array. */
async function called(
  gpu: GPUDevice,
  callee: string,
  ...arrays: (Float32Array | Int32Array)[]
): Promise<Float32Array> {
  const operands = arrays.map((_, n) => `${"abcd"[n]}[i]`).join(", ");
  return evaluated(gpu, textsFor(callee), `${callee}(${operands})`, arrays, arrays[0]!.length);
}

test("every function of one number is tried", () => {
  const isOfOne = (name: AtomName): boolean => atoms[name].arity === 1 && "callee" in atoms[name].wgsl;
  expect(Object.keys(cases).toSorted()).toEqual(atomNames.filter(isOfOne).toSorted());
});

describeOnDawn("functions of shaders", (gpu) => {
  for (const [name, { ranges, relative, absolute = 0 }] of Object.entries(cases))
    test(`${name} within ${relative} of itself${absolute > 0 ? ` or ${absolute}` : ""}`, async () => {
      const row = atoms[name as AtomName];
      for (const [n, [low, high]] of ranges.entries()) {
        const x = between(n, low, high);
        const found = await called(gpu(), calleeOf(name as AtomName), x);
        x.forEach((given, i) => {
          const exact = row.evaluate(given);
          // What lies below the smallest normal number may be 0.
          const far = Math.abs(found[i]! - exact) - Math.max(relative * Math.abs(exact), absolute, 1.2e-38);
          expect(far, `${name}(${given}) is ${found[i]}, not ${exact}`).toBeLessThanOrEqual(0);
        });
      }
    });

  test("large and small arguments give the limits", async () => {
    const x = Float32Array.of(1e30, -1e30, 1000, -1000, 100, -100);
    const of = async (name: AtomName): Promise<number[]> => [...(await called(gpu(), calleeOf(name), x))];
    expect(await of("tanh")).toEqual([1, -1, 1, -1, 1, -1]);
    expect(await of("erf")).toEqual([1, -1, 1, -1, 1, -1]);
    expect((await of("sigmoid")).map((y) => Math.fround(y))).toEqual([1, 0, 1, 0, 1, 0]);
    expect(await of("softplus")).toEqual([Math.fround(1e30), 0, 1000, 0, 100, 0]);
    for (const y of [...(await of("sin")), ...(await of("cos"))])
      expect(Math.abs(y)).toBeLessThanOrEqual(1.01);
  });

  test("what is no number stays", async () => {
    const nan = new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00001, 0x7fffffff).buffer);
    const one = Float32Array.of(1, -1, 0);
    for (const name of ["max", "min"] as const) {
      expect([...(await called(gpu(), calleeOf(name), nan, one))]).toEqual([NaN, NaN, NaN]);
      expect([...(await called(gpu(), calleeOf(name), one, nan))]).toEqual([NaN, NaN, NaN]);
    }
    for (const name of ["log", "erf", "flush", "tanh", "sigmoid", "softplus"] as const)
      expect([...(await called(gpu(), calleeOf(name), nan))], name).toEqual([NaN, NaN, NaN]);
    expect((await called(gpu(), calleeOf("log"), Float32Array.of(-1)))[0]).toBe(NaN);
  });

  test("max and min", async () => {
    const [a, b] = [between(1, -2, 2), between(2, -2, 2)];
    expect([...(await called(gpu(), calleeOf("max"), a, b))]).toEqual(
      [...a].map((x, i) => Math.max(x, b[i]!)),
    );
    expect([...(await called(gpu(), calleeOf("min"), a, b))]).toEqual(
      [...a].map((x, i) => Math.min(x, b[i]!)),
    );
  });

  test("pow, also of negative numbers, and near 1", async () => {
    const pairs = [
      ...[-3, -2, -1, -0.5, 0, 0.5, 0.9, 1, 2, 7].flatMap((a) =>
        [-3, -2, 0, 1, 2, 3, 8, 13].map((b) => [a, b]),
      ),
      ...[1, 2, 3, 10, 100, 1000, 10000].flatMap((b) => [0.9, 0.99, 0.999].map((a) => [a, b])),
      ...[0.1, 0.5, 1, 3, 100].flatMap((a) => [-1.5, -0.5, 0.3, 0.5, 2.5].map((b) => [a, b])),
      ...[0.5, 2.5].map((b) => [0, b]),
    ] as [number, number][];
    const a = Float32Array.from(pairs, ([x]) => x);
    const b = Float32Array.from(pairs, ([, y]) => y);
    const found = await called(gpu(), calleeOf("pow"), a, b);
    pairs.forEach((_, i) => {
      const exact = Math.pow(a[i]!, b[i]!);
      if (!Number.isFinite(exact)) return;
      const whole = Number.isInteger(b[i]!);
      const bound = (whole ? Math.max(4, Math.abs(b[i]!)) * 6e-8 : 2e-5) * Math.abs(exact) + 1.2e-38;
      expect(
        Math.abs(found[i]! - exact),
        `${a[i]} ^ ${b[i]} is ${found[i]}, not ${exact}`,
      ).toBeLessThanOrEqual(bound);
    });
    expect((await called(gpu(), calleeOf("pow"), Float32Array.of(-1.5), Float32Array.of(0.5)))[0]).toBe(NaN);
  });

  test("random numbers are the same bits everywhere", async () => {
    const [seed, step, place, element] = [words(1), words(2), words(3), words(4)] as const;
    const found = await called(gpu(), calleeOf("random"), seed, step, place, element);
    const exact = [...seed].map((s, i) => uniform(s, step[i]!, place[i]!, element[i]!));
    expect([...found]).toEqual(exact);
  });

  test("integers are divided downwards", async () => {
    const a = words(5).map((x, i) => (i % 2 === 0 ? x >> 16 : x % 7));
    const b = words(6).map((x) => (x >> 24 === 0 ? 1 : x >> 24));
    for (const name of ["integer_div", "integer_mod"] as const) {
      const callee = calleeOf(name);
      const found = await evaluated(gpu(), textsFor(callee), `f32(${callee}(a[i], b[i]))`, [a, b], a.length);
      expect([...found]).toEqual([...a].map((x, i) => atoms[name].evaluate(x, b[i]!) + 0));
    }
  });
});
