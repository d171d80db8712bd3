import { describe, expect, it } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { Environment } from "../../src/ir/interpreter.ts";
import type { Reducer } from "../../src/ir/types.ts";
import { Small } from "./small.ts";

const filled = (n: number, f: (i: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => f(i));

describe("interpret", () => {
  it("multiplies matrices with a dynamic batch, fast enough to test with", () => {
    const s = new Small();
    const n = s.b.dim("n", 1, 128, s.span);
    const x = s.tensor("x", [n, 64], "input");
    const w = s.tensor("W", [64, 64], "parameter");
    const z = s.tensor("z", [n, 64]);
    const [b, j, k] = [s.index("b", n), s.index("j", 64), s.index("k", 64)];
    const equation = s.equation(z, [b, j], [b, j], s.b.mul(s.b.read(x, [b, k]), s.b.read(w, [k, j])), {
      reducer: "sum",
      reduced: [k],
    });
    const environment: Environment = {
      dims: new Map([[n, 64]]),
      values: new Map([
        [x, filled(64 * 64, (i) => Math.sin(i))],
        [w, filled(64 * 64, (i) => Math.cos(i))],
      ]),
      count: { bodies: 0 },
    };
    const start = performance.now();
    interpret([equation], environment);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(environment.count!.bodies).toBe(64 ** 3);
    let expected = 0;
    for (let i = 0; i < 64; i++) expected += Math.sin(3 * 64 + i) * Math.cos(i * 64 + 5);
    expect(environment.values.get(z)![3 * 64 + 5]).toBeCloseTo(expected, 12);
  });

  it("reads nothing that is not chosen, and names a read that is out of range", () => {
    const s = new Small();
    const x = s.tensor("x", [3], "input");
    const y = s.tensor("y", [5]);
    const i = s.index("i", 5);
    const { b } = s;
    const read = b.read(x, [b.minus(i, 1)]);
    const inside = b.and(b.nonnegative(b.minus(i, 1)), b.nonnegative(b.minus(3, i)));
    const values = new Map([[x, Float64Array.of(1, 2, 3)]]);
    interpret([s.equation(y, [i], [i], b.select(inside, read, b.number(-7)))], { dims: new Map(), values });
    expect([...values.get(y)!]).toEqual([-7, 1, 2, 3, -7]);
    expect(() => interpret([s.equation(y, [i], [i], read)], { dims: new Map(), values })).toThrow(
      "x[-1] is out of range: its shape is [3]",
    );
    // `where` protects as well, and a convolution with padding is a sum over fewer terms at the border.
    const u = s.index("u", 3);
    const place = b.minus(b.plus(i, u), 2);
    const padded = s.equation(y, [i], [i], b.read(x, [place]), {
      reducer: "sum",
      reduced: [u],
      where: [b.nonnegative(place), b.nonnegative(b.minus(2, place))],
    });
    interpret([padded], { dims: new Map(), values });
    expect([...values.get(y)!]).toEqual([1, 3, 6, 5, 3]);
  });

  it.each<[Reducer, number[], number]>([
    ["sum", [1, 4, 4], 9],
    ["prod", [2, 4, 4], 32],
    ["max", [1, 4, 4], 4],
    ["min", [1, -4, -4], -4],
    ["argmax", [1, 4, 4], 1],
    ["argmin", [1, -4, -4], 1],
    ["sum", [], 0],
    ["prod", [], 1],
    ["max", [], -Infinity],
    ["min", [], Infinity],
    ["argmax", [], 0],
    ["max", [1, NaN, 4], NaN],
    ["min", [1, NaN, 4], NaN],
    ["argmax", [1, NaN, 4, NaN], 1],
    ["argmin", [NaN, -1, NaN], 0],
  ])("%s of %j is %d", (reducer, list, expected) => {
    const s = new Small();
    const x = s.tensor("x", [list.length], "input");
    const y = s.tensor("y", [], "definition", reducer.startsWith("arg") ? "i32" : "f32");
    const k = s.index("k", list.length);
    const values = new Map([[x, Float64Array.from(list)]]);
    interpret([s.equation(y, [], [], s.b.read(x, [k]), { reducer, reduced: [k] })], {
      dims: new Map(),
      values,
    });
    expect(values.get(y)![0]).toBe(expected);
  });

  it("linearises the position of a maximum with the largest extents", () => {
    const s = new Small();
    const n = s.b.dim("n", 1, 10, s.span);
    const x = s.tensor("x", [2, n], "input");
    const y = s.tensor("y", [], "definition", "i32");
    const [u, v] = [s.index("u", 2), s.index("v", n)];
    const values = new Map([[x, Float64Array.of(1, 2, 3, 4, 6, 5)]]);
    interpret([s.equation(y, [], [], s.b.read(x, [u, v]), { reducer: "argmax", reduced: [u, v] })], {
      dims: new Map([[n, 3]]),
      values,
    });
    expect(values.get(y)![0]).toBe(1 * 10 + 1);
  });

  it("scatters, adds up parts and updates parameters in place", () => {
    const s = new Small();
    const { b } = s;
    const token = s.tensor("token", [4], "input", "i32", 3);
    const dy = s.tensor("dy", [4], "input");
    const dE = s.tensor("dE", [3]);
    const E = s.tensor("E", [3], "parameter");
    const [t, v] = [s.index("t", 4), s.index("v", 3)];
    const parameter = Float64Array.of(10, 20, 30);
    const environment: Environment = {
      dims: new Map(),
      values: new Map([
        [token, Float64Array.of(2, 0, 2, 2)],
        [dy, Float64Array.of(1, 2, 4, 8)],
        [E, parameter],
      ]),
    };
    const statements = [
      s.equation(dE, [t], [b.read(token, [t])], b.read(dy, [t]), { accumulate: true }),
      s.equation(dE, [], [1], b.number(100)),
      s.equation(E, [v], [v], b.sub(b.read(E, [v]), b.read(dE, [v]))),
    ];
    interpret(statements, environment);
    expect([...environment.values.get(dE)!]).toEqual([2, 100, 13]);
    expect(environment.values.get(E)).toBe(parameter);
    expect([...parameter]).toEqual([8, -80, 17]);
    interpret(statements.slice(0, 2), environment);
    expect([...environment.values.get(dE)!], "a definition starts from zero each time").toEqual([2, 100, 13]);
  });

  it("runs a recurrence over the parts of one tensor", () => {
    const s = new Small();
    const fibonacci = s.tensor("f", [8]);
    const t = s.index("t", 6);
    const { b } = s;
    const next = b.add(b.read(fibonacci, [t]), b.read(fibonacci, [b.plus(t, 1)]));
    const values = new Map();
    const statements = [
      s.equation(fibonacci, [], [1], b.number(1)),
      s.equation(fibonacci, [t], [b.plus(t, 2)], next),
    ];
    interpret(statements, { dims: new Map(), values });
    expect([...values.get(fibonacci)]).toEqual([0, 1, 1, 2, 3, 5, 8, 13]);
  });

  it("reduces inside bodies, each inner index on its own", () => {
    const s = new Small();
    const { b } = s;
    const x = s.tensor("x", [2, 3], "input");
    const p = s.tensor("p", [2, 3]);
    const [i, j, k, l] = [s.index("i", 2), s.index("j", 3), s.index("k", 3), s.index("l", 3)];
    const largest = b.reduce("max", [l], [], b.read(x, [i, l]));
    const exp = (at: typeof j) => b.apply("exp", [b.sub(b.read(x, [i, at]), largest)]);
    const body = b.div(exp(j), b.reduce("sum", [k], [], exp(k)));
    const values = new Map([[x, Float64Array.of(1, 2, 3, 1000, 1000, -1000)]]);
    interpret([s.equation(p, [i, j], [i, j], body)], { dims: new Map(), values });
    const total = Math.exp(-2) + Math.exp(-1) + 1;
    const expected = [Math.exp(-2) / total, Math.exp(-1) / total, 1 / total, 0.5, 0.5, 0];
    [...values.get(p)!].forEach((v, at) => expect(v).toBeCloseTo(expected[at]!, 14));
  });

  it("evaluates what is shared once", () => {
    const s = new Small();
    const x = s.tensor("x", [], "input");
    const y = s.tensor("y", []);
    let e = s.b.read(x, []);
    for (let n = 0; n < 60; n++) e = s.b.add(e, e);
    const values = new Map([[x, Float64Array.of(1)]]);
    interpret([s.equation(y, [], [], e)], { dims: new Map(), values });
    expect(values.get(y)![0]).toBe(2 ** 60);
  });

  it("refuses what is not computable", () => {
    const s = new Small();
    const x = s.tensor("x", [2], "input");
    const y = s.tensor("y", [2]);
    const i = s.index("i", 2);
    const none = { dims: new Map(), values: new Map() };
    expect(() => interpret([s.equation(y, [i], [i], s.b.read(x, [i]))], none)).toThrow(
      "read before it is written",
    );
    expect(() => interpret([s.equation(x, [i], [i], s.b.number(0))], none)).toThrow("is given");
    expect(() => interpret([], { dims: new Map(), values: new Map([[x, new Float64Array(3)]]) })).toThrow(
      "[2]",
    );
    const gradient = {
      kind: "gradient",
      id: new Builder().id(),
      of: y,
      wrt: [x],
      results: [x],
      origin: s.origin,
    } as const;
    expect(() => interpret([gradient], none)).toThrow("must be expanded");
  });
});
