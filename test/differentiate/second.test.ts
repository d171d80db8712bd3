import { describe, expect, test } from "vitest";
import type { Affine, Index, Tensor } from "../../src/ir/types.ts";
import { checkGradients, Sketch } from "../support/gradcheck.ts";

/** ½·Σ weight·g² of a gradient: a scalar that depends on it. */
function penalty(m: Sketch, g: Tensor): Tensor {
  const indices = g.shape.map((extent, d) => m.index("pqrs"[d]!, extent));
  const weights = m.input(`weight_${g.name}`, g.shape);
  const cell = m.at(g, ...indices);
  return m.sum(`penalty_${g.name}`, [], indices, m.b.mul(m.at(weights, ...indices), m.b.mul(cell, cell)));
}

describe("a gradient may be differentiated", () => {
  test("a perceptron with one hidden layer, by its input and then by its weights", () => {
    const m = new Sketch();
    const [x, W, V] = [m.input("x", [2, 3]), m.input("W", [3, 4]), m.input("V", [4, 2])];
    const [b, k, j, o] = [m.index("b", 2), m.index("k", 3), m.index("j", 4), m.index("o", 2)];
    const z = m.sum("z", [b, j], [k], m.b.mul(m.at(x, b, k), m.at(W, k, j)));
    const h = m.define("h", [b, j], m.b.apply("tanh", [m.at(z, b, j)]));
    const y = m.sum("y", [b, o], [j], m.b.mul(m.at(h, b, j), m.at(V, j, o)));
    const u = m.sum("u", [], [b, o], m.b.mul(m.at(y, b, o), m.at(y, b, o)));
    const [dx] = m.gradient(u, x);
    const { statements } = checkGradients(m, penalty(m, dx!), [W, V, x]);
    const names = new Set(statements.map((s) => (s.kind === "gradient" ? "" : s.tensor.name)));
    expect(names).toContain("dh");
    expect(names).toContain("d2h");
    expect(names).toContain("d2dh");
  });

  const strided = (m: Sketch, x: Tensor, W: Tensor, stride: number, pad: number): Tensor => {
    const o = Math.floor((x.shape[0]!.constant + 2 * pad - 3) / stride) + 1;
    const [i, j, u, v] = [m.index("i", o), m.index("j", o), m.index("u", 3), m.index("v", 3)];
    const at = (p: Index, q: Index): Affine => m.b.plus(m.b.times(p, stride), q, -pad);
    return m.sum("z", [i, j], [u, v], m.b.mul(m.padded(x, [at(i, u), at(j, v)]), m.at(W, u, v)));
  };
  test.each([
    [1, 1],
    [2, 1],
    [3, 0],
  ])("a convolution with stride %i and padding %i", (stride, pad) => {
    const m = new Sketch();
    const [x, W] = [m.input("x", [7, 7]), m.input("W", [3, 3])];
    const z = strided(m, x, W, stride, pad);
    const [i, j] = z.shape.map((extent, d) => m.index("ij"[d]!, extent)) as [Index, Index];
    const u = m.sum("u", [], [i, j], m.b.mul(m.at(z, i, j), m.b.mul(m.at(z, i, j), m.at(z, i, j))));
    const [dx] = m.gradient(u, x);
    checkGradients(m, penalty(m, dx!), [x, W], { tolerance: 1e-5 });
  });

  test("the upstream of a strided convolution's adjoint gets a convolution back", () => {
    const m = new Sketch();
    const [x, W] = [m.input("x", [9]), m.input("W", [3])];
    const [i, u] = [m.index("i", 4), m.index("u", 3)];
    const z = m.sum("z", [i], [u], m.b.mul(m.at(x, m.b.plus(m.b.times(i, 2), u)), m.at(W, u)));
    const [dx] = m.gradient(m.sum("s", [], [i], m.b.mul(m.at(z, i), m.at(z, i))), x);
    const { adjoint } = checkGradients(m, penalty(m, dx!), [W]);
    const d2dz = m.formulas(adjoint).find((f) => f.startsWith("d2dz["));
    expect(d2dz).toMatch(/^d2dz\[i\] = Σ_\{q : q ≤ 2\} d2ds_dx\[2·i \+ q\]·W\[q\]/);
  });

  test("overlapping max pooling", () => {
    const m = new Sketch();
    const x = m.input("x", [7]);
    const [i, u] = [m.index("i", 3), m.index("u", 3)];
    const y = m.define("y", [i], m.at(x, m.b.plus(m.b.times(i, 2), u)), { reducer: "max", reduced: [u] });
    const cube = m.b.mul(m.at(y, i), m.b.mul(m.at(y, i), m.at(y, i)));
    const [dx] = m.gradient(m.sum("u", [], [i], cube), x);
    checkGradients(m, penalty(m, dx!), [x]);
  });

  test("an embedding", () => {
    const m = new Sketch();
    const E = m.input("E", [5, 2]);
    const token = m.integers("token", [4], 5, [0, 3, 3, 1]);
    const [t, d] = [m.index("t", 4), m.index("d", 2)];
    const row = m.at(E, m.at(token, t) as Affine, d);
    const y = m.define("y", [t, d], m.b.mul(row, m.b.mul(row, row)));
    const u = m.sum("u", [], [t, d], m.b.mul(m.at(y, t, d), m.at(y, t, d)));
    const [dE] = m.gradient(u, E);
    checkGradients(m, penalty(m, dE!), [E], { tolerance: 1e-5 });
  });

  test("a product, a reshape and a minimum", () => {
    const m = new Sketch();
    const x = m.input("x", [2, 3]);
    const flat = m.reshape("flat", x, [3, 2]);
    const [i, k] = [m.index("i", 3), m.index("k", 2)];
    const p = m.define("p", [i], m.at(flat, i, k), { reducer: "prod", reduced: [k] });
    const low = m.define("low", [], m.at(p, i), { reducer: "min", reduced: [i] });
    const all = m.sum("all", [], [i], m.b.mul(m.at(p, i), m.b.mul(m.at(p, i), m.at(low))));
    const [dx] = m.gradient(all, x);
    checkGradients(m, penalty(m, dx!), [x]);
  });

  test("three times", () => {
    const m = new Sketch();
    const x = m.input("x", [2]);
    const i = m.index("i", 2);
    const u = m.sum("u", [], [i], m.b.apply("exp", [m.b.mul(m.at(x, i), m.at(x, i))]));
    const [first] = m.gradient(u, x);
    const v = penalty(m, first!);
    const [second] = m.gradient(v, x);
    checkGradients(m, penalty(m, second!), [x], { tolerance: 1e-5 });
  });
});
