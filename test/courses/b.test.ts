/** Section B of the courses: every figure that they print, and the exact values. */
import { describe, expect, test } from "vitest";
import { counting } from "../../examples/courses/b/01-counting.ts";
import { activations } from "../../examples/courses/b/02-activations.ts";
import { reluAtZero } from "../../examples/courses/b/03-relu-at-zero.ts";
import { saturation } from "../../examples/courses/b/04-saturation.ts";
import { gates } from "../../examples/courses/b/05-gates.ts";
import { circuitOfNeuron } from "../../examples/courses/b/06-circuit.ts";
import { twoPaths } from "../../examples/courses/b/07-two-paths.ts";
import { outputs } from "../../examples/courses/b/08-outputs.ts";
import { agree, shown } from "./shown.ts";

test("B.1: a 3-4-4-2 network has 36 weights + 10 biases = 46 parameters", async () => {
  expect(await shown(counting)).toEqual({ weights: 36, biases: 10, generated: 46 });
});

/** The error function by its series, which is precise for the arguments here. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const σ = (x: number): number => 1 / (1 + Math.exp(-x));
const kinked = (at: number, below: number, above: number) => (x: number) => (x > at ? above : below);
const Φ = (x: number): number => (1 + erf(x / Math.sqrt(2))) / 2;
const φ = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const first = (x: number): number => Math.exp(x) / (Math.exp(x) + Math.E + 1);

/** Value and derivative of each activation, as the textbooks write them. */
const closedForms: Record<string, [(x: number) => number, (x: number) => number]> = {
  sigmoid: [σ, (x) => σ(x) * (1 - σ(x))],
  tanh: [(x) => 2 * σ(2 * x) - 1, (x) => 1 - (2 * σ(2 * x) - 1) ** 2],
  relu: [(x) => (x > 0 ? x : 0), kinked(0, 0, 1)],
  softplus: [(x) => Math.log(1 + Math.exp(x)), σ],
  leaky_relu: [(x) => (x > 0 ? x : 0.2 * x), kinked(0, 0.2, 1)],
  prelu: [(x) => (x > 0 ? x : 0.5 * x), kinked(0, 0.5, 1)],
  maxout: [(x) => Math.max(x, -0.5 * x - 1), kinked(-2 / 3, -0.5, 1)],
  elu: [(x) => (x > 0 ? x : Math.exp(x) - 1), (x) => (x > 0 ? 1 : Math.exp(x))],
  srelu: [
    (x) => (x >= 1.5 ? 1.5 + 0.4 * (x - 1.5) : x > -1 ? x : -1 + 0.2 * (x + 1)),
    (x) => (x >= 1.5 ? 0.4 : x > -1 ? 1 : 0.2),
  ],
  swish: [(x) => x * σ(2 * x), (x) => σ(2 * x) + 2 * x * σ(2 * x) * (1 - σ(2 * x))],
  gelu: [(x) => x * Φ(x), (x) => Φ(x) + x * φ(x)],
  softmax: [first, (x) => first(x) * (1 - first(x))],
};

describe("B.2: activations and their derivatives", async () => {
  const { x, exact, rounded, gradients } = await shown(activations);

  test.each(Object.entries(closedForms))(
    "%s has the value and the derivative of its formula",
    (name, [f, df]) => {
      agree(exact[`y_${name}`]!, x.map(f), 11);
      agree(exact[`d_${name}`]!, x.map(df), 11);
      agree(rounded[`y_${name}`]!, x.map(f), 5);
      agree(rounded[`d_${name}`]!, x.map(df), 5);
    },
  );

  test("none is missing", () => {
    const listed = Object.keys(exact).filter((name) => name.startsWith("y_"));
    expect(listed.map((name) => name.slice(2)).toSorted()).toEqual(Object.keys(closedForms).toSorted());
  });

  test("what is learned inside has its gradient", () => {
    const sum = (holds: (x: number) => boolean, f: (x: number) => number): number =>
      x.filter(holds).reduce((s, v) => s + f(v), 0);
    agree(gradients["y_prelu.prelu.slope"]!, [
      sum(
        (v) => v <= 0,
        (v) => v,
      ),
    ]);
    const left = (v: number): boolean => v < -2 / 3;
    agree(gradients["y_maxout.maxout.piece.linear.W"]!, [
      sum(
        (v) => !left(v),
        (v) => v,
      ),
      sum(left, (v) => v),
    ]);
    agree(gradients["y_maxout.maxout.piece.linear.b"]!, [
      sum(
        (v) => !left(v),
        () => 1,
      ),
      sum(left, () => 1),
    ]);
    agree(gradients["y_srelu.srelu.left"]!, [
      sum(
        (v) => v <= -1,
        () => 1 - 0.2,
      ),
    ]);
    agree(gradients["y_srelu.srelu.left_slope"]!, [
      sum(
        (v) => v <= -1,
        (v) => v + 1,
      ),
    ]);
    agree(gradients["y_srelu.srelu.right"]!, [
      sum(
        (v) => v >= 1.5,
        () => 1 - 0.4,
      ),
    ]);
    agree(gradients["y_srelu.srelu.right_slope"]!, [
      sum(
        (v) => v >= 1.5,
        (v) => v - 1.5,
      ),
    ]);
  });
});

test("B.3: the derivative of ReLU at 0 is 0, or what is said by hand", async () => {
  const { exact, rounded } = await shown(reluAtZero);
  const expected = { zero: [0, 0, 1], half: [0, 0.5, 1], one: [0, 1, 1] };
  expect(exact).toEqual(expected);
  for (const [name, slopes] of Object.entries(expected))
    expect([...(rounded[name] as Float32Array)]).toEqual(slopes);
});

test("B.4: at z = −50 squared error gives nothing, cross-entropy −1", async () => {
  const { exact, rounded } = await shown(saturation);
  for (const [precise, digits] of [
    [exact, 12],
    [rounded, 6],
  ] as const) {
    for (const { z, dmse, dce } of precise) {
      expect(dmse).toBeCloseTo(-2 * (1 - σ(z)) * σ(z) * (1 - σ(z)), digits);
      expect(dce).toBeCloseTo(σ(z) - 1, digits);
    }
    const saturated = precise.find((e) => e.z === -50)!;
    expect(saturated.dce).toBe(-1);
    expect(Math.abs(saturated.dmse)).toBeLessThan(1e-21);
    // Not merely 0: nothing was lost on the way.
    expect(saturated.dmse / (-2 * Math.exp(-50))).toBeCloseTo(1, 6);
    expect(saturated.entropy).toBeCloseTo(50, digits);
  }
});

test("B.5: add distributes, multiply switches, max routes", async () => {
  const { sum, larger } = await shown(gates);
  const [x, y, z] = [-2, 5, 4];
  expect([sum.exact.value("q"), sum.exact.value("f")]).toEqual([[x + y], [(x + y) * z]]);
  expect(["x", "y", "z"].map((n) => sum.exact.gradient(n)[0])).toEqual([4, 4, x + y]);
  expect(["x", "y", "z"].map((n) => larger.exact.gradient(n)[0])).toEqual([0, 4, 5]);
  expect(sum.rounded).toMatchObject({ f: 12, dx: 4, dy: 4, dz: 3 });
  expect(larger.rounded).toMatchObject({ f: 20, dx: 0, dy: 4, dz: 5 });
});

test("B.6: the circuit of a neuron, node by node", async () => {
  const { exact, rounded } = await shown(circuitOfNeuron);
  const f = σ(1);
  const slope = f * (1 - f);
  // As printed in the course.
  const printed = { w0: -0.1966, x0: 0.3932, w1: -0.3932, x1: -0.5898, w2: 0.1966 };
  const values = { w0: -slope, x0: 2 * slope, w1: -2 * slope, x1: -3 * slope, w2: slope };
  expect(exact.value("f")[0]!.toFixed(4)).toBe("0.7311");
  agree(exact.value("f"), [f]);
  for (const [name, value] of Object.entries(values)) {
    agree(exact.gradient(name), [value]);
    expect(exact.gradient(name)[0]!.toFixed(4)).toBe(printed[name as keyof typeof printed].toFixed(4));
    expect(rounded[`d${name}`]).toBeCloseTo(value, 6);
  }
  // Every wire of the circuit, from the left.
  const nodes = {
    product0: -2,
    product1: 6,
    both: 4,
    z: 1,
    negated: -1,
    power: Math.exp(-1),
    one_more: 1 + Math.exp(-1),
  };
  for (const [name, value] of Object.entries(nodes)) agree(exact.value(name), [value]);
  for (const name of ["product0", "product1", "both", "z"]) agree(exact.gradient(name), [slope]);
  agree(exact.gradient("negated"), [-slope]);
  agree(exact.gradient("power"), [-f * f]);
  agree(exact.gradient("one_more"), [-f * f]);
});

test("B.7: what two paths bring is summed", async () => {
  const { exact, parts, rounded } = await shown(twoPaths);
  expect(parts.toSorted((a, b) => a - b)).toEqual([12, 24]);
  expect(exact.gradient("x")).toEqual([36]);
  expect(rounded).toMatchObject({ f: 24, dx: 36 });
});

test("B.8: with its fitting loss, each output leaves ŷ − y as the gradient before it", async () => {
  const { found, targets } = await shown(outputs);
  const counts = { OneClass: 2, YesOrNo: 6, AnyNumber: 6 };
  for (const { name, formula, exact, rounded } of found) {
    const expected = exact["ŷ"]!.map((p, i) => (p - targets[i]!) / counts[name as keyof typeof counts]);
    agree(exact["dz"]!, expected);
    agree(rounded["dz"]!, expected, 6);
    expect(formula.split("\n")).toHaveLength(1);
  }
  const [oneClass, yesOrNo, anyNumber] = found;
  const { exact } = oneClass!;
  expect(exact["loss"]![0]).toBeCloseTo(-(Math.log(exact["ŷ"]![0]!) + Math.log(exact["ŷ"]![4]!)) / 2, 12);
  const entropy = yesOrNo!.exact["ŷ"]!.map((p, i) => (targets[i] === 1 ? -Math.log(p) : -Math.log(1 - p)));
  expect(yesOrNo!.exact["loss"]![0]).toBeCloseTo(entropy.reduce((s, v) => s + v, 0) / 6, 12);
  const squares = anyNumber!.exact["ŷ"]!.map((v, i) => (v - targets[i]!) ** 2);
  expect(anyNumber!.exact["loss"]![0]).toBeCloseTo(squares.reduce((s, v) => s + v, 0) / 12, 12);
});
