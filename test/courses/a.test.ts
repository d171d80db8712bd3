/** Section A of the courses: every figure that they print, and the exact values. */
import { expect, test } from "vitest";
import { linearMap } from "../../examples/courses/a/01-linear-map.ts";
import { forward } from "../../examples/courses/a/02-forward.ts";
import { absolute } from "../../examples/courses/a/03-absolute.ts";
import { linearLayers } from "../../examples/courses/a/04-linear-layers.ts";
import { cost } from "../../examples/courses/a/05-cost.ts";
import { crossEntropy } from "../../examples/courses/a/06-cross-entropy.ts";
import { classWeights } from "../../examples/courses/a/07-class-weights.ts";
import { deep } from "../../examples/courses/a/08-deep.ts";
import { build, steps } from "../../examples/courses/a/09-cnn.ts";
import { backwardGraph } from "../../examples/courses/a/10-backward-graph.ts";
import { agree, shown } from "./shown.ts";

test("A.1: ∂E/∂x = W·∂E/∂ŷ and ∂E/∂W = x·(∂E/∂ŷ)ᵀ, as equations and as numbers", async () => {
  const { exact, equations, generated, given } = await shown(linearMap);
  expect(equations["x"]).toBe("dx[i] = Σ_j W[i, j]·dŷ[j]");
  expect(equations["W"]).toBe("dW[i, j] = x[i]·dŷ[j]");
  const [n, m] = [4, 3];
  const cells = (count: number, f: (i: number) => number): number[] =>
    Array.from({ length: count }, (_, i) => f(i));
  const sum = (count: number, f: (i: number) => number): number => cells(count, f).reduce((s, v) => s + v, 0);
  const { W, x, y } = given;
  const dŷ = cells(m, (j) => sum(n, (i) => W[i * m + j]! * x[i]!) - y[j]!);
  const dx = cells(n, (i) => sum(m, (j) => W[i * m + j]! * dŷ[j]!));
  const dW = cells(n * m, (cell) => x[Math.floor(cell / m)]! * dŷ[cell % m]!);
  agree(exact.gradient("ŷ"), dŷ);
  agree(exact.gradient("x"), dx);
  agree(exact.gradient("W"), dW);
  agree(generated["dx"] as Float32Array, dx, 5);
  agree(generated["dW"] as Float32Array, dW, 5);
});

test("A.2: the forward pass of the course, and its gradients", async () => {
  const { exact, loss, gradients } = await shown(forward);
  agree(exact.value("z1"), [-0.5, 1]);
  agree(exact.value("a1"), [-0.1, 1]);
  agree(exact.value("z2"), [0.8, -1.3]);
  agree(exact.value("ŷ"), [0.8, 0]);
  agree(exact.value("loss"), [0.085]);
  expect(loss).toBeCloseTo(0.085, 7);
  // By hand: δ2 = (0.1, 0), δ1 = (0.2·0.2, 0.1).
  agree(exact.gradient("W2"), [-0.01, 0, 0.1, 0]);
  agree(exact.gradient("W1"), [0.04, 0.1, 0.08, 0.2, 0.12, 0.3]);
  agree(gradients.W2, [-0.01, 0, 0.1, 0], 7);
  agree(gradients.W1, [0.04, 0.1, 0.08, 0.2, 0.12, 0.3], 6);
});

test("A.3: two ReLU units are |x − 1|, a line is not, and most starts find it", async () => {
  const { exactLoss, lineLoss, least, reached } = await shown(absolute);
  expect(exactLoss).toBe(0);
  expect(least).toBeGreaterThan(0.5);
  expect(lineLoss).toBeCloseTo(least, 3);
  expect(lineLoss).toBeGreaterThanOrEqual(least - 1e-6);
  expect(reached.two).toBeGreaterThan(10);
  expect(reached.four).toBeGreaterThanOrEqual(reached.two);
});

test("A.4: three linear layers and the one map that they are give equal outputs", async () => {
  const { at32, in64 } = await shown(linearLayers);
  expect(in64).toBeLessThan(1e-13);
  expect(at32.map((r) => r.level)).toEqual([0, 1, 2]);
  for (const { many, one, differ } of at32) {
    expect(differ).toBeLessThan(1e-5);
    agree(many, one, 5);
    expect(Math.max(...many.map(Math.abs))).toBeGreaterThan(1);
  }
});

test("A.5: backward, a hidden layer has two products for one, the first layer one", async () => {
  const counted = await shown(cost);
  const product = 2 * 32 * 64 * 64;
  expect(counted.map((c) => c.products)).toEqual([
    [product, product],
    [product, 2 * product],
    [product, 2 * product],
    [product, 2 * product],
  ]);
  // A bias and a maximum forward; backward, a mask, the sum for the bias and, in the last layer, the derivative of the loss.
  for (const { all, products } of counted) {
    expect(all[0]! - products[0]!).toBe(2 * 32 * 64);
    expect(all[1]! - products[1]!).toBeGreaterThan(0);
    expect(all[1]! - products[1]!).toBeLessThanOrEqual(8 * 32 * 64);
  }
});

test("A.6: ∂L/∂ŷ = −y/ŷ + (1−y)/(1−ŷ), and (ŷ−y)·W11²·x2 where the unit is alive", async () => {
  const { found, formulas, dŷ, byFormula } = await shown(crossEntropy);
  expect(dŷ).toBeCloseTo(byFormula, 12);
  expect(formulas.some((f) => f.includes("(ŷ - y)") && !f.includes("/"))).toBe(true);
  const [alive, dead] = found;
  expect(alive!.z1).toBeGreaterThan(0);
  expect(alive!.gradient).toBeCloseTo(alive!.formula, 12);
  expect(Math.abs(alive!.gradient)).toBeGreaterThan(0.1);
  expect(alive!.generated).toBeCloseTo(alive!.formula, 6);
  expect(dead!.z1).toBeLessThan(0);
  expect([dead!.gradient, dead!.generated]).toEqual([0, 0]);
});

test("A.7: α and β weigh the classes; with α = 10β 100 examples pull like 1000", async () => {
  const { exact, results } = await shown(classWeights);
  const [z, y, n, α, β] = [exact.value("z"), [1, 0, 0], 3, 10, 1];
  const σ = z.map((v) => 1 / (1 + Math.exp(-v)));
  const loss = -σ.reduce((s, p, i) => s + α * y[i]! * Math.log(p) + β * (1 - y[i]!) * Math.log(1 - p), 0) / n;
  agree(exact.value("loss"), [loss]);
  agree(
    exact.gradient("z"),
    σ.map((p, i) => (β * (1 - y[i]!) * p - α * y[i]! * (1 - p)) / n),
  );
  const [plain, weighted] = results;
  expect(plain!.start).toBeCloseTo((1000 - 100) / 2 / 1100, 12);
  expect(weighted!.start).toBeCloseTo(0, 12);
  expect(weighted!.positive).toBeGreaterThan(plain!.positive + 0.2);
});

test("A.8: through fifty layers the sigmoid's gradient vanishes, the others' do not", async () => {
  const { layers, dead } = await shown(deep);
  for (const list of Object.values(layers)) expect(list).toHaveLength(50);
  const sigmoid = layers["sigmoid"]!;
  // Each layer of the way back costs a constant factor: by far more than ten orders of magnitude over fifty.
  expect(sigmoid[0]! / sigmoid[49]!).toBeLessThan(1e-20);
  sigmoid.slice(5).forEach((v, l) => expect(v).toBeGreaterThan(sigmoid[l]!));
  for (const name of ["leaky ReLU, 0.2", "slope 1", "ReLU"]) {
    const list = layers[name]!;
    expect(Math.max(...list) / Math.min(...list)).toBeLessThan(100);
  }
  const counts = Object.fromEntries(dead.map((d) => [d.name, d.counts]));
  expect(counts["ReLU"]![0]).toBeGreaterThan(10);
  expect(counts["leaky ReLU, 0.2"]).toEqual([0, 0, 0]);
});

test("A.9: shapes and parameters of the convolutional network; it learns", async () => {
  const { shapes, counts, net, operations } = await build();
  expect(shapes).toEqual([
    "a1: [batch, 15, 15, 16]",
    "a2: [batch, 6, 6, 32]",
    "a3: [batch, 2, 2, 64]",
    "features: [batch, 256]",
    "h: [batch, 128]",
    "logits: [batch, 10]",
  ]);
  const [one, two, three] = [9 * 16 + 16, 9 * 16 * 32 + 32, 9 * 32 * 64 + 64];
  const expected = one + two + three + (64 * 2 * 2 * 128 + 128) + (128 * 10 + 10);
  expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(expected);
  // Products alone: two operations a term, and the first layer needs no gradient of its input.
  const products = 2 * (30 ** 2 * 9 * 16 + 13 ** 2 * 9 * 16 * 32 + 4 ** 2 * 9 * 32 * 64 + 256 * 128 + 1280);
  expect(operations.forward).toBeGreaterThan(products);
  expect(operations.forward).toBeLessThan(1.1 * products);
  expect(operations.training).toBeGreaterThan(2.7 * products);
  expect(operations.training).toBeLessThan(3.3 * products);
  const [first, second, third] = steps(net, 3);
  expect(first).toBeGreaterThan(1.5);
  expect(second).toBeLessThan(first!);
  expect(third).toBeLessThan(second!);
});

test("A.10: the backward graph, node by node", async () => {
  const nodes = await shown(backwardGraph);
  expect(nodes.map((n) => n.name)).toEqual([
    "dŷ",
    "dŷ.linear.b",
    "da",
    "dŷ.linear.W",
    "dz",
    "dz.linear.b",
    "dz.linear.W",
  ]);
  const node = (name: string) => nodes.find((n) => n.name === name)!;
  expect(node("da")).toMatchObject({ from: ["dŷ"], saved: ["ŷ.linear.W"] });
  // The mask of ReLU may be read off its input or its output.
  expect(node("dz").from).toEqual(["da"]);
  expect(node("dz").formula).toMatch(/^dz\[b, j\] = da\[b, j\]·\[0 < [az]\[b, j\]\]$/);
  expect(node("dz.linear.W")).toMatchObject({ from: ["dz"], saved: ["x"] });
});
