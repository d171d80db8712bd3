import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Flow } from "../../src/index.ts";
import { drawFlow, flow, printFlow } from "../../src/index.ts";

const root = join(import.meta.dirname, "../..");

function measure(source: string, sample: Record<string, unknown> = {}): Flow {
  const result = flow(source, { sample });
  expect(result.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  return result.flow!;
}

const model = (activation: string): string => `model M {
  dim batch <= 2
  input x: [batch, 2]
  param W: [2, 3] ~ zeros
  z[b, j] = sum[k] x[b, k] * W[k, j]
  a = ${activation}
  loss sum(a)
  optimizer sgd(lr = 0.5)
}`;
const W = [
  [1, -1, 5],
  [1, -1, 0],
];
const x = [
  [1, 2],
  [3, 0],
];

describe("one layer, by hand", () => {
  // z = [[3, -3, 5], [3, -3, 15]]
  test("a rectifier: the second unit never fires, and half of the cells being 0 is no saturation", () => {
    const { loss, parameters, activations } = measure(model("max(0, z)"), { x, W });
    expect(loss).toBe(3 + 5 + 3 + 15);
    expect(activations).toEqual([{ name: "a", shape: [2, 3], gradient: 1, dead: 1 / 3, saturated: null }]);
    // dW[k, j] = Σ_b x[b, k] over the units that fire: [[4, 0, 4], [2, 0, 2]]; the step is half of it.
    expect(parameters[0]!.gradient).toEqual({ mean: 2, largest: 4 });
    expect(parameters[0]!.update).toBeCloseTo((0.5 * Math.sqrt(40)) / Math.sqrt(29), 12);
  });

  test("tanh: cells beyond 3 hardly pass anything on", () => {
    const { activations } = measure(model("tanh(z)"), { x, W });
    // 1 − tanh² is 0.0099 at 3, 1.8e-4 at 5 and 0 in 64 bits at 20.
    expect(activations[0]).toMatchObject({ dead: 0, saturated: 1 });
  });

  test("a straight line is no activation", () => {
    expect(measure(model("2 * z + 1"), { x, W }).activations).toEqual([]);
  });
});

test("fifty layers of sigmoids hand back less and less; the picture says so", async () => {
  const deep = readFileSync(join(root, "examples/deep.nn"), "utf8");
  const found = flow(deep, { sizes: { width: 10 } }).flow!;
  const means = found.parameters.filter((p) => p.name.endsWith("W")).map((p) => p.gradient.mean);
  expect(means).toHaveLength(51);
  expect(means[0]! / means[50]!).toBeLessThan(1e-20);
  const shallow = flow(deep, { sizes: { depth: 4, width: 8 } }).flow!;
  await expect(printFlow(shallow)).toMatchFileSnapshot("expected/deep-flow.txt");
  await expect(drawFlow(shallow)).toMatchFileSnapshot("expected/deep-flow.svg");
});

test("a sample that does not fit is refused", () => {
  expect(() => measure(model("tanh(z)"), { x: [[1, 2, 3]] })).toThrow("must be [batch, 2]");
  expect(() => measure(model("tanh(z)"), { nothing: 1 })).toThrow("`nothing` is no input and no parameter");
});

test("without a loss there is nothing to measure", () => {
  const { flow: nothing } = flow("model M {\n input x: [2]\n output y = x + 1\n}");
  expect(nothing).toBeNull();
});
