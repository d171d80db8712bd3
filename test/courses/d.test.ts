/** Section D of the courses: every figure that they print, and the exact values. */
import { describe, expect, test } from "vitest";
import { countingParameters } from "../../examples/courses/d/01-counting.ts";
import { costs } from "../../examples/courses/d/02-costs.ts";
import { nudges } from "../../examples/courses/d/03-circuit.ts";
import { linearLayer } from "../../examples/courses/d/04-linear.ts";
import { derivativesOfOutputs } from "../../examples/courses/d/05-derivatives.ts";
import { layerByHand } from "../../examples/courses/d/06-layer.ts";
import { secondLayer } from "../../examples/courses/d/07-two-layers.ts";
import { vectorised } from "../../examples/courses/d/08-logistic.ts";
import { vectorisedLayers } from "../../examples/courses/d/09-layers.ts";
import { symmetry } from "../../examples/courses/d/10-symmetry.ts";
import { agree, shown } from "./shown.ts";

const σ = (z: number): number => 1 / (1 + Math.exp(-z));
const sum = (list: readonly number[]): number => list.reduce((total, v) => total + v, 0);
const repeated = <T>(count: number, values: readonly T[]): T[] =>
  Array.from({ length: count }, () => values).flat();

test("D.1: a 2-3-1 network has 13 parameters", async () => {
  const { counts, total, generated } = await shown(countingParameters);
  expect(Object.values(counts)).toEqual([6, 3, 3, 1]);
  expect([total, generated]).toEqual([13, 13]);
});

test("D.2: half the mean squared error, and cross-entropy", async () => {
  const [squared, entropy] = await shown(costs);
  const values = (of: typeof squared, name: string): readonly number[] =>
    (of!.given as Record<string, readonly number[]>)[name]!;
  const [ŷ, y, a] = [values(squared, "ŷ"), values(squared, "y"), values(entropy, "a")];
  const expected = [
    sum(ŷ.map((v, i) => (y[i]! - v) ** 2)) / (2 * 4),
    -sum(a.map((v, i) => y[i]! * Math.log(v) + (1 - y[i]!) * Math.log(1 - v))) / 4,
  ];
  [squared, entropy].forEach((found, k) => {
    agree(found!.exact["cost"]!, [expected[k]!]);
    expect(Number(found!.rounded["cost"])).toBeCloseTo(expected[k]!, 6);
  });
  const dŷ = ŷ.map((v, i) => (v - y[i]!) / 4);
  const da = a.map((v, i) => (-y[i]! / v + (1 - y[i]!) / (1 - v)) / 4);
  agree(squared!.exact["dŷ"]!, dŷ);
  agree(entropy!.exact["da"]!, da);
  agree(squared!.rounded["dŷ"] as Float32Array, dŷ, 6);
  agree(entropy!.rounded["da"] as Float32Array, da, 6);
});

test("D.3: J = 22, gradients 4, 6, 2, and 22.4 with a = 3.1", async () => {
  const { exact, rows, nudged, rounded } = await shown(nudges);
  agree(
    ["u", "v", "J"].map((name) => exact.value(name)[0]!),
    [6, 11, 22],
  );
  agree(
    ["a", "b", "c"].map((name) => exact.gradient(name)[0]!),
    [4, 6, 2],
  );
  expect(Object.fromEntries(rows.map((r) => [r.node, r.result]))).toEqual({
    v: "2",
    u: "2",
    a: "2·b",
    b: "2·a",
    c: "2",
  });
  agree(
    nudged.map((n) => n.J),
    [22.4, 22.6, 22.2],
  );
  agree(
    nudged.map((n) => n.slope),
    [4, 6, 2],
  );
  expect(rounded).toEqual({ J: 22, da: 4, db: 6, dc: 2 });
});

test("D.4: (11, 27, 43), 100×3, and a matrix product is a triple loop", async () => {
  const { exact, loops, matrices, same } = await shown(linearLayer);
  agree(exact, [11, 27, 43]);
  for (const { shape, z } of [loops, matrices]) {
    expect(shape).toEqual([100, 3]);
    expect([...z]).toEqual(repeated(100, [11, 27, 43]));
  }
  for (const { loop } of [loops, matrices]) expect(loop.match(/\bfor \(/g)).toHaveLength(3);
  expect(same).toBe(true);
});

test("D.5: derivatives of activations from their outputs", async () => {
  const { z, derivatives, exact, rounded } = await shown(derivativesOfOutputs);
  expect(derivatives["sigmoid"]).toBe("a_sigmoid[n]·(1 - a_sigmoid[n])");
  expect(derivatives["tanh"]).toBe("1 - a_tanh[n]·a_tanh[n]");
  const fromOutput: Record<string, (a: number) => number> = {
    sigmoid: (a) => a * (1 - a),
    tanh: (a) => 1 - a * a,
    relu: (a) => (a > 0 ? 1 : 0),
    leaky: (a) => (a > 0 ? 1 : 0.01),
  };
  const outputs: Record<string, readonly number[]> = {
    sigmoid: z.map(σ),
    tanh: z.map(Math.tanh),
    relu: z.map((v) => Math.max(0, v)),
    leaky: z.map((v) => (v > 0 ? v : 0.01 * v)),
  };
  for (const [name, derivative] of Object.entries(fromOutput)) {
    const a = outputs[name]!;
    agree(exact[`a_${name}`]!, a);
    agree(exact[`d_${name}`]!, a.map(derivative));
    agree(rounded[`d_${name}`] as Float32Array, a.map(derivative), 6);
  }
});

test("D.6: the layer by hand, with an upstream gradient of 0.5", async () => {
  const { exact, rounded, learned, loss } = await shown(layerByHand);
  const expected = { dx: [11, 13, 15], dW: repeated(4, [0.5, 1, 1.5]), db: repeated(4, [0.5]) };
  agree(exact.value("z1"), [14, 32, 50, 68]);
  agree(exact.value("a1"), [14, 32, 50, 68]);
  for (const [name, values] of Object.entries(expected)) {
    agree(exact.gradient(name.slice(1)), values);
    expect([...(rounded[name] as Float32Array)]).toEqual(values);
  }
  expect(learned).toEqual({ dW: expected.dW, db: expected.db });
  expect(loss).toBe(14 + 32 + 50 + 68);
});

test("D.7: a second layer of zeros; nothing comes through it", async () => {
  const { exact, given, scaled } = await shown(secondLayer);
  agree(exact.value("a2"), [0.5, 0.5]);
  agree(exact.gradient("z2"), [0.125, 0.125]);
  agree(exact.gradient("b2"), [0.125, 0.125]);
  agree(exact.gradient("W2"), repeated(2, [1.75, 4, 6.25, 8.5]));
  agree(exact.gradient("a1"), [0, 0, 0, 0]);
  for (const generated of [given, scaled]) {
    expect(generated["b2"]).toEqual([0.125, 0.125]);
    expect(generated["W2"]).toEqual(repeated(2, [1.75, 4, 6.25, 8.5]));
    expect(generated["b1"]!.map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(generated["W1"]!.every((v) => v === 0)).toBe(true);
  }
});

test("D.8: ∂w_k = 1/m Σ (ŷ − y)·x_k, ∂b = 1/m Σ (ŷ − y)", async () => {
  const { exact, equations, rounded, losses, given, start } = await shown(vectorised);
  expect(equations).toEqual(["dz[i] = (ŷ[i] - y[i])/m", "db = Σ_i dz[i]", "dw[k] = Σ_i x[i, k]·dz[i]"]);
  const { x, y } = given;
  const error = y.map((target, i) => σ(sum(start.w.map((w, k) => w * x[3 * i + k]!)) + start.b[0]!) - target);
  const dw = [0, 1, 2].map((k) => sum(error.map((e, i) => e * x[3 * i + k]!)) / 4);
  agree(exact.gradient("w"), dw);
  agree(exact.gradient("b"), [sum(error) / 4]);
  agree(rounded.w, dw, 6);
  agree(rounded.b, [sum(error) / 4], 6);
  losses.slice(1).forEach((loss, i) => expect(loss).toBeLessThan(losses[i]!));
});

test("D.9: m examples at once are the mean of m passes, in every layer", async () => {
  const { equations, compared } = await shown(vectorisedLayers);
  expect(equations).toContain("dz⁽³⁾[i, j] = (a⁽³⁾[i, j] - y[i, j])/m");
  for (const [l, next, before] of [
    ["³", "", "a⁽²⁾"],
    ["²", "³", "a⁽¹⁾"],
    ["¹", "²", "x"],
  ]) {
    expect(equations).toContain(`dW⁽${l}⁾[k, j] = Σ_i ${before}[i, k]·dz⁽${l}⁾[i, j]`);
    expect(equations).toContain(`db⁽${l}⁾[j] = Σ_i dz⁽${l}⁾[i, j]`);
    if (next === "") continue;
    expect(equations).toContain(`da⁽${l}⁾[i, k] = Σ_j dz⁽${next}⁾[i, j]·W⁽${next}⁾[k, j]`);
    expect(equations).toContain(`dz⁽${l}⁾[i, j] = da⁽${l}⁾[i, j]·a⁽${l}⁾[i, j]·(1 - a⁽${l}⁾[i, j])`);
  }
  expect(compared).toHaveLength(6);
  for (const { largest, difference, rounding } of compared) {
    expect(largest).toBeGreaterThan(1e-3);
    expect(difference).toBeLessThan(1e-15);
    expect(rounding).toBeLessThan(1e-6);
  }
});

describe("D.10: symmetry", async () => {
  const [zeros, equal, small] = await shown(symmetry);

  test("hidden units that start equal are equal after 100 steps and for ever", () => {
    for (const run of [zeros!, equal!]) {
      expect(run.differences[100]).toBe(0);
      expect(Math.max(...run.differences)).toBe(0);
      expect(run.exact).toBe(0);
    }
    expect(zeros!.W1.every((v) => v === 0)).toBe(true);
    expect(equal!.W1.some((v) => v !== 0.5)).toBe(true);
  });

  test("those that start at small random numbers do not stay alike", () => {
    expect(small!.differences[0]).toBeGreaterThan(0.005);
    expect(small!.differences[100]).not.toBe(small!.differences[0]);
    expect(small!.exact).toBeGreaterThan(0.005);
    expect(small!.differences.at(-1)).toBeGreaterThan(1);
    expect(small!.losses.at(-1)).toBeLessThan(0.05);
    expect(equal!.losses.at(-1)).toBeGreaterThan(0.3);
    expect(zeros!.losses.at(-1)).toBeCloseTo(Math.LN2, 6);
  });
});
