import { describe, expect, test } from "vitest";
import type { Affine, Expr, Index, Statement, Tensor } from "../../src/ir/types.ts";
import { checkGradients, nowhere, Sketch } from "../support/gradcheck.ts";

interface Convolution {
  size: number;
  kernel: number;
  stride?: number;
  pad?: number;
  dilation?: number;
}

function outputSize({ size, kernel, stride = 1, pad = 0, dilation = 1 }: Convolution): number {
  return Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** z[n, i, j, f] = Σ x[n, i·stride + u·dilation − pad, …, k]·W[u, v, k, f] */
function convolution(m: Sketch, x: Tensor, W: Tensor, c: Convolution): Tensor {
  const { kernel, stride = 1, pad = 0, dilation = 1 } = c;
  const o = outputSize(c);
  const [n, i, j, f] = [
    m.index("n", x.shape[0]!),
    m.index("i", o),
    m.index("j", o),
    m.index("f", W.shape[3]!),
  ];
  const [u, v, k] = [m.index("u", kernel), m.index("v", kernel), m.index("k", W.shape[2]!)];
  const at = (p: Index, q: Index): Affine => m.b.plus(m.b.times(p, stride), m.b.times(q, dilation), -pad);
  const value = pad > 0 ? m.padded(x, [n, at(i, u), at(j, v), k]) : m.at(x, n, at(i, u), at(j, v), k);
  return m.sum("z", [n, i, j, f], [u, v, k], m.b.mul(value, m.at(W, u, v, k, f)));
}

describe("convolution", () => {
  test.each<Convolution>([
    { size: 5, kernel: 3 },
    { size: 5, kernel: 3, pad: 1 },
    { size: 6, kernel: 3, stride: 2, pad: 1 },
    { size: 7, kernel: 3, stride: 2, pad: 1 },
    { size: 6, kernel: 2, stride: 4 },
    { size: 7, kernel: 3, dilation: 2 },
    { size: 8, kernel: 3, stride: 2, dilation: 2, pad: 1 },
    { size: 9, kernel: 3, stride: 2, dilation: 3, pad: 2 },
    { size: 8, kernel: 2, stride: 3, pad: 1 },
  ])("%o", (c) => {
    const m = new Sketch();
    const x = m.input("x", [1, c.size, c.size, 2]);
    const W = m.input("W", [c.kernel, c.kernel, 2, 2]);
    checkGradients(m, m.weigh(convolution(m, x, W, c)), [x, W]);
  });

  test("in groups", () => {
    const m = new Sketch();
    const x = m.input("x", [6, 4]);
    const W = m.input("W", [3, 2, 6]);
    const [i, f, u, k] = [m.index("i", 4), m.index("f", 6), m.index("u", 3), m.index("k", 2)];
    // Channels 2g and 2g + 1 belong to filters 3g … 3g + 2.
    const channel = m.b.plus(m.b.times(m.b.floorDivide(m.b.of(f), 3), 2), k);
    const body = m.b.mul(m.at(x, m.b.plus(i, u), channel), m.at(W, u, k, f));
    checkGradients(m, m.weigh(m.sum("z", [i, f], [u, k], body)), [x, W]);
  });

  test("transposed", () => {
    const m = new Sketch();
    const x = m.input("x", [4, 2]);
    const W = m.input("W", [3, 2]);
    const [o, u, i, k] = [m.index("o", 9), m.index("u", 3), m.index("i", 4), m.index("k", 2)];
    const lands = m.b.zero(m.b.minus(m.b.plus(m.b.times(i, 2), u), o));
    const z = m.sum("z", [o], [i, u, k], m.b.mul(m.at(x, i, k), m.at(W, u, k)), [lands]);
    checkGradients(m, m.weigh(z), [x, W]);
  });

  test("transposed, by an explicit quotient", () => {
    const m = new Sketch();
    const x = m.input("x", [5]);
    const W = m.input("W", [3]);
    const [o, u] = [m.index("o", 9), m.index("u", 3)];
    const difference = m.b.minus(o, u);
    const fits = m.b.zero(m.b.modulo(difference, 2));
    const term = m.b.mul(m.padded(x, [m.b.floorDivide(difference, 2)]), m.at(W, u));
    checkGradients(m, m.weigh(m.sum("z", [o], [u], term, [fits])), [x, W]);
  });
});

describe("pooling", () => {
  const pooled = (m: Sketch, x: Tensor, window: number, stride: number, pad: number): Tensor => {
    const size = x.shape[0]!.constant;
    const o = outputSize({ size, kernel: window, stride, pad });
    const [i, j, u, v] = [m.index("i", o), m.index("j", o), m.index("u", window), m.index("v", window)];
    const at = (p: Index, q: Index): Affine => m.b.plus(m.b.times(p, stride), q, -pad);
    const value = pad > 0 ? m.padded(x, [at(i, u), at(j, v)], -1e30) : m.at(x, at(i, u), at(j, v));
    return m.define("y", [i, j], value, { reducer: "max", reduced: [u, v] });
  };
  test.each([
    [6, 2, 2, 0],
    [7, 3, 2, 0],
    [7, 2, 2, 0],
    [7, 3, 2, 1],
    [5, 3, 1, 0],
  ])("size %i, window %i, stride %i, pad %i", (size, window, stride, pad) => {
    const m = new Sketch();
    const x = m.input("x", [size, size]);
    checkGradients(m, m.weigh(pooled(m, x, window, stride, pad)), [x]);
  });

  test("ties in overlapping windows go to the first of each", () => {
    const m = new Sketch();
    const x = m.input(
      "x",
      [7, 7],
      Array.from({ length: 49 }, () => 1),
    );
    const y = pooled(m, x, 3, 2, 0);
    const [i, j] = [m.index("i", 3), m.index("j", 3)];
    const [dx] = m.gradient(m.sum("loss", [], [i, j], m.at(y, i, j)), x);
    const first = Array.from({ length: 49 }, (_, n) =>
      Number(n % 14 < 7 && (n % 7) % 2 === 0 && n % 7 < 6 && n < 42),
    );
    expect([...m.run().get(dx!)!]).toEqual(first);
  });

  test("average", () => {
    const m = new Sketch();
    const x = m.input("x", [6]);
    const [i, u] = [m.index("i", 3), m.index("u", 2)];
    const term = m.b.div(m.at(x, m.b.plus(m.b.times(i, 2), u)), m.b.number(2));
    const checked = checkGradients(m, m.weigh(m.sum("y", [i], [u], term)), [x]);
    expect(checked.visits).toBe(1 + 3 + 6);
  });
});

describe("moving cells about", () => {
  test("concatenation: each source gets its stretch, without guards", () => {
    const m = new Sketch();
    const [x, y] = [m.input("x", [3, 2]), m.input("y", [4, 2])];
    const [i, k] = [m.index("i", 7), m.index("k", 2)];
    const inFirst = m.b.less(m.b.of(i), m.b.integer(3));
    const body = m.b.select(inFirst, m.at(x, i, k), m.at(y, m.b.minus(i, 3), k));
    const { adjoint } = checkGradients(m, m.weigh(m.define("z", [i, k], body)), [x, y]);
    expect(m.formulas(adjoint).slice(2)).toEqual([
      "dloss_z_dx[i, k] = dz[i, k]",
      "dloss_z_dy[i, k] = dz[i + 3, k]",
    ]);
  });

  test("slices, with stride, and a fixed place", () => {
    const m = new Sketch();
    const x = m.input("x", [9, 3]);
    const [i, k] = [m.index("i", 3), m.index("k", 3)];
    const strided = m.at(x, m.b.plus(m.b.times(i, 2), 1), k);
    const z = m.define("z", [i, k], m.b.mul(strided, m.b.add(m.at(x, 4, k), m.at(x, m.b.plus(i, 5), 2))));
    checkGradients(m, m.weigh(z), [x]);
  });

  test("padding", () => {
    const m = new Sketch();
    const x = m.input("x", [4]);
    const i = m.index("i", 8);
    const z = m.define("z", [i], m.padded(x, [m.b.minus(i, 2)]));
    const { adjoint } = checkGradients(m, m.weigh(z), [x]);
    expect(m.formulas(adjoint).at(-1)).toBe("dloss_z_dx[i] = dz[i + 2]");
  });

  test("reshape: alone, beside other readers, and by subscripts", () => {
    const m = new Sketch();
    const x = m.input("x", [4, 3]);
    const flat = m.reshape("flat", x, [12]);
    const i = m.index("i", 12);
    const square = m.define("square", [i], m.b.mul(m.at(flat, i), m.at(flat, i)));
    checkGradients(m, m.weigh(square), [x]);

    const both = new Sketch();
    const y = both.input("y", [2, 3]);
    const line = both.reshape("line", y, [6]);
    const [a, b] = [both.index("a", 2), both.index("b", 3)];
    const place = both.b.plus(both.b.times(b, 2), a);
    const z = both.define("z", [a, b], both.b.mul(both.at(line, place), both.at(y, a, b)));
    checkGradients(both, both.weigh(z), [y]);

    const digits = new Sketch();
    const t = digits.input("t", [3, 4]);
    const n = digits.index("n", 12);
    const read = digits.at(t, digits.b.floorDivide(digits.b.of(n), 4), digits.b.modulo(digits.b.of(n), 4));
    const checked = checkGradients(digits, digits.weigh(digits.define("u", [n], digits.b.mul(read, read))), [
      t,
    ]);
    expect(checked.visits).toBe(1 + 12 + 12);
  });

  test("row-major positions split into digits", () => {
    const m = new Sketch();
    const x = m.input("x", [60]);
    const [i, j, k] = [m.index("i", 5), m.index("j", 3), m.index("k", 4)];
    const read = m.at(x, m.b.plus(m.b.times(i, 12), m.b.times(j, 4), k));
    const checked = checkGradients(m, m.weigh(m.define("z", [i, j, k], m.b.mul(read, read))), [x]);
    expect(checked.visits).toBe(1 + 60 + 60);
  });

  test("a diagonal is a part", () => {
    const m = new Sketch();
    const A = m.input("A", [4, 4]);
    const i = m.index("i", 4);
    const { adjoint } = checkGradients(
      m,
      m.weigh(m.define("d", [i], m.b.mul(m.at(A, i, i), m.at(A, i, 2)))),
      [A],
    );
    expect(m.formulas(adjoint).at(-1)).toMatch(/^dloss_d_dA\[i, 2\] \+= /);
    expect(m.formulas(adjoint).at(-2)).toMatch(/^dloss_d_dA\[i, i\] \+= /);
  });

  test("one tensor read at several places of one body", () => {
    const m = new Sketch();
    const x = m.input("x", [5]);
    const [i, j] = [m.index("i", 3), m.index("j", 2)];
    const body = m.b.mul(m.b.mul(m.at(x, i), m.at(x, j)), m.at(x, m.b.plus(i, j)));
    checkGradients(m, m.sum("u", [], [i, j], body), [x]);
  });

  test("a moving window over a dynamic extent", () => {
    const m = new Sketch();
    const time = m.dim("time", 5, 9);
    const x = m.input("x", [time]);
    const W = m.input("W", [3]);
    const [t, u] = [m.index("t", time), m.index("u", 3)];
    const z = m.sum("z", [t], [u], m.b.mul(m.padded(x, [m.b.plus(t, u, -1)]), m.at(W, u)));
    checkGradients(m, m.weigh(z), [x, W]);
  });

  test("halving a dynamic extent", () => {
    const m = new Sketch();
    const time = m.dim("time", 5, 9);
    const x = m.input("x", [time]);
    const [i, u] = [m.index("i", m.b.floorDivide(time, 2)), m.index("u", 2)];
    const read = m.at(x, m.b.plus(m.b.times(i, 2), u));
    checkGradients(m, m.weigh(m.sum("z", [i], [u], m.b.mul(read, read))), [x]);
  });
});

describe("how often an adjoint is visited", () => {
  test("each adjoint of a convolution as often as the convolution itself", () => {
    const m = new Sketch();
    const x = m.input("x", [1, 6, 6, 2]);
    const W = m.input("W", [3, 3, 2, 3]);
    const checked = checkGradients(m, m.weigh(convolution(m, x, W, { size: 6, kernel: 3 })), [x, W]);
    const outputs = 4 * 4 * 3;
    expect(checked.visits - 1 - outputs).toBe(2 * outputs * 18);
  });

  test("with stride 2, the lattice rule leaves two places of a kernel of three a dimension", () => {
    const m = new Sketch();
    const x = m.input("x", [1, 7, 7, 1]);
    const W = m.input("W", [3, 3, 1, 1]);
    const checked = checkGradients(m, m.weigh(convolution(m, x, W, { size: 7, kernel: 3, stride: 2 })), [x]);
    const dx = checked.adjoint.find((s) => s.kind === "equation" && s.tensor.name === "dloss_z_dx");
    if (dx?.kind !== "equation") throw new Error("dx is an equation");
    const loops = [...dx.indices, ...dx.reduced].reduce((n, i) => n * i.extent.constant, 1);
    expect(loops).toBe(7 * 7 * 2 * 2);
  });

  test("a subscript that no rule solves is scattered", () => {
    const m = new Sketch();
    const x = m.input("x", [21]);
    const [i, j] = [m.index("i", 5), m.index("j", 6)];
    const checked = checkGradients(m, m.weigh(m.define("z", [i, j], m.at(x, m.b.times(i, j)))), [x]);
    expect(m.formulas(checked.adjoint).at(-1)).toMatch(/\] \+= dz\[i, j\]/);
    expect(checked.visits).toBe(1 + 30 + 30);
  });

  test("one-hot by a label stays dense: the softmax needs it so", () => {
    const m = new Sketch();
    const z = m.input("z", [4, 3]);
    const label = m.integers("label", [4], 3, [2, 0, 1, 1]);
    const b = m.index("b", 4);
    const picked = m.define("picked", [b], m.at(z, b, m.at(label, b) as Affine));
    const { adjoint } = checkGradients(m, m.weigh(picked), [z]);
    expect(m.formulas(adjoint).at(-1)).toBe("dloss_picked_dz[b, j] = dpicked[b] where j = label[b]");
  });
});

describe("given derivatives", () => {
  test("an override's own equations compute the gradient; without one it is a copy", () => {
    const m = new Sketch();
    const x = m.input("x", [3], [-0.5, 0.2, 2]);
    const i = m.index("i", 3);
    const value = m.define("value", [i], m.b.apply("sign", [m.at(x, i)]));
    const tensor = m.tensor("y", [3]);
    const upstream = m.tensor("dy", [3], { role: "adjoint" });
    const result = m.tensor("through", [3], { role: "adjoint" });
    const clipped: Expr = m.b.mul(
      m.at(upstream, i),
      m.b.cast(m.b.less(m.b.apply("abs", [m.at(x, i)]), m.b.number(1)), "f32"),
    );
    const equation = m.b.equation({
      tensor: result,
      indices: [i],
      target: [m.b.of(i)],
      accumulate: false,
      reducer: null,
      reduced: [],
      where: [],
      body: clipped,
      origin: { span: nowhere, name: "through" },
    });
    const override: Statement = {
      kind: "override",
      id: m.b.id(),
      tensor,
      source: value,
      upstream,
      equations: [equation],
      gradients: [{ wrt: x, result }],
      origin: { span: nowhere, name: "y" },
    };
    m.statements.push(override);
    const copied = m.run();
    expect([...copied.get(tensor)!]).toEqual([-1, 1, 1]);
    const loss = m.sum("loss", [], [i], m.b.mul(m.at(tensor, i), m.at(x, i)));
    const [dx] = m.gradient(loss, x);
    expect([...m.run().get(dx!)!]).toEqual([-1 - 0.5, 1 + 0.2, 1]);
  });
});
