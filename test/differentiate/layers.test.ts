import { describe, expect, test } from "vitest";
import type { Expr, Index, Reducer, Tensor } from "../../src/ir/types.ts";
import { checkGradients, Sketch } from "../support/gradcheck.ts";

describe("products", () => {
  const layouts = ["bk kj", "kb kj", "bk jk", "kb jk"];
  test.each(layouts)("%s: each adjoint visits what the product visits", (layout) => {
    const m = new Sketch();
    const loops: Readonly<Record<string, Index>> = {
      b: m.index("b", 3),
      j: m.index("j", 4),
      k: m.index("k", 5),
    };
    const [x, y] = layout.split(" ").map((letters, n): { t: Tensor; e: Expr } => {
      const indices = [...letters].map((l) => loops[l]!);
      const t = m.input(
        "xy"[n]!,
        indices.map((i) => i.extent),
      );
      return { t, e: m.at(t, ...indices) };
    });
    const z = m.sum("z", [loops.b!, loops.j!], [loops.k!], m.b.mul(x!.e, y!.e));
    const checked = checkGradients(m, m.weigh(z), [x!.t, y!.t]);
    expect(checked.visits).toBe(2 * 60 + 12 + 1);
  });

  test("linear over a dynamic batch, with bias", () => {
    const m = new Sketch();
    const batch = m.dim("batch", 3, 8);
    const x = m.input("x", [batch, 4]);
    const W = m.input("W", [4, 2]);
    const c = m.input("c", [2]);
    const [b, j, k] = [m.index("b", batch), m.index("j", 2), m.index("k", 4)];
    const s = m.sum("s", [b, j], [k], m.b.mul(m.at(x, b, k), m.at(W, k, j)));
    const z = m.define("z", [b, j], m.b.apply("tanh", [m.b.add(m.at(s, b, j), m.at(c, j))]));
    const size = m.b.cast(batch, "f32");
    const loss = m.sum("loss", [], [b, j], m.b.div(m.b.mul(m.at(z, b, j), m.at(z, b, j)), size));
    checkGradients(m, loss, [x, W, c]);
  });

  test("a definition may be differentiated by", () => {
    const m = new Sketch();
    const x = m.input("x", [3, 2]);
    const c = m.input("c", [2]);
    const [b, j] = [m.index("b", 3), m.index("j", 2)];
    const h = m.define("h", [b, j], m.b.mul(m.at(x, b, j), m.at(x, b, j)));
    const z = m.define("z", [b, j], m.b.apply("exp", [m.b.add(m.at(h, b, j), m.at(c, j))]));
    const [dh, dc] = m.gradient(m.weigh(z), h, c);
    const values = m.run();
    const each = [...values.get(dh!)!];
    expect(each.every((v) => v !== 0)).toBe(true);
    [...values.get(dc!)!].forEach((v, n) =>
      expect(v).toBeCloseTo(each[n]! + each[n + 2]! + each[n + 4]!, 12),
    );
  });

  test("bilinear: x[i]·A[i, j]·x[j] and a shared weight", () => {
    const m = new Sketch();
    const x = m.input("x", [4]);
    const A = m.input("A", [4, 4]);
    const [i, j] = [m.index("i", 4), m.index("j", 4)];
    const body = m.b.mul(m.b.mul(m.at(x, i), m.at(A, i, j)), m.at(x, j));
    checkGradients(m, m.sum("u", [], [i, j], body), [x, A]);
  });
});

describe("reducers", () => {
  const values: Readonly<Record<string, number[]>> = {
    distinct: [0.3, -0.2, 0.9, 0.1, 0.5, -0.7, 0.25, 0.6, -0.4, 0.05, 0.7, -0.1],
    zero: [0.3, 0, 0.9, 0.1, 0, -0.7, 0, 0.6, -0.4, 0.05, 0.7, -0.1],
  };
  const cases: [Reducer, string][] = [
    ["sum", "distinct"],
    ["prod", "distinct"],
    ["prod", "zero"],
    ["max", "distinct"],
    ["min", "distinct"],
  ];
  test.each(cases)("%s of %s values, over one and two dimensions", (reducer, kind) => {
    const m = new Sketch();
    const x = m.input("x", [3, 2, 2], values[kind]);
    const w = m.input("w", [2, 2]);
    const [i, j, k] = [m.index("i", 3), m.index("j", 2), m.index("k", 2)];
    const body = m.b.mul(m.at(x, i, j, k), m.at(w, j, k));
    const rows = m.define("rows", [i, j], body, { reducer, reduced: [k] });
    const all = m.define("all", [i], body, { reducer, reduced: [j, k] });
    const [p, q] = [m.index("p", 3), m.index("q", 2)];
    const both = m.sum("both", [], [p, q], m.b.mul(m.at(rows, p, q), m.at(all, p)));
    checkGradients(m, both, [x, w]);
  });

  test("a condition on a reduction holds backwards", () => {
    for (const reducer of ["sum", "prod", "max"] as const) {
      const m = new Sketch();
      const x = m.input("x", [4, 4]);
      const [i, j] = [m.index("i", 4), m.index("j", 4)];
      const where = [m.b.nonnegative(m.b.minus(i, j))];
      const y = m.define("y", [i], m.at(x, i, j), { reducer, reduced: [j], where });
      checkGradients(m, m.weigh(y), [x]);
    }
  });

  test("of equal extrema the first has the whole derivative", () => {
    for (const reducer of ["max", "min"] as const) {
      const m = new Sketch();
      const x = m.input("x", [2, 3], [1, 1, 1, 0, 0, 0]);
      const [i, j] = [m.index("i", 2), m.index("j", 3)];
      const y = m.define("y", [i], m.at(x, i, j), { reducer, reduced: [j] });
      const loss = m.sum("loss", [], [i], m.at(y, i));
      const results = m.gradient(loss, x);
      expect([...m.run().get(results[0]!)!]).toEqual([1, 0, 0, 1, 0, 0]);
    }
  });

  test("an equality guard on the reduced index removes its loop", () => {
    const m = new Sketch();
    const x = m.input("x", [4, 3]);
    const s = m.input("s", [4]);
    const label = m.integers("label", [4], 3, [2, 0, 1, 1]);
    const [b, j] = [m.index("b", 4), m.index("j", 3)];
    const chosen = m.b.equal(j.extent && m.b.of(j), m.at(label, b));
    const y = m.sum("y", [b], [j], m.b.mul(m.at(x, b, j), m.at(s, b)), [chosen]);
    const checked = checkGradients(m, m.weigh(y), [s]);
    expect(checked.visits).toBe(1 + 4 + 4);
  });
});

describe("elementwise", () => {
  test("a condition protects the reads behind it, in the derivative too", () => {
    const m = new Sketch();
    const x = m.input("x", [5]);
    const i = m.index("i", 7);
    const inside = m.padded(x, [m.b.plus(i, -1)], 3);
    const y = m.define("y", [i], m.b.mul(inside, m.b.mul(inside, inside)));
    const before = m.b.nonnegative(m.b.plus(i, -2));
    const shifted = m.at(x, m.b.plus(i, -2));
    const z = m.define(
      "z",
      [i],
      m.b.select(before, m.b.mul(shifted, m.b.mul(shifted, m.at(y, i))), m.at(y, i)),
    );
    checkGradients(m, m.weigh(z), [x]);
  });

  test("an argument reached under two conditions", () => {
    const m = new Sketch();
    const x = m.input("x", [6]);
    const i = m.index("i", 6);
    const value = m.at(x, i);
    const square = m.b.mul(value, value);
    const low = m.b.less(m.b.of(i), m.b.integer(2));
    const high = m.b.less(m.b.integer(3), m.b.of(i));
    const body = m.b.add(
      m.b.select(low, m.b.mul(square, value), m.b.number(0)),
      m.b.select(high, square, m.b.number(1)),
    );
    checkGradients(m, m.weigh(m.define("y", [i], body)), [x]);
  });

  test("a shared subexpression is swept once: 60 doublings do not take 2^60 steps", () => {
    const m = new Sketch();
    const x = m.input("x", [2]);
    const i = m.index("i", 2);
    let body = m.at(x, i);
    for (let n = 0; n < 60; n++)
      body = m.b.mul(m.b.number(0.5), m.b.apply("add", [body, m.b.apply("sin", [body])]));
    checkGradients(m, m.weigh(m.define("y", [i], body)), [x]);
  });

  test("stop_gradient passes nothing, and what is not reached is zero", () => {
    const m = new Sketch();
    const x = m.input("x", [3]);
    const unused = m.input("unused", [2, 2]);
    const i = m.index("i", 3);
    const y = m.define("y", [i], m.b.mul(m.b.apply("stop_gradient", [m.at(x, i)]), m.b.number(2)));
    const loss = m.sum("loss", [], [i], m.at(y, i));
    const [dx, dUnused] = m.gradient(loss, x, unused);
    const values = m.run();
    expect([...values.get(dx!)!]).toEqual([0, 0, 0]);
    expect([...values.get(dUnused!)!]).toEqual([0, 0, 0, 0]);
  });

  test("the derivative of a scalar by itself is 1, and a tensor may be asked for twice", () => {
    const m = new Sketch();
    const x = m.input("x", [3]);
    const i = m.index("i", 3);
    const loss = m.sum("loss", [], [i], m.b.mul(m.at(x, i), m.at(x, i)));
    const [dLoss, dx, again] = m.gradient(loss, loss, x, x);
    const values = m.run();
    expect([...values.get(dLoss!)!]).toEqual([1]);
    expect([...values.get(dx!)!]).toEqual([...m.given.get(x)!].map((v) => 2 * v));
    expect(values.get(again!)).toEqual(values.get(dx!));
  });

  test("a partial that mentions the output reads the stored output", () => {
    const m = new Sketch();
    const x = m.input("x", [3]);
    const i = m.index("i", 3);
    const y = m.define("y", [i], m.b.apply("sigmoid", [m.at(x, i)]));
    const { adjoint } = checkGradients(m, m.weigh(y), [x]);
    expect(m.formulas(adjoint)).toContain("dloss_y_dx[i] = dy[i]·y[i]·(1 - y[i])");
  });
});

describe("composed layers", () => {
  function softmax(m: Sketch, z: Tensor): Tensor {
    const [rows, n] = z.shape;
    const [b, j, k] = [m.index("b", rows!), m.index("j", n!), m.index("k", n!)];
    const top = m.define(`${z.name}_max`, [b], m.at(z, b, k), { reducer: "max", reduced: [k] });
    const shifted = m.b.sub(m.at(z, b, j), m.b.apply("stop_gradient", [m.at(top, b)]));
    const e = m.define(`${z.name}_exp`, [b, j], m.b.apply("exp", [shifted]));
    const total = m.sum(`${z.name}_sum`, [b], [k], m.at(e, b, k));
    return m.define(`${z.name}_softmax`, [b, j], m.b.div(m.at(e, b, j), m.at(total, b)));
  }

  test("softmax and cross entropy with labels", () => {
    const m = new Sketch();
    const z = m.input("z", [4, 3]);
    const label = m.integers("label", [4], 3, [2, 0, 1, 1]);
    const p = softmax(m, z);
    const b = m.index("b", 4);
    const picked = m.at(p, b, m.at(label, b) as ReturnType<typeof m.b.of>);
    checkGradients(m, m.sum("loss", [], [b], m.b.neg(m.b.apply("log", [picked]))), [z]);
  });

  test("layer norm", () => {
    const m = new Sketch();
    const x = m.input("x", [3, 5]);
    const gain = m.input("gain", [5]);
    const [b, j] = [m.index("b", 3), m.index("j", 5)];
    const mean = m.sum("mean", [b], [j], m.b.div(m.at(x, b, j), m.b.number(5)));
    const centred = m.b.sub(m.at(x, b, j), m.at(mean, b));
    const variance = m.sum("variance", [b], [j], m.b.div(m.b.pow(centred, m.b.number(2)), m.b.number(5)));
    const scale = m.b.apply("sqrt", [m.b.add(m.at(variance, b), m.b.number(1e-5))]);
    const y = m.define("y", [b, j], m.b.mul(m.b.div(centred, scale), m.at(gain, j)));
    checkGradients(m, m.weigh(y), [x, gain]);
  });

  test("attention with a causal mask", () => {
    const m = new Sketch();
    const [Q, K, V] = ["q", "k", "v"].map((n) => m.input(n, [2, 4, 3])) as [Tensor, Tensor, Tensor];
    const [b, t, s, d] = [m.index("b", 2), m.index("t", 4), m.index("s", 4), m.index("d", 3)];
    const causal = m.b.nonnegative(m.b.minus(t, s));
    const score = m.sum("score", [b, t, s], [d], m.b.mul(m.at(Q, b, t, d), m.at(K, b, s, d)));
    const masked = m.b.select(causal, m.at(score, b, t, s), m.b.number(-1e30));
    const top = m.define("top", [b, t], masked, { reducer: "max", reduced: [s] });
    const e = m.define(
      "e",
      [b, t, s],
      m.b.apply("exp", [m.b.sub(masked, m.b.apply("stop_gradient", [m.at(top, b, t)]))]),
    );
    const total = m.sum("total", [b, t], [s], m.at(e, b, t, s));
    const out = m.sum(
      "out",
      [b, t, d],
      [s],
      m.b.mul(m.b.div(m.at(e, b, t, s), m.at(total, b, t)), m.at(V, b, s, d)),
    );
    checkGradients(m, m.weigh(out), [Q, K, V]);
  });

  test("embedding: a data-dependent read is scattered", () => {
    const m = new Sketch();
    const E = m.input("E", [7, 3]);
    const token = m.integers("token", [2, 4], 7, [0, 3, 3, 6, 1, 3, 0, 5]);
    const W = m.input("W", [3, 2]);
    const [b, t, d, f] = [m.index("b", 2), m.index("t", 4), m.index("d", 3), m.index("f", 2)];
    const row = m.at(E, m.at(token, b, t) as ReturnType<typeof m.b.of>, d);
    const y = m.sum("y", [b, t, f], [d], m.b.mul(row, m.at(W, d, f)));
    const checked = checkGradients(m, m.weigh(y), [E]);
    expect(m.formulas(checked.adjoint).join("\n")).toMatch(/dE\[token\[b, t\], d\] \+= /);
    expect(checked.visits).toBe(1 + 16 + 2 * 4 * 3 * 2);
  });

  test("a recurrent cell over parts of one tensor", () => {
    const m = new Sketch();
    const x = m.input("x", [2, 3, 2]);
    const W = m.input("W", [2, 2]);
    const U = m.input("U", [2, 2]);
    const [b, j, k] = [m.index("b", 2), m.index("j", 2), m.index("k", 2)];
    const s = m.define("s", [b, j], m.b.number(0), { into: m.tensor("s", [4, 2, 2]), target: [0, b, j] });
    const pre = m.tensor("pre", [3, 2, 2]);
    for (let t = 0; t < 3; t++) {
      const sum = m.b.add(m.b.mul(m.at(x, b, t, k), m.at(W, k, j)), m.b.mul(m.at(s, t, b, k), m.at(U, k, j)));
      m.define("pre", [b, j], sum, { into: pre, target: [t, b, j], reducer: "sum", reduced: [k] });
      m.define("s", [b, j], m.b.apply("tanh", [m.at(pre, t, b, j)]), { into: s, target: [t + 1, b, j] });
    }
    const checked = checkGradients(m, m.weigh(s), [x, W, U]);
    // Constant subscripts stay constant: no contribution loops over time.
    expect(m.formulas(checked.adjoint)).toContain("dloss_s_dx[b, 1, k] += Σ_j dpre[1, b, j]·W[k, j]");
  });
});
