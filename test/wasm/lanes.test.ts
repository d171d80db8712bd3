/** What schedules put in the lanes of vectors, beside the interpreter of kernels: rows of every small length, and odd values. */
import { expect, test } from "vitest";
import type { Kernel, Loop, Schedule } from "../../src/ir/kernel.ts";
import { statementsIn } from "../../src/ir/kernel-walk.ts";
import type { Affine, Dim, Expr, Index, Reducer, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { Scene } from "../schedule/build.ts";
import { varying } from "../schedule/scenes.ts";
import { differences, Machine } from "./machine.ts";

const odd = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-30, -3e38, 2.5, -2.5, 7, 7, -7];
const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const most = 9;

const loopsOf = (kernels: readonly Kernel[]): Loop[] =>
  kernels.flatMap((k) => [...statementsIn(k.body)].flatMap((s) => (s.kind === "loop" ? [s] : [])));

const inLanes = (made: Schedule): Loop[] => loopsOf(made.kernels).filter((l) => l.lanes !== undefined);

/** A row of odd values for each of `count` starting points. */
const oddRows = (count: number, length: number): number[] =>
  Array.from(
    { length: count * length },
    (_, n) => odd[(Math.floor(n / length) * 5 + (n % length)) % odd.length]!,
  );

interface Case {
  readonly scene: Scene;
  /** The length of rows, in which the lanes are. */
  readonly n: Dim;
  readonly results: readonly Tensor[];
  readonly given?: (length: number) => ReadonlyMap<Tensor, readonly number[]>;
}

/** Compiles for vectors, and compares for every length of a row. */
async function expectSame({ scene, n, results, given }: Case): Promise<Schedule> {
  const made = schedule(scene.graphs(results), 2, scene.context, { machine: "vector" });
  for (const length of lengths) {
    const values = given ? { given: given(length) } : {};
    const found = await differences(scene, made, {
      dims: new Map([[n, length]]),
      checked: results,
      ...values,
    });
    expect(found, `rows of ${length}`).toEqual([]);
  }
  return made;
}

interface Rows {
  readonly s: Scene;
  readonly n: Dim;
  readonly x: Tensor;
  readonly i: Index;
  readonly j: Index;
}

function rows(count: number): Rows {
  const s = new Scene();
  const n = varying(s, "n", most);
  return { s, n, x: s.tensor("x", [count, n], "input"), i: s.index("i", count), j: s.index("j", n) };
}

/** y[i, j] = f(x[i, j], …) */
function map(f: (rows: Rows) => Expr, type: "f32" | "i32" = "f32"): Case & Rows {
  const all = rows(5);
  const y = all.s.tensor("y", [5, all.n], "definition", type);
  all.s.equation(y, [all.i, all.j], f(all));
  return { ...all, scene: all.s, results: [y] };
}

test.each(["max", "min"] as const)(
  "%s of a row: NaN, zeros and infinities as one by one",
  async (reducer) => {
    const { s, n, x, i, j } = rows(odd.length);
    const y = s.tensor("y", [odd.length]);
    s.equation(y, [i], s.read(x, i, j), { reducer, reduced: [j] });
    const given = (length: number): Map<Tensor, number[]> => new Map([[x, oddRows(odd.length, length)]]);
    const made = await expectSame({ scene: s, n, results: [y], given });
    expect(inLanes(made).map((l) => l.role)).toEqual(["reduce"]);
    // To the bit, so that −0 counts.
    const bits = async (level: 0 | 2): Promise<number[]> => {
      const compiled = schedule(s.graphs([y]), level, s.context, {
        machine: level === 2 ? "vector" : "scalar",
      });
      const machine = await Machine.of(compiled, s.context, new Map([[n, most]]));
      machine.cells(x).set(oddRows(odd.length, most).map((v) => (Number.isNaN(v) ? -0 : v / Infinity)));
      machine.run(compiled.backward, () => 0);
      return [...machine.cells(y)];
    };
    expect(await bits(2)).toEqual(await bits(0));
  },
);

test("a softmax of rows, some of which are −∞", async () => {
  const { s, n, x, i, j } = rows(5);
  const k = s.index("k", n);
  const [max, e] = [s.tensor("max", [5]), s.tensor("e", [5, n])];
  const [sum, p] = [s.tensor("sum", [5]), s.tensor("p", [5, n])];
  s.equation(max, [i], s.read(x, i, j), { reducer: "max", reduced: [j] });
  s.equation(e, [i, j], s.b.apply("exp", [s.b.sub(s.read(x, i, j), s.read(max, i))]));
  s.equation(sum, [i], s.read(e, i, k), { reduced: [k] });
  s.equation(p, [i, j], s.b.div(s.read(e, i, j), s.read(sum, i)));
  const given = (length: number): Map<Tensor, number[]> => {
    const values = oddRows(5, length).map((v) => (Math.abs(v) < 9 ? v : 0.5));
    values.fill(-Infinity, 0, length);
    values[length] = -Infinity;
    return new Map([[x, values]]);
  };
  const made = await expectSame({ scene: s, n, results: [max, p], given });
  expect(made.kernels).toHaveLength(1);
  // Every loop over a row, but for the turns that are left.
  expect(inLanes(made).map((l) => l.role)).toEqual(["reduce", "map", "reduce", "map"]);
});

test.each(["max", "min"] as const)(
  "the place of the %s over windows: the first of equals, and of NaN",
  async (extreme) => {
    const s = new Scene();
    const n = varying(s, "n", most);
    const x = s.tensor("x", [4, 6, n], "input");
    const [best, place] = [s.tensor("best", [2, 3, n]), s.tensor("place", [2, 3, n], "definition", "i32")];
    const [i, j, k] = [s.index("i", 2), s.index("j", 3), s.index("k", n)];
    const [u, v] = [s.index("u", 2), s.index("v", 2)];
    const at = s.read(x, s.b.plus(s.b.times(i, 2), u), s.b.plus(s.b.times(j, 2), v), k);
    const of = (reducer: Reducer): { reducer: Reducer; reduced: Index[] } => ({ reducer, reduced: [u, v] });
    s.equation(best, [i, j, k], at, of(extreme));
    s.equation(place, [i, j, k], at, of(`arg${extreme}`));
    // Backward: what came from a window goes to the place that won.
    const dx = s.tensor("dx", [4, 6, n]);
    const [a, b] = [s.index("a", 4), s.index("b", 6)];
    const window: Affine[] = [s.b.floorDivide(a, 2), s.b.floorDivide(b, 2)];
    const own = s.b.plus(s.b.times(s.b.modulo(a, 2), 2), s.b.modulo(b, 2));
    const won = s.b.equal(s.read(place, ...window, k), own);
    s.equation(dx, [a, b, k], s.b.select(won, s.read(best, ...window, k), s.b.number(0)));
    const given = (length: number): Map<Tensor, number[]> => new Map([[x, oddRows(24, length)]]);
    const made = await expectSame({ scene: s, n, results: [best, place, dx], given });
    expect(inLanes(made)).toHaveLength(2);
  },
);

const maps: Readonly<Record<string, (rows: Rows) => Expr>> = {
  "one of a row by its number": ({ s, x, i, j }) =>
    s.b.sub(s.read(x, i, j), s.b.cast(s.b.equal(s.b.of(j), s.b.times(i, 2)), "f32")),
  "up to a place in the row": ({ s, x, i, j }) =>
    s.b.select(s.b.less(s.b.of(i), s.b.of(j)), s.b.number(0), s.read(x, i, j)),
  "the number of a place, in parts": ({ s, i, j }) =>
    s.b.add(
      s.b.cast(s.b.floorDivide(s.b.plus(s.b.times(j, 3), i, -8), 4), "f32"),
      s.b.mul(s.b.cast(s.b.modulo(s.b.minus(i, s.b.times(j, 5)), 8), "f32"), s.b.number(100)),
    ),
  "integers that are compared, scaled and chosen": ({ s, x, i, j }) => {
    const place = s.b.select(
      s.b.less(s.read(x, i, j), s.b.number(0)),
      s.b.times(j, -3),
      s.b.apply("max", [s.b.of(j), s.b.integer(3)]),
    ) as Affine;
    return s.b.select(
      s.b.nonnegative(s.b.plus(s.b.times(place, 2), 4)),
      s.b.cast(place, "f32"),
      s.b.number(-1),
    );
  },
  "random numbers": ({ s, i, j }) =>
    s.b.apply("random", [s.b.integer(3), s.b.of(i), s.b.integer(-5), s.b.of(j)]),
};

test.each(Object.entries(maps))("in lanes: %s", async (_, f) => {
  const made = await expectSame(map(f));
  expect(inLanes(made).map((l) => l.role)).toEqual(["map"]);
});

test("integers are read and stored in lanes, truth values are read", async () => {
  const { s, n, x, i, j } = rows(3);
  const [count, mask] = [
    s.tensor("count", [3, n], "input", "i32", 5),
    s.tensor("mask", [3, n], "input", "bool"),
  ];
  const [y, z] = [s.tensor("y", [3, n]), s.tensor("z", [3, n], "definition", "i32")];
  s.equation(y, [i, j], s.b.select(s.read(mask, i, j), s.read(x, i, j), s.b.number(0)));
  s.equation(z, [i, j], s.b.plus(s.b.times(s.read(count, i, j) as Affine, -2), j, 1));
  const bits = (length: number): number[] => Array.from({ length: 3 * length }, (_, k) => ((k * k) % 3) % 2);
  const given = (length: number): Map<Tensor, number[]> => new Map([[mask, bits(length)]]);
  const made = await expectSame({ scene: s, n, results: [y, z], given });
  expect(inLanes(made).length).toBeGreaterThan(0);
});

test("what a lane must not read keeps a loop out of lanes; what all agree on is asked first", async () => {
  const own = map(({ s, x, i, j }) =>
    s.b.select(s.b.nonnegative(s.b.plus(j, -1)), s.read(x, i, s.b.plus(j, -1)), s.b.number(3)),
  );
  expect(inLanes(await expectSame(own))).toEqual([]);
  const shared = map(({ s, x, i, j }) => {
    const isThere = s.b.nonnegative(s.b.minus(3, i));
    const next = s.read(x, s.b.plus(i, 1), j);
    return s.b.select(s.b.and(isThere, s.b.less(next, s.b.number(0.2))), next, s.b.number(3));
  });
  expect(inLanes(await expectSame(shared))).toHaveLength(1);
});

test("a sum over a range that may be empty, or end before it begins", async () => {
  const { s, n, x, i, j } = rows(8);
  const y = s.tensor("y", [8]);
  const where = [s.b.nonnegative(s.b.minus(s.b.minus(j, i), 2))];
  s.equation(y, [i], s.read(x, i, j), { reduced: [j], where });
  const made = await expectSame({ scene: s, n, results: [y] });
  expect(inLanes(made)).toHaveLength(1);
});

test("what is dear to do with sums is done in lanes of its own, also where sums run along the lanes", async () => {
  const s = new Scene();
  const n = varying(s, "n", most);
  const [x, w, other] = [
    s.tensor("x", [3, 6], "input"),
    s.tensor("w", [n, 6], "input"),
    s.tensor("o", [3, n], "input"),
  ];
  const [z, y] = [s.tensor("z", [3, n]), s.tensor("y", [3, n])];
  const [i, j, k] = [s.index("i", 3), s.index("j", n), s.index("k", 6)];
  s.equation(z, [i, j], s.b.mul(s.read(x, i, k), s.read(w, j, k)), { reduced: [k] });
  const shifted = s.b.add(s.read(z, i, j), s.read(other, i, j));
  s.equation(y, [i, j], s.b.mul(shifted, s.b.apply("tanh", [shifted])));
  const made = await expectSame({ scene: s, n, results: [y] });
  expect(made.kernels).toHaveLength(1);
  const isTanh = (l: Loop): boolean =>
    JSON.stringify(l.body, ["kind", "value", "atom", "args"]).includes("tanh");
  expect(inLanes(made).filter(isTanh)).toHaveLength(1);
  expect(
    loopsOf(made.kernels)
      .filter((l) => l.role === "reduce")
      .some(isTanh),
  ).toBe(false);
});
