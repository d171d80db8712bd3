/** Section E of the courses: every figure that they print, and the exact values. */
import { describe, expect, test } from "vitest";
import { backwardBySteps } from "../../examples/courses/e/01-circuit.ts";
import { logisticSteps } from "../../examples/courses/e/02-logistic.ts";
import { layersInOrder } from "../../examples/courses/e/03-layers.ts";
import { network } from "../../examples/courses/e/04-network.ts";
import { miniBatch } from "../../examples/courses/e/05-mini-batch.ts";
import { mnist } from "../../examples/courses/e/06-mnist.ts";
import { convolutions } from "../../examples/courses/e/07-convolutions.ts";
import { agree, shown } from "./shown.ts";

const σ = (z: number): number => 1 / (1 + Math.exp(-z));
const sum = (list: readonly number[]): number => list.reduce((total, v) => total + v, 0);
const cells = (count: number, f: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => f(i));

test("E.1: L = 3(a + bc), forward and backward by steps", async () => {
  const { exact, rows, rounded } = await shown(backwardBySteps);
  agree(
    ["u", "v", "L"].map((name) => exact.value(name)[0]!),
    [6, 11, 33],
  );
  expect(Object.fromEntries(rows.map((r) => [r.node, r.result]))).toEqual({
    v: "3",
    u: "3",
    a: "3",
    b: "3·c",
    c: "3·b",
  });
  expect(rows.map((r) => r.node).indexOf("v")).toBe(0);
  agree(
    ["v", "u", "a", "b", "c"].map((name) => exact.gradient(name)[0]!),
    [3, 3, 3, 6, 9],
  );
  expect(rounded).toEqual({ L: 33, da: 3, db: 6, dc: 9 });
});

test("E.2: B1 ∂a, B2 ∂z = a − y, B3 ∂w = (a − y)x and ∂b = a − y", async () => {
  const { raw, cancelled, compiledTo, rounded, given } = await shown(logisticSteps);
  expect(cancelled.backward).toEqual(["dz = a - y"]);
  expect(cancelled.rules.map((r) => r.after)).toContain("da = (a - y)/((1 - a)·a)");
  expect(compiledTo).toEqual(["dz = a - y", "db = dz", "dw[k] = x[k]·dz"]);
  const a = σ(0.3 * 1.5 + 0.2 * -2 - 0.1);
  agree(raw.value("a"), [a]);
  agree(raw.gradient("a"), [-given.y / a + (1 - given.y) / (1 - a)]);
  agree(raw.gradient("z"), [a - given.y]);
  const dw = given.x.map((v) => (a - given.y) * v);
  agree(raw.gradient("w"), dw);
  agree(raw.gradient("b"), [a - given.y]);
  agree(rounded.w, dw, 6);
  agree(rounded.b, [a - given.y], 6);
});

describe("E.3: da, dz, dW, db", async () => {
  const { one, simplified, several, compared } = await shown(layersInOrder);
  const left = (equations: readonly string[]): string[] =>
    equations.map((e) => /^d[a-zA-Z.]+(?:⁽.⁾)?/.exec(e)![0]);
  const hidden = (l: string, next: string, before: string, wide: boolean): string[] => [
    wide
      ? `da⁽${l}⁾[k] = Σ_j W⁽${next}⁾[j, k]·dz⁽${next}⁾[j]`
      : `da⁽${l}⁾[k] = W⁽${next}⁾[0, k]·dz⁽${next}⁾[0]`,
    `dz⁽${l}⁾[j] = da⁽${l}⁾[j]·a⁽${l}⁾[j]·(1 - a⁽${l}⁾[j])`,
    `dW⁽${l}⁾[j, k] = dz⁽${l}⁾[j]·${before}[k]`,
    `db⁽${l}⁾[j] = dz⁽${l}⁾[j]`,
  ];
  const last = (l: string, before: string): string[] => [
    `dz⁽${l}⁾[j] = a⁽${l}⁾[j] - y[j]`,
    `dW⁽${l}⁾[j, k] = dz⁽${l}⁾[j]·${before}[k]`,
    `db⁽${l}⁾[j] = dz⁽${l}⁾[j]`,
  ];

  test("one hidden layer: in this order, and in this notation", () => {
    const order = ["²", "¹"].flatMap((l) => ["a", "z", "W", "b"].map((kind) => `d${kind}⁽${l}⁾`));
    expect(left(one).filter((name) => name.includes("⁽"))).toEqual(order);
    expect(one.slice(-4)).toEqual(hidden("¹", "²", "x", false));
    expect(simplified).toEqual([...last("²", "a⁽¹⁾"), ...hidden("¹", "²", "x", false)]);
  });

  test("four layers", () => {
    expect(several).toEqual([
      ...last("⁴", "a⁽³⁾"),
      ...hidden("³", "⁴", "a⁽²⁾", false),
      ...hidden("²", "³", "a⁽¹⁾", true),
      ...hidden("¹", "²", "x", true),
    ]);
  });

  test("the gradients are the slopes of the loss", () => {
    expect(compared).toHaveLength(8);
    for (const { exact, numeric, rounded } of compared) {
      expect(exact.some((v) => Math.abs(v) > 1e-4)).toBe(true);
      agree(numeric, exact, 9);
      agree(rounded, exact, 6);
    }
  });
});

test("E.4: a 3-5-5-3-1 network", async () => {
  const { counts, total, losses, ŷ, y } = await shown(network);
  expect(counts).toEqual([15, 5, 25, 5, 15, 3, 3, 1]);
  expect(total).toBe(72);
  expect(losses.at(-1)).toBeLessThan(0.1);
  expect(ŷ.map(Math.round)).toEqual(y);
});

test("E.5: mini-batch formulas, with 1/m once", async () => {
  const { exact, equations, rounded, given, weights } = await shown(miniBatch);
  expect(equations).toEqual([
    "dz2[i] = (a2[i] - y[i])/m",
    "db2 = Σ_i dz2[i]",
    "da1[i, j] = dz2[i]·w2[j]",
    "dw2[j] = Σ_i a1[i, j]·dz2[i]",
    "dz1[i, j] = da1[i, j]·(1 - a1[i, j]·a1[i, j])",
    "db1[j] = Σ_i dz1[i, j]",
    "dW1[k, j] = Σ_i x[i, k]·dz1[i, j]",
  ]);
  const [m, n, units] = [4, 3, 4];
  const { x, y } = given;
  const { W1, b1, w2, b2 } = weights;
  const a1 = cells(m * units, (cell) => {
    const [i, j] = [Math.floor(cell / units), cell % units];
    return Math.tanh(b1[j]! + sum(cells(n, (k) => x[i * n + k]! * W1[k * units + j]!)));
  });
  const a2 = cells(m, (i) => σ(b2[0]! + sum(cells(units, (j) => a1[i * units + j]! * w2[j]!))));
  const dz2 = a2.map((a, i) => (a - y[i]!) / m);
  const dz1 = a1.map((a, cell) => dz2[Math.floor(cell / units)]! * w2[cell % units]! * (1 - a * a));
  const expected: Record<string, number[]> = {
    W1: cells(n * units, (cell) =>
      sum(cells(m, (i) => x[i * n + Math.floor(cell / units)]! * dz1[i * units + (cell % units)]!)),
    ),
    b1: cells(units, (j) => sum(cells(m, (i) => dz1[i * units + j]!))),
    w2: cells(units, (j) => sum(cells(m, (i) => a1[i * units + j]! * dz2[i]!))),
    b2: [sum(dz2)],
  };
  for (const [name, values] of Object.entries(expected)) {
    agree(exact.gradient(name), values);
    agree(rounded[name]!, values, 6);
  }
});

test("E.6: 669,706 parameters, and each step lowers the loss on a few images", async () => {
  const { counts, total, generated, losses } = await shown(mnist);
  expect(Object.values(counts)).toEqual([784 * 512, 512, 512 * 512, 512, 512 * 10, 10]);
  expect([total, generated]).toEqual([669706, 669706]);
  losses.slice(1).forEach((loss, i) => expect(loss).toBeLessThan(losses[i]!));
});

test("E.7: two convolutions of twenty 5×5 filters", async () => {
  const { shapes, counts, image, exact, rounded, weights, gradients } = await shown(convolutions);
  expect(shapes).toEqual(["h1: [batch, 24, 24, 20]", "h2: [batch, 20, 20, 20]"]);
  expect(counts).toEqual([5 * 5 * 20, 20, 5 * 5 * 20 * 20, 20]);
  /** A convolution and ReLU in plain loops: rows, columns, channels. */
  const layer = (x: readonly number[], side: number, channels: number, name: string): number[] => {
    const [W, b] = [weights[`${name}.conv2d.W`]!, weights[`${name}.conv2d.b`]!];
    const out = side - 4;
    return cells(out * out * 20, (cell) => {
      const [i, j, f] = [Math.floor(cell / 20 / out), Math.floor(cell / 20) % out, cell % 20];
      let z = b[f]!;
      for (let u = 0; u < 5; u++)
        for (let v = 0; v < 5; v++)
          for (let k = 0; k < channels; k++)
            z += x[((i + u) * side + j + v) * channels + k]! * W[((u * 5 + v) * channels + k) * 20 + f]!;
      return Math.max(0, z);
    });
  };
  const h1 = layer(image, 10, 1, "h1");
  const h2 = layer(h1, 6, 20, "h2");
  agree(exact, h2);
  agree(rounded, h2, 5);
  expect(h2.filter((v) => v > 0).length).toBeGreaterThan(10);
  // The loss is the mean of the squares of h2: ∂L/∂h2 = 2·h2/size, and each bias takes the sum over its channel.
  const bias = gradients.find((g) => g.name === "h2.conv2d.b")!;
  agree(
    bias.exact,
    cells(20, (f) => sum(h2.filter((_, cell) => cell % 20 === f).map((v) => (2 * v) / h2.length))),
  );
  for (const g of gradients) {
    expect(g.exact.some((v) => Math.abs(v) > 1e-6)).toBe(true);
    agree(g.rounded, g.exact, 5);
  }
});
