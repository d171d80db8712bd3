import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Kernel, Level } from "../../src/ir/kernel.ts";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import type { Affine, Dim, Index, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { calls, compare, Scene } from "./build.ts";
import { differences, graphsOf } from "./run.ts";

const sharing = [1, 2] as const;

const numbersPassed = (made: ReturnType<typeof compare>["schedule"]): (readonly (Dim | number)[])[] =>
  calls(made.backward).map((c) => c.dims);

/** y0[j], y1[j], … = body(the place of a row): one definition a row. */
function rows(
  s: Scene,
  count: number,
  body: (at: number, j: Index) => Affine | ReturnType<Scene["read"]>,
): Tensor[] {
  return Array.from({ length: count }, (_, at) => {
    const y = s.tensor(`y.${at}`, [3]);
    const j = s.index("j", 3);
    s.equation(y, [j], body(at, j));
    return y;
  });
}

describe.each(sharing)("kernels that differ in constants at level %i", (level) => {
  test("a place that differs is an argument, one that does not is none", () => {
    const s = new Scene();
    const x = s.tensor("x", [4, 2, 3], "input");
    const ys = rows(s, 4, (at, j) => s.b.apply("tanh", [s.read(x, at, 1, j)]));
    const made = compare(s, s.graphs(ys), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => [k.name, k.dims.map((d) => d.name)])).toEqual([["y", ["at"]]]);
    expect(numbersPassed(made.schedule)).toEqual([[0], [1], [2], [3]]);
    expect(printKernel(made.schedule.kernels[0]!)).toContain("x[at, 1, j]");
  });

  test("what stands beside a loop is an offset", () => {
    const s = new Scene();
    const z = s.tensor("z", [12], "input");
    const ys = rows(s, 3, (part, j) => s.b.apply("tanh", [s.read(z, s.b.plus(j, 3 * part))]));
    const made = compare(s, s.graphs(ys), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.dims.map((d) => d.name))).toEqual([["offset"]]);
    expect(numbersPassed(made.schedule)).toEqual([[0], [3], [6]]);
  });

  test("constants that are equal, or a fixed number apart, in every call are one argument", () => {
    const s = new Scene();
    const [x, z] = [s.tensor("x", [8, 3], "input"), s.tensor("z", [8, 3], "input")];
    const ys = rows(s, 4, (n, j) => {
      const ahead = s.b.mul(s.read(x, 2 * n, j), s.read(x, 2 * n + 1, j));
      return s.b.sub(ahead, s.b.mul(s.read(z, 2 * n, j), s.read(z, 7 - 2 * n, j)));
    });
    const made = compare(s, s.graphs(ys), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.dims.length)).toEqual([1]);
  });

  test("constants that differ independently are arguments of their own", () => {
    const s = new Scene();
    const [x, z] = [s.tensor("x", [6, 3], "input"), s.tensor("z", [6, 3], "input")];
    const ys = rows(s, 4, (at, j) => s.b.mul(s.read(x, at, j), s.read(z, (2 * at) % 5, j)));
    const made = compare(s, s.graphs(ys), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.dims.map((d) => d.name))).toEqual([["at", "at_2"]]);
  });

  test("conditions and bounds of loops", () => {
    const s = new Scene();
    const ys = Array.from({ length: 3 }, (_, n) => {
      const [x, y] = [s.tensor(`x.${n}`, [5, 5], "input"), s.tensor(`y.${n}`, [5])];
      const [i, j] = [s.index("i", 5), s.index("j", 5)];
      const where = [s.b.nonnegative(s.b.plus(s.b.minus(i, j), n))];
      s.equation(y, [i], s.read(x, i, j), { reduced: [j], where });
      return y;
    });
    const made = compare(s, s.graphs(ys), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.dims.map((d) => d.name))).toEqual([["bound"]]);
  });

  test("a recurrence among the rows of one tensor is one kernel", () => {
    const s = new Scene();
    const W = s.tensor("W", [3, 3], "input");
    const h = s.tensor("h", [7, 3]);
    const first = s.index("j", 3);
    s.equation(h, [0, first], s.b.number(1));
    for (let t = 0; t < 6; t++) {
      const [j, k] = [s.index("j", 3), s.index("k", 3)];
      s.equation(h, [t + 1, j], s.b.mul(s.read(h, t, k), s.read(W, k, j)), { reduced: [k] });
    }
    const made = compare(s, s.graphs([h]), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.dims.map((d) => d.name))).toEqual([[], ["at"]]);
  });

  test("which cells of a tensor that a kernel stores into are the same is no matter of constants", () => {
    const s = new Scene();
    const made = [0, 1].map((n) => {
      const [h, y] = [s.tensor(`h.${n}`, [2, 3]), s.tensor(`y.${n}`, [3])];
      for (const row of [0, 1]) {
        const [x, j] = [s.tensor(`x.${n}.${row}`, [3], "input"), s.index("j", 3)];
        s.equation(h, [row, j], s.b.apply("tanh", [s.read(x, j)]));
      }
      const j = s.index("j", 3);
      s.equation(y, [j], s.b.apply("exp", [s.read(h, n, j)]));
      return [h, y];
    });
    const { schedule: found, differences: wrong } = compare(s, s.graphs(made.flat()), level);
    expect(wrong).toEqual([]);
    // One of them uses the value that it has just stored, the other a cell of the memory.
    expect(found.kernels.map((k) => k.dims.length)).toEqual([0, 0, 0]);
  });

  test("kernels of different sizes are different", () => {
    const s = new Scene();
    const ys = [3, 4].map((n) => {
      const [x, y] = [s.tensor(`x.${n}`, [2, n], "input"), s.tensor(`y.${n}`, [n])];
      const j = s.index("j", n);
      s.equation(y, [j], s.b.apply("tanh", [s.read(x, n - 3, j)]));
      return y;
    });
    const made = compare(s, s.graphs(ys), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.dims.length)).toEqual([0, 0]);
  });
});

/** Constants of one call: of subscripts, of a quotient and a remainder, of a condition and an equality. */
const constants = fc.record({
  start: fc.integer({ min: 0, max: 20 }),
  row: fc.integer({ min: 0, max: 3 }),
  shift: fc.integer({ min: 0, max: 6 }),
  phase: fc.integer({ min: -4, max: 4 }),
  bound: fc.integer({ min: -2, max: 6 }),
  spot: fc.integer({ min: -1, max: 5 }),
});

test("whatever the constants are, calls compute what they say", () => {
  fc.assert(
    fc.property(
      fc.array(constants, { minLength: 2, maxLength: 5 }),
      fc.boolean(),
      fc.constantFrom(...sharing),
      (calls, reduces, level) => {
        const s = new Scene();
        const { b } = s;
        const ys = calls.map((c, n) => {
          const [x, z] = [s.tensor(`x.${n}`, [30], "input"), s.tensor(`z.${n}`, [4, 10], "input")];
          const [i, k] = [s.index("i", 5), s.index("k", 4)];
          const y = s.tensor(`y.${n}`, [5]);
          const quotient = b.floorDivide(b.plus(b.times(i, 3), c.shift), 2);
          const remainder = b.times(b.modulo(b.plus(i, c.phase), 5), 2);
          const chosen = b.select(
            b.nonnegative(b.minus(i, c.bound)),
            s.read(z, c.row, quotient),
            s.read(x, remainder),
          );
          const hit = b.cast(b.zero(b.minus(i, c.spot)), "f32");
          const body = b.add(b.mul(chosen, s.read(x, b.plus(i, k, c.start))), hit);
          const where = [b.nonnegative(b.plus(b.minus(k, i), c.bound))];
          if (reduces) s.equation(y, [i], body, { reduced: [k], where });
          else s.equation(y, [i], b.mul(chosen, b.add(s.read(x, b.plus(i, c.start)), hit)));
          return y;
        });
        expect(compare(s, s.graphs(ys), level).differences).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

const recurrent = (layer: string, time: number): string => `model M {
  dim batch <= 3
  input x: [batch, ${time}, 2]
  input label: int[batch] < 3
  h = x |> ${layer}(4)
  output y = h[:, ${time - 1}] |> linear(3)
  loss cross_entropy(y, label)
  optimizer sgd(lr = 0.1)
}`;

describe("recurrent layers", () => {
  test.each(["rnn", "lstm", "gru"])("%s computes what the graphs mean, whatever is shared", (layer) => {
    for (const level of sharing) expect(differences(recurrent(layer, 5), level).found).toEqual([]);
  });

  test("an LSTM over fifty places has the functions of one over eight", { timeout: 60_000 }, () => {
    const kernelsOf = (time: number): Record<Level, readonly Kernel[]> => {
      const { graphs, context } = graphsOf(recurrent("lstm", time));
      const made = (level: Level): readonly Kernel[] => schedule(graphs, level, context).kernels;
      return { 0: made(0), 1: made(1), 2: made(2) };
    };
    const [short, long] = [kernelsOf(8), kernelsOf(50)];
    for (const level of sharing) expect(long[level].length).toBe(short[level].length);
    expect(long[0].length).toBeGreaterThan(short[0].length);
  });
});

test("level 0: the turns of an initialiser are calls of the kernels of its lines", () => {
  const { schedule: made, found } = differences(
    "model M {\n  param W: [4, 4] ~ orthogonal\n  output y = W\n}",
    0,
  );
  expect(found).toEqual([]);
  expect(calls(made.initialise).length).toBeGreaterThan(70);
  expect(new Set(calls(made.initialise).map((c) => c.kernel)).size).toBeLessThan(10);
});
