import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import type { Tensor } from "../../src/ir/types.ts";
import { calls, compare, Scene } from "./build.ts";
import { attention, convolution, softmaxLoss, varying } from "./scenes.ts";

describe.each(levels)("a schedule at level %i computes what its graphs mean", (level) => {
  test("linear layer and relu with a dynamic batch smaller than its maximum", () => {
    const s = new Scene();
    const batch = varying(s, "batch", 9);
    const x = s.tensor("x", [batch, 3], "input");
    const W = s.tensor("h.linear.W", [3, 4], "parameter");
    const bias = s.tensor("h.linear.b", [4], "parameter");
    const sum = s.tensor("h.linear.sum", [batch, 4]);
    const z = s.tensor("h.linear", [batch, 4]);
    const h = s.tensor("h", [batch, 4]);
    const [b, j, k] = [s.index("b", batch), s.index("j", 4), s.index("k", 3)];
    s.equation(sum, [b, j], s.b.mul(s.read(x, b, k), s.read(W, k, j)), { reduced: [k] });
    s.equation(z, [b, j], s.b.add(s.read(sum, b, j), s.read(bias, j)));
    s.equation(h, [b, j], s.b.apply("max", [s.b.number(0), s.read(z, b, j)]));
    const made = compare(s, s.graphs([h]), level, new Map([[batch, 5]]));
    expect(made.differences).toEqual([]);
    expect(made.schedule.kernels.map((k) => k.name)).toEqual(level === 0 ? ["h_linear", "h"] : ["h"]);
  });

  test("softmax cross-entropy with class ids, and its gradient", () => {
    const { scene, batch, loss, gradient } = softmaxLoss();
    const made = compare(scene, scene.graphs([loss, gradient]), level, new Map([[batch, 5]]));
    expect(made.differences).toEqual([]);
  });

  test("convolution with padding", () => {
    const { scene, y } = convolution();
    const made = compare(scene, scene.graphs([y]), level);
    expect(made.differences).toEqual([]);
  });

  test("causal attention", () => {
    const { scene, T, out } = attention();
    const made = compare(scene, scene.graphs([out]), level, new Map([[T, 4]]));
    expect(made.differences).toEqual([]);
  });

  test("max and argmax: the first of equals, and NaN", () => {
    const s = new Scene();
    const x = s.tensor("x", [6, 5], "input");
    const best = s.tensor("best", [6]);
    const least = s.tensor("least", [6]);
    const at = s.tensor("at", [6], "definition", "i32");
    const low = s.tensor("low", [6], "definition", "i32");
    const [i, j] = [s.index("i", 6), s.index("j", 5)];
    const also = s.index("k", 5);
    s.equation(best, [i], s.read(x, i, j), { reducer: "max", reduced: [j] });
    s.equation(at, [i], s.read(x, i, also), { reducer: "argmax", reduced: [also] });
    s.equation(least, [i], s.read(x, i, j), { reducer: "min", reduced: [j] });
    s.equation(low, [i], s.read(x, i, j), { reducer: "argmin", reduced: [j] });
    const inf = Infinity;
    const values = [
      [1, 3, 3, 2, 3],
      [0, 0, 0, 0, 0],
      [1, NaN, 7, NaN, 9],
      [-inf, -inf, -inf, -inf, -inf],
      [inf, inf, 1, -inf, -inf],
      [5, 4, 3, 2, 1],
    ].flat();
    const made = compare(s, s.graphs([best, at, least, low]), level, new Map(), new Map([[x, values]]));
    expect(made.differences).toEqual([]);
    if (level === 1) expect(made.schedule.kernels.length).toBe(1);
  });

  test("argmax over two indices is a position in both; products and integer sums", () => {
    const s = new Scene();
    const n = varying(s, "n", 4);
    const x = s.tensor("x", [3, n], "input");
    const m = s.tensor("m", [3, n], "input", "i32", 9);
    const at = s.tensor("at", [], "definition", "i32");
    const product = s.tensor("product", [3]);
    const total = s.tensor("total", [], "definition", "i32");
    const [i, j] = [s.index("i", 3), s.index("j", n)];
    s.equation(at, [], s.read(x, i, j), { reducer: "argmax", reduced: [i, j] });
    s.equation(product, [i], s.read(x, i, j), { reducer: "prod", reduced: [j] });
    s.equation(total, [], s.read(m, i, j), { reducer: "sum", reduced: [i, j] });
    expect(compare(s, s.graphs([at, product, total]), level, new Map([[n, 3]])).differences).toEqual([]);
  });

  test("a scatter, twice the same cell", () => {
    const s = new Scene();
    const token = s.tensor("token", [7], "input", "i32", 5);
    const dy = s.tensor("dy", [7, 2], "input");
    const dE = s.tensor("dE", [5, 2], "adjoint");
    const [t, d] = [s.index("t", 7), s.index("d", 2)];
    s.equation(dE, [s.read(token, t) as never, d], s.read(dy, t, d), { accumulate: true, indices: [t] });
    const made = compare(s, s.graphs([dE], [], [dE]), level);
    expect(made.differences).toEqual([]);
    expect(made.schedule.backward.calls.map((c) => c.kind)).toEqual(["clear", "call"]);
  });

  test("parts, contributions with conditions, and a recurrence", () => {
    const s = new Scene();
    const x = s.tensor("x", [4, 3], "input");
    const h = s.tensor("h", [5, 3]);
    const dx = s.tensor("dx", [4, 3], "adjoint");
    const j = s.index("j", 3);
    s.equation(h, [0, j], s.b.number(0));
    for (let t = 0; t < 4; t++) {
      const next = s.b.apply("tanh", [s.b.add(s.read(h, t, j), s.read(x, t, j))]);
      s.equation(h, [t + 1, j], next);
    }
    const i = s.index("i", 4);
    const lower = s.b.nonnegative(s.b.minus(i, j));
    const slope = s.b.sub(s.b.number(1), s.b.mul(s.read(h, i, j), s.read(h, i, j)));
    s.equation(dx, [i, j], slope, { where: [lower], accumulate: true });
    s.equation(dx, [i, j], s.read(h, s.b.plus(i, 1), j), { accumulate: true });
    s.equation(dx, [3, j], s.read(x, 0, j), { accumulate: true });
    const made = compare(s, s.graphs([dx]), level);
    expect(made.differences).toEqual([]);
    const cleared = made.schedule.backward.calls.flatMap((c) => (c.kind === "clear" ? [c.tensor.name] : []));
    expect(cleared).toEqual([]);
  });

  test("parts that leave a gap start from zero; those that leave none do not", () => {
    const s = new Scene();
    const batch = varying(s, "batch", 5);
    const x = s.tensor("x", [batch, 3], "input");
    const [whole, gap, added] = ["whole", "gap", "added"].map((n) => s.tensor(n, [batch, 6])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const [b, i] = [s.index("b", batch), s.index("i", 3)];
    for (const phase of [0, 1])
      s.equation(whole, [b, s.b.plus(s.b.times(i, 2), phase)], s.read(x, b, i), { indices: [i] });
    s.equation(gap, [b, s.b.times(i, 2)], s.read(x, b, i), { indices: [i] });
    s.equation(added, [b, s.b.times(i, 2)], s.read(x, b, i), { indices: [i], accumulate: true });
    for (const phase of [0, 1])
      s.equation(added, [b, s.b.plus(i, 3 * phase)], s.read(x, b, i), { indices: [i], accumulate: true });
    const made = compare(s, s.graphs([whole, gap, added]), level, new Map([[batch, 3]]));
    expect(made.differences).toEqual([]);
    const cleared = made.schedule.backward.calls.flatMap((c) => (c.kind === "clear" ? [c.tensor.name] : []));
    expect(cleared).toEqual(["gap", "added"]);
  });

  test("a maximum and its position are one fold", () => {
    const s = new Scene();
    const x = s.tensor("x", [2, 4], "input");
    const [best, at] = [s.tensor("best", [2]), s.tensor("at", [2], "definition", "i32")];
    const [i, j] = [s.index("i", 2), s.index("j", 4)];
    s.equation(best, [i], s.read(x, i, j), { reducer: "max", reduced: [j] });
    s.equation(at, [i], s.read(x, i, j), { reducer: "argmax", reduced: [j] });
    const made = compare(s, s.graphs([best, at]), level);
    expect(made.differences).toEqual([]);
    const text = made.schedule.kernels.map(printKernel).join("");
    expect(text.match(/max\(/g) ?? []).toHaveLength(level === 0 ? 1 : 0);
  });

  test("reshapes are views, copies where a view is not allowed", () => {
    const s = new Scene();
    const batch = varying(s, "batch", 5);
    const x = s.tensor("x", [batch, 2, 3], "input");
    const flat = s.tensor("flat", [batch, 6]);
    const y = s.tensor("y", [batch, 6]);
    const z = s.tensor("z", [batch, 3, 2]);
    const seen = s.tensor("seen", [batch, 6]);
    const dy = s.tensor("dy", [batch, 3, 2], "adjoint");
    const [b, i] = [s.index("b", batch), s.index("i", 6)];
    s.reshape(flat, x);
    s.equation(y, [b, i], s.b.apply("exp", [s.read(flat, b, i)]));
    s.reshape(z, y);
    s.reshape(seen, x);
    s.reshape(dy, y);
    const [p, q] = [s.index("p", 3), s.index("q", 2)];
    s.equation(dy, [b, p, q], s.read(z, b, p, q), { accumulate: true });
    const made = compare(s, s.graphs([y, z, seen, dy]), level, new Map([[batch, 3]]));
    expect(made.differences).toEqual([]);
    const slot = made.schedule.plan.slots.find((x) => x.tensors.includes(y))!;
    expect(slot.tensors).toContain(z);
    expect(slot.tensors).not.toContain(dy);
  });
});

test("updates at level 0: one kernel a line of the optimizer, called for every parameter", () => {
  const s = new Scene();
  const lr = s.tensor("lr", [], "hyper");
  const { update, parameters } = optimizer(s, lr);
  const made = compare(s, s.graphs([], update), 0);
  expect(made.differences).toEqual([]);
  expect(made.schedule.kernels.map((k) => k.name)).toEqual(["adam_m", "adam_parameter"]);
  expect(calls(made.schedule.update).length).toBe(2 * parameters);
});

test("updates at level 1: the whole optimizer is one kernel", () => {
  const s = new Scene();
  const lr = s.tensor("lr", [], "hyper");
  const { update } = optimizer(s, lr);
  const made = compare(s, s.graphs([], update), 1);
  expect(made.differences).toEqual([]);
  expect(made.schedule.kernels.map((k) => k.name)).toEqual(["adam"]);
});

function optimizer(
  s: Scene,
  lr: ReturnType<Scene["tensor"]>,
): { update: Scene["statements"]; parameters: number } {
  const parameters = 3;
  for (let l = 0; l < parameters; l++) {
    const W = s.tensor(`h.${l}.W`, [4], "parameter");
    const g = s.tensor(`dh.${l}.W`, [4], "input");
    const m = s.tensor(`h.${l}.W.adam.m`, [4], "state");
    const i = s.index("i", 4);
    const half = s.b.number(0.5);
    s.equation(m, [i], s.b.add(s.b.mul(half, s.read(m, i)), s.b.mul(half, s.read(g, i))), { line: 1 });
    s.equation(W, [i], s.b.sub(s.read(W, i), s.b.mul(s.read(lr), s.read(m, i))), { line: 2 });
  }
  return { update: [...s.statements], parameters };
}
