/** Kernels by hand and from small scenes, in WebAssembly and in the interpreter of kernels. */
import { describe, expect, test } from "vitest";
import type { KernelStatement, Loop } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import type { Affine, Dim, Expr, Index, Local, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { Scene } from "../schedule/build.ts";
import { attention, convolution, softmaxLoss, varying } from "../schedule/scenes.ts";
import { differences, kernelOf, Machine } from "./machine.ts";

const odd = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-30, -3e38, 2.5, -2.5, 7];

/** What a kernel is made of, with little ceremony. */
class Kernels extends Scene {
  loop(index: Index, body: readonly KernelStatement[], more: Partial<Loop> = {}): Loop {
    return { kind: "loop", index, from: this.b.integer(0), to: index.extent, role: "map", body, ...more };
  }

  /** Four turns at once as long as they fit, then the rest one by one. */
  lanes(index: Index, body: readonly KernelStatement[], role: Loop["role"] = "map"): Loop[] {
    const { b } = this;
    const whole = b.times(b.floorDivide(index.extent, 4), 4);
    return [
      this.loop(index, body, { to: b.minus(index.extent, 3), step: 4, lanes: 4, role }),
      this.loop(index, body, { from: whole, role }),
    ];
  }

  store(
    tensor: Tensor,
    subscripts: (Affine | Index | number)[],
    value: Expr,
    accumulate = false,
  ): KernelStatement {
    const origin = { span: { file: "", start: 0, end: 0 }, name: tensor.name };
    const places = subscripts.map((s) => this.b.toAffine(s));
    return { kind: "store", tensor, subscripts: places, value, accumulate, origin };
  }

  variable(local: Local, value: Expr): KernelStatement {
    return { kind: "variable", local, value };
  }

  add(local: Local, value: Expr): KernelStatement {
    return { kind: "assign", local, value, reducer: "sum" };
  }
}

describe.each(levels)("scenes at level %i", (level) => {
  test("softmax cross-entropy with class ids", async () => {
    const { scene, batch, loss, gradient } = softmaxLoss();
    const made = schedule(scene.graphs([loss, gradient]), level, scene.context);
    const checked = [loss, gradient];
    expect(await differences(scene, made, { dims: new Map([[batch, 5]]), checked })).toEqual([]);
  });

  test("convolution with padding", async () => {
    const { scene, y } = convolution();
    const made = schedule(scene.graphs([y]), level, scene.context);
    expect(await differences(scene, made, { checked: [y] })).toEqual([]);
  });

  test("causal attention", async () => {
    const { scene, T, out } = attention();
    const made = schedule(scene.graphs([out]), level, scene.context);
    for (const count of [1, 4, 6])
      expect(await differences(scene, made, { dims: new Map([[T, count]]), checked: [out] })).toEqual([]);
  });

  test("extrema and their positions: the first of equals, NaN and infinities", async () => {
    const s = new Scene();
    const x = s.tensor("x", [4, 3], "input");
    const results = (["max", "min", "argmax", "argmin"] as const).map((reducer) => {
      const t = s.tensor(reducer, [4], "definition", reducer.startsWith("arg") ? "i32" : "f32");
      const [i, j] = [s.index("i", 4), s.index("j", 3)];
      s.equation(t, [i], s.read(x, i, j), { reducer, reduced: [j] });
      return t;
    });
    const made = schedule(s.graphs(results), level, s.context);
    expect(await differences(s, made, { given: new Map([[x, odd]]), checked: results })).toEqual([]);
  });
});

/** y = f(x, z) for every pair of odd numbers, one by one or in lanes. */
async function mapDifferences(
  f: (s: Kernels, x: Expr, z: Expr) => Expr,
  lanes: boolean,
  given: readonly number[] = odd,
): Promise<string[]> {
  const s = new Kernels();
  const pairs = given.flatMap((a) => given.map((b) => [a, b] as const));
  const n = pairs.length - 1;
  const [x, z] = [s.tensor("x", [n], "input"), s.tensor("z", [n], "input")];
  const y = s.tensor("y", [n]);
  const i = s.index("i", n);
  const body = [s.store(y, [i], f(s, s.read(x, i), s.read(z, i)))];
  const made = kernelOf(s, lanes ? s.lanes(i, body) : [s.loop(i, body)]);
  const values = new Map([
    [x, pairs.slice(0, n).map(([a]) => a)],
    [z, pairs.slice(0, n).map(([, b]) => b)],
  ]);
  return differences(s, made, { given: values });
}

const maps: Readonly<Record<string, (s: Kernels, x: Expr, z: Expr) => Expr>> = {
  "max of two": ({ b }, x, z) => b.apply("max", [x, z]),
  "min of two": ({ b }, x, z) => b.apply("min", [x, z]),
  "max with a number before": ({ b }, x) => b.apply("max", [b.number(0), x]),
  "max with a number behind": ({ b }, x) => b.apply("max", [x, b.number(1)]),
  "min with a number": ({ b }, x) => b.apply("min", [b.number(2), x]),
  less: ({ b }, x, z) => b.cast(b.less(x, z), "f32"),
  "not above": ({ b }, x, z) => b.cast(b.apply("le", [x, z]), "f32"),
  equal: ({ b }, x, z) => b.cast(b.equal(x, z), "f32"),
  "equal truth values": ({ b }, x, z) =>
    b.cast(b.equal(b.less(x, b.number(0)), b.less(z, b.number(0))), "f32"),
  "and, or, not": ({ b }, x, z) => {
    const [p, q] = [b.less(x, z), b.less(b.number(1), x)];
    return b.cast(b.apply("or", [b.and(p, b.apply("not", [q])), b.less(z, b.number(-1))]), "f32");
  },
  "a choice": ({ b }, x, z) => b.select(b.less(x, z), b.sub(z, x), b.mul(x, b.number(0.5))),
  "a choice between what is dear": ({ b }, x, z) =>
    b.select(b.less(x, z), b.apply("exp", [b.apply("min", [x, b.number(1)])]), b.apply("tanh", [z])),
  "square, cube, sign, |x|, ⌊x⌋, √": ({ b }, x, z) => {
    const small = b.apply("max", [b.apply("min", [x, b.number(9)]), b.number(-9)]);
    const parts = [
      b.pow(small, b.number(2)),
      b.pow(b.add(small, b.number(1)), b.number(3)),
      b.apply("sign", [z]),
      b.apply("floor", [small]),
      b.apply("sqrt", [b.apply("abs", [small])]),
    ];
    return parts.reduce((sum, p) => b.add(sum, p));
  },
};

describe.each(Object.entries(maps))("%s", (_, f) => {
  test("one by one", async () => expect(await mapDifferences(f, false)).toEqual([]));
  test("in lanes", async () => expect(await mapDifferences(f, true)).toEqual([]));
});

describe("loops in lanes", () => {
  const counts = [1, 3, 4, 6, 9, 16];

  test("a product of matrices: sums in vectors, factors spread over them", async () => {
    const s = new Kernels();
    const [n, m] = [varying(s, "n", 16), varying(s, "m", 16)];
    const [A, B] = [s.tensor("A", [n, 5], "input"), s.tensor("B", [5, m], "input")];
    const C = s.tensor("C", [n, m]);
    const [i, j, k] = [s.index("i", n), s.index("j", m), s.index("k", 5)];
    const sum = s.b.local("sum", "f32");
    const turn = s.loop(k, [s.add(sum, s.b.mul(s.read(A, i, k), s.read(B, k, j)))], { role: "reduce" });
    const body = [s.variable(sum, s.b.number(0)), turn, s.store(C, [i, j], sum)];
    const made = kernelOf(s, [s.loop(i, s.lanes(j, body))], [n, m]);
    for (const rows of [1, 5])
      for (const columns of counts) {
        const dims = new Map<Dim, number>([
          [n, rows],
          [m, columns],
        ]);
        expect(await differences(s, made, { dims })).toEqual([]);
      }
  });

  test("a sum of what lies side by side, twice, and a number added in every lane", async () => {
    const s = new Kernels();
    const n = varying(s, "n", 16);
    const x = s.tensor("x", [3, n], "input");
    const [y, z] = [s.tensor("y", [3]), s.tensor("z", [3])];
    const [i, j] = [s.index("i", 3), s.index("j", n)];
    const [sum, count] = [s.b.local("sum", "f32"), s.b.local("count", "f32")];
    const value = s.read(x, i, j);
    const turns = s.lanes(j, [s.add(sum, s.b.mul(value, value)), s.add(count, s.b.number(2))], "reduce");
    const start = [s.variable(sum, s.b.number(10)), s.variable(count, s.b.number(0))];
    const ends = [s.store(y, [i], sum), s.store(z, [i], count)];
    const made = kernelOf(s, [s.loop(i, [...start, ...turns, ...ends])], [n]);
    for (const count of counts)
      expect(await differences(s, made, { dims: new Map([[n, count]]) })).toEqual([]);
  });

  test("scalars, locals from outside, truth values that are the same in all lanes, and +=", async () => {
    const s = new Kernels();
    const n = varying(s, "n", 16);
    const rate = s.tensor("rate", [], "hyper");
    const [x, scale] = [s.tensor("x", [3, n], "input"), s.tensor("scale", [3], "input")];
    const y = s.tensor("y", [3, n]);
    const [i, j] = [s.index("i", 3), s.index("j", n)];
    const factor = s.b.local("factor", "f32");
    const isFirst = s.b.zero(s.b.of(i));
    const chosen = s.b.select(
      isFirst,
      s.b.mul(factor, s.read(x, i, j)),
      s.b.add(s.read(x, i, j), s.read(rate)),
    );
    const mask = s.b.and(isFirst, s.b.less(s.read(x, i, j), factor));
    const value = s.b.add(chosen, s.b.add(s.read(scale, i), s.b.cast(mask, "f32")));
    const body = s.lanes(j, [
      s.store(y, [i, j], value, true),
      s.store(y, [i, j], s.b.mul(s.read(y, i, j), value)),
    ]);
    const made = kernelOf(
      s,
      [s.loop(i, [{ kind: "let", local: factor, value: s.read(scale, i) }, ...body])],
      [n],
    );
    for (const count of counts)
      expect(await differences(s, made, { dims: new Map([[n, count]]) })).toEqual([]);
  });

  test("lanes that are no neighbours are refused", async () => {
    const s = new Kernels();
    const x = s.tensor("x", [8, 2], "input");
    const y = s.tensor("y", [8]);
    const i = s.index("i", 8);
    const made = kernelOf(s, s.lanes(i, [s.store(y, [i], s.read(x, i, 0))]));
    await expect(Machine.of(made, s.context, new Map())).rejects.toThrow("not neighbours");
  });
});

test("integers: floor and modulo of negative numbers, by numbers and by counts", async () => {
  const s = new Kernels();
  const d = varying(s, "d", 9);
  const results = Array.from({ length: 6 }, (_, n) => s.tensor(`r${n}`, [25], "definition", "i32"));
  const i = s.index("i", 25);
  const value = s.b.plus(i, -12);
  const opposite = s.b.plus(s.b.times(value, -3), 1);
  const made = kernelOf(
    s,
    [
      s.loop(
        i,
        [
          s.b.floorDivide(value, 4),
          s.b.floorDivide(opposite, 5),
          s.b.modulo(value, 8),
          s.b.modulo(opposite, 7),
          s.b.apply("integer_div", [value, s.b.of(d)]),
          s.b.apply("integer_mod", [opposite, s.b.of(d)]),
        ].map((e, n) => s.store(results[n]!, [i], e)),
      ),
    ],
    [d],
  );
  for (const divisor of [1, 3, 8])
    expect(await differences(s, made, { dims: new Map([[d, divisor]]) })).toEqual([]);
});

test("an address before the first tensor is never used", async () => {
  const s = new Kernels();
  const x = s.tensor("x", [6], "definition");
  const y = s.tensor("y", [6], "definition");
  const i = s.index("i", 6);
  const at = (distance: number): Expr => s.read(x, s.b.plus(i, distance));
  const isInside = s.b.nonnegative(s.b.plus(i, -5));
  // Both neighbours share a pointer that starts five places before the tensor.
  const value = s.b.add(s.b.select(isInside, at(-5), s.b.number(1)), at(0));
  const made = kernelOf(s, [s.loop(i, [s.store(y, [i], value)])]);
  expect(await differences(s, made, { given: new Map([[x, [1, 2, 3, 4, 5, 6]]]) })).toEqual([]);
});

test("random numbers have the bits that they have everywhere", async () => {
  const s = new Kernels();
  const y = s.tensor("y", [64]);
  const i = s.index("i", 64);
  const of = (...numbers: number[]): Affine[] => numbers.map((n) => s.b.integer(n));
  const made = kernelOf(s, [
    s.loop(i, [s.store(y, [i], s.b.apply("random", [...of(7, -3, 12), s.b.of(i)]))]),
  ]);
  expect(await differences(s, made, { tolerance: 0 })).toEqual([]);
});
