/** Section C of the courses: every figure that they print, and the exact values. */
import { describe, expect, test } from "vitest";
import { losses } from "../../examples/courses/c/01-losses.ts";
import { simplification } from "../../examples/courses/c/02-simplification.ts";
import { recipeOfLayers } from "../../examples/courses/c/03-recipe.ts";
import { fiveSteps } from "../../examples/courses/c/04-circuit.ts";
import { squaredError } from "../../examples/courses/c/05-squared-error.ts";
import { twoPathsToLoss } from "../../examples/courses/c/06-two-paths.ts";
import { example } from "../../examples/courses/c/07-example.ts";
import { byHand } from "../../examples/courses/c/08-by-hand.ts";
import { agree, shown } from "./shown.ts";

const σ = (z: number): number => 1 / (1 + Math.exp(-z));
const mean = (list: readonly number[]): number => list.reduce((sum, v) => sum + v, 0) / list.length;

function softmax(z: readonly number[]): number[] {
  const e = z.map(Math.exp);
  const sum = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / sum);
}

/** Softmax of each row. */
const softmaxRows = (z: readonly number[], columns: number): number[] =>
  Array.from({ length: z.length / columns }, (_, i) =>
    softmax(z.slice(i * columns, (i + 1) * columns)),
  ).flat();

/** The rows of class ids as zeros and ones. */
const oneHot = (ids: readonly number[], classes: number): number[] =>
  ids.flatMap((id) => Array.from({ length: classes }, (_, c) => (c === id ? 1 : 0)));

describe("C.1: losses", async () => {
  const found = await shown(losses);
  const of = (name: string) => found.find((f) => f.name === name)!;

  function check(name: string, loss: number, gradient: readonly number[], by: string): void {
    const { exact, rounded } = of(name);
    agree(exact["loss"]!, [loss]);
    agree(exact["library"]!, [loss]);
    agree(exact[by]!, gradient);
    expect(Number(rounded["loss"])).toBeCloseTo(loss, 6);
    expect(Number(rounded["library"])).toBeCloseTo(loss, 6);
    agree(rounded[by] as Float32Array, gradient, 6);
  }

  test("mean squared and mean absolute error", () => {
    const { ŷ, y } = of("SquaredError").given as { ŷ: readonly number[]; y: readonly number[] };
    const errors = ŷ.map((v, i) => v - y[i]!);
    check(
      "SquaredError",
      mean(errors.map((e) => e * e)),
      errors.map((e) => (2 * e) / 4),
      "dŷ",
    );
    check(
      "AbsoluteError",
      mean(errors.map(Math.abs)),
      errors.map((e) => Math.sign(e) / 4),
      "dŷ",
    );
  });

  test("categorical cross-entropy, one-hot and by class ids, is the same", () => {
    const { z, y } = of("OneHot").given as { z: readonly number[]; y: readonly number[] };
    const p = softmaxRows(z, 3);
    const loss = -p.reduce((sum, v, i) => sum + y[i]! * Math.log(v), 0) / 2;
    const gradient = p.map((v, i) => (v - y[i]!) / 2);
    check("OneHot", loss, gradient, "dz");
    expect(oneHot(of("ClassIds").given["y"]!, 3)).toEqual(y);
    check("ClassIds", loss, gradient, "dz");
    expect(of("OneHot").formula).toBe("dz[n, j] = (p[n, j] - y[n, j])/N");
    expect(of("ClassIds").formula).toBe("dz[n, j] = (p[n, j] - [j = y[n]])/N");
  });

  test("binary cross-entropy of several labels", () => {
    const { z, y } = of("MultiLabel").given as { z: readonly number[]; y: readonly number[] };
    const p = z.map(σ);
    const each = p.map((v, i) => -(y[i]! * Math.log(v) + (1 - y[i]!) * Math.log(1 - v)));
    check(
      "MultiLabel",
      mean(each),
      p.map((v, i) => (v - y[i]!) / 6),
      "dz",
    );
  });
});

describe("C.2: the compiler finds ŷ − y", async () => {
  const { sigmoid, all } = await shown(simplification);
  const of = (name: string) => all.find((a) => a.name === name)!;
  const gradientOf = (name: string): string => of(name).graph.at(-1)!;

  test("sigmoid and binary cross-entropy: by the chain rule with divisions, then ŷ − y", () => {
    expect(sigmoid.steps.at(-1)).toBe("dz = dŷ·ŷ·(1 - ŷ)");
    expect(sigmoid.steps.some((s) => s.includes("1/ŷ") && s.includes("1/(1 - ŷ)"))).toBe(true);
    const cancelled = sigmoid.rules.filter((r) => r.rule === "cancel").map((r) => r.after);
    expect(cancelled).toEqual(["dŷ = (ŷ - y)/((1 - ŷ)·ŷ)", "dz = ŷ - y"]);
    expect(sigmoid.backward).toEqual(["dz = ŷ - y"]);
  });

  test("the compiled graph holds it and no division", () => {
    expect(gradientOf("Sigmoid")).toMatch(/ = ŷ - y$/);
    for (const equation of of("Sigmoid").graph) expect(equation).not.toMatch(/\/|log/);
  });

  test("softmax with class ids, with dense targets, with a distribution", () => {
    expect(gradientOf("ClassIds")).toMatch(/ = p\[b, j\] - \[j = label\[b\]\]$/);
    expect(gradientOf("Dense")).toMatch(/ = y\.sum\[b\]·p\[b, j\] - y\[b, j\]$/);
    expect(of("Dense").graph).toContain("y.sum[b] = Σ_j y[b, j]");
    expect(gradientOf("Distribution")).toMatch(/ = p\[b, j\] - y\[b, j\]$/);
    expect(of("Distribution").graph.filter((e) => e.includes("y.sum"))).toEqual([]);
  });

  test("and the numbers are those of the formulas", () => {
    const { z, label } = of("ClassIds").inputs as { z: readonly number[]; label: readonly number[] };
    const p = softmaxRows(z, 10);
    const expected: Record<string, readonly number[]> = {
      Sigmoid: [σ(0.75) - 1],
      ClassIds: p.map((v, i) => v - oneHot(label, 10)[i]!),
    };
    for (const name of ["Dense", "Distribution"]) {
      const { y } = of(name).inputs as { y: readonly number[] };
      const total = name === "Dense" ? 2 : 1;
      expected[name] = p.map((v, i) => v * total - y[i]!);
    }
    for (const { name, exact, rounded } of all) {
      agree(exact, expected[name]!);
      agree(rounded, expected[name]!, 6);
    }
  });
});

test("C.3: the recipe, as equations and as numbers", async () => {
  const { equations, layers, given, loss } = await shown(recipeOfLayers);
  const layer = (l: string, next: string, before: string): string[] => [
    `da⁽${l}⁾[k] = Σ_j W⁽${next}⁾[j, k]·δ⁽${next}⁾[j]`,
    `δ⁽${l}⁾[j] = da⁽${l}⁾[j]·a⁽${l}⁾[j]·(1 - a⁽${l}⁾[j])`,
    `db⁽${l}⁾[j] = δ⁽${l}⁾[j]`,
    `dW⁽${l}⁾[j, k] = δ⁽${l}⁾[j]·${before}[k]`,
  ];
  expect(equations).toEqual([
    "δ⁽³⁾[i] = a⁽³⁾[i] - y[i]",
    "db⁽³⁾[j] = δ⁽³⁾[j]",
    "dW⁽³⁾[j, k] = δ⁽³⁾[j]·a⁽²⁾[k]",
    ...layer("²", "³", "a⁽¹⁾"),
    ...layer("¹", "²", "x"),
  ]);
  const a = [[...given.x]];
  for (const { W, b } of layers)
    a.push(b.map((bias, j) => σ(a.at(-1)!.reduce((sum, v, k) => sum + W[j * 4 + k]! * v, bias))));
  const ŷ = a[3]!;
  const entropy = ŷ.map((v, i) => (given.y[i] === 1 ? -Math.log(v) : -Math.log(1 - v)));
  expect(loss).toBeCloseTo(4 * mean(entropy), 12);
  let δ = ŷ.map((v, i) => v - given.y[i]!);
  for (const l of [2, 1, 0]) {
    const { W, dW, db, rounded } = layers[l]!;
    const below = a[l]!;
    const expected = δ.flatMap((d) => below.map((v) => d * v));
    agree(db, δ);
    agree(dW, expected);
    agree(rounded, expected, 6);
    const upper = δ;
    δ = below.map((v, k) => v * (1 - v) * upper.reduce((sum, d, j) => sum + W[j * 4 + k]! * d, 0));
  }
});

test("C.4: five atomic steps end in ∂L/∂w = L²·z4·x", async () => {
  const { exact, rows, rounded } = await shown(fiveSteps);
  expect(rows.map(({ node, local, result }) => [node, local, result])).toEqual([
    ["z4", "∂L/∂z4 = -L²", "-L²"],
    ["z3", "∂z4/∂z3 = z4", "-L²·z4"],
    ["z2", "∂z3/∂z2 = -1", "L²·z4"],
    ["z1", "∂z2/∂z1 = 1", "L²·z4"],
    ["b", "∂z2/∂b = 1", "L²·z4"],
    ["w", "∂z1/∂w = x", "L²·z4·x"],
  ]);
  expect(rows.at(-1)!.chain).toBe("∂L/∂z1 · ∂z1/∂w");
  const [L, z4] = [σ(-1.5), Math.exp(1.5)];
  agree(exact.value("L"), [L]);
  agree(exact.value("z4"), [z4]);
  agree(
    rows.map((r) => r.value),
    [-L * L, -L * L * z4, L * L * z4, L * L * z4, L * L * z4, -L * L * z4],
  );
  expect(L * L * z4).toBeCloseTo(L * (1 - L), 12);
  expect(Number(rounded["dw"])).toBeCloseTo(-L * (1 - L), 6);
  expect(Number(rounded["db"])).toBeCloseTo(L * (1 - L), 6);
});

test("C.5: the squared error in four steps", async () => {
  const { exact, rows, rounded } = await shown(squaredError);
  expect(rows.map(({ node, result }) => [node, result])).toEqual([
    ["z3", "2·z3"],
    ["z2", "2·z3"],
    ["z1", "2·z3"],
    ["b", "2·z3"],
    ["w", "2·z3·x"],
  ]);
  agree(
    ["z1", "z2", "z3", "L"].map((name) => exact.value(name)[0]!),
    [6, 7, 2, 4],
  );
  agree(
    rows.map((r) => r.value),
    [4, 4, 4, 4, 12],
  );
  expect(rounded).toEqual({ L: 4, dw: 12, db: 4 });
});

test("C.6: what two paths bring is added", async () => {
  const { exact, rows, rounded } = await shown(twoPathsToLoss);
  const parts = rows.filter((r) => r.node === "w");
  expect(parts.map((r) => r.result).toSorted()).toEqual(["2·z1·w", "z2·x"]);
  expect(parts.map((r) => r.value).toSorted()).toEqual([12, 24]);
  // L = w³x, so ∂L/∂w = 3w²x.
  agree(exact.gradient("w"), [3 * 2 ** 2 * 3]);
  expect(rounded).toEqual({ L: 24, dw: 36 });
});

test("C.7: x = 1, w = 2, b = 0.5: the loss is 6.25, ∂w = 5", async () => {
  const { exact, loss, dw, db } = await shown(example);
  agree(exact.value("loss"), [6.25]);
  agree(exact.gradient("w"), [5]);
  agree(exact.gradient("b"), [5]);
  expect([loss, dw, db]).toEqual([6.25, 5, 5]);
});

test("C.8: the hand calculation, to three digits and in 64 bits", async () => {
  const { values, handwritten, exact, loss, dv, dw } = await shown(byHand);
  const expected: Record<string, number> = {
    z: 0.75,
    h: 0.679178699,
    z_out: 1.358357398,
    ŷ: 0.795492602,
    L: 0.228793731,
    δ_out: -0.204507398,
    "∂w": -0.138897068,
    δ_hidden: -0.044561138,
    "∂v1": -0.022280569,
    "∂v2": -0.044561138,
  };
  expect(Object.keys(values)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(values[name]! - value), name).toBeLessThan(1e-9);
    expect(Math.abs(values[name]! - Number(handwritten[name])), name).toBeLessThan(1e-3);
  }
  const h = σ(0.75);
  const δ = σ(2 * h) - 1;
  agree(exact.value("h"), [h, h]);
  agree(exact.gradient("w"), [δ * h, δ * h]);
  const hidden = δ * h * (1 - h);
  agree(exact.gradient("v"), [hidden / 2, hidden / 2, hidden, hidden]);
  expect(loss).toBeCloseTo(-Math.log(σ(2 * h)), 6);
  agree(dw, [δ * h, δ * h], 6);
  agree(dv, [hidden / 2, hidden / 2, hidden, hidden], 6);
});
