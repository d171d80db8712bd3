/** Models that leave the finite numbers on a GPU: what is told of it, when, and what can still be read. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { describeOnDawn } from "../support/dawn.ts";
import type { AnyModel } from "../codegen/load.ts";
import { at } from "../codegen/load.ts";
import type { GpuModel } from "./host.ts";
import { pairOf, tensorAt } from "./host.ts";

afterEach(() => vi.restoreAllMocks());

/** Steps that are ten thousand times too long: the loss grows to infinity, and is no number then. */
const growing = `model Growing {
  dim batch <= 8
  input x: [batch, 3]
  input y: [batch]
  param w: [3] ~ zeros
  z[b] = sum[k] x[b, k] * w[k]
  output z
  loss mean((z - y)^2)
  optimizer sgd(lr = 1e4)
}`;
const batch = { x: Float32Array.from({ length: 24 }, (_, i) => 1 + (i % 3)), y: new Float32Array(8).fill(1) };
const steps = 16;

/** As `isFinite`, `isNaN` and the sign tell it. */
const kind = (v: number): string => (Number.isFinite(v) ? "finite" : String(v));

describeOnDawn("a loss that grows", (device) => {
  const both = async (): Promise<[GpuModel, AnyModel]> => {
    const { gpu, javascript } = await pairOf(growing);
    return [await gpu.create({ device: device() }), javascript.create()];
  };

  test("is infinite and then no number in the steps in which it is on the processor", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const [model, other] = await both();
    const expected = Array.from({ length: steps }, () => other.step(batch));
    const found: number[] = [];
    for (let n = 0; n < steps; n++) found.push(await model.step(batch));
    expect(found.map(kind)).toEqual(expected.map(kind));
    const first = expected.findIndex((loss) => !Number.isFinite(loss)) + 1;
    expect([first > 3, kind(expected[first - 1]!), kind(expected.at(-1)!)]).toEqual([
      true,
      "Infinity",
      "NaN",
    ]);
    expect(model.nonFiniteStep).toBe(first);
    expect(warn.mock.calls).toEqual([[`Growing: the loss of step ${first} is Infinity`]]);
    // Gradients and weights hold what they hold there.
    for (const tree of ["gradients", "parameters"] as const) {
      const values = await tensorAt(model[tree], "w").read();
      expect([...values]).toEqual([NaN, NaN, NaN]);
      expect(values).toEqual(at(other[tree], "w"));
    }
    const { z } = await model.forward({ x: batch.x });
    expect([...(z as Float32Array)].every(Number.isNaN)).toBe(true);
    model.destroy();
  });

  test("is told of steps that were handed over together, once", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const [model, single] = [(await both())[0], (await both())[0]];
    const losses = await model.stepMany(Array.from({ length: steps }, () => batch));
    for (let n = 0; n < steps; n++) await single.step(batch);
    expect(model.nonFiniteStep).toBe(single.nonFiniteStep);
    expect(losses[model.nonFiniteStep! - 1]).toBe(Infinity);
    expect(losses.subarray(0, model.nonFiniteStep! - 1).every(Number.isFinite)).toBe(true);
    // Once of each model.
    expect(warn).toHaveBeenCalledTimes(2);
    [model, single].forEach((m) => m.destroy());
  });
});

describe("a loss that is no finite number at once", () => {
  describeOnDawn("on a device", (device) => {
    test.each([
      ["log(w[k] - 2)", NaN],
      ["sqrt(-w[k])", NaN],
      ["1 / (w[k] - 1)", Infinity],
      ["1 / (1 - w[k]) - 1 / (w[k] - 1)", NaN],
      ["(w[k] - 1) / (w[k] - 1)", NaN],
      ["(-w[k]) ^ 0.5", NaN],
      ["exp(100 * w[k])", Infinity],
      ["-exp(100 * w[k])", -Infinity],
      ["(1e30 * w[k]) ^ 2", Infinity],
      ["tanh(sqrt(-w[k]))", NaN],
      ["sin(sqrt(-w[k]))", NaN],
      ["max(sqrt(-w[k]), 0)", NaN],
      ["sigmoid(1 / (w[k] - 1)) * w[k] / (w[k] - w[k])", Infinity],
    ])("%s", async (value, expected) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const { gpu, javascript } = await pairOf(`model Broken {
        param w: [3] ~ ones
        input scale: [3]
        loss sum[k] scale[k] * (${value})
        optimizer sgd(lr = 0.1)
      }`);
      const [model, other] = [await gpu.create({ device: device() }), javascript.create()];
      const inputs = { scale: [1, 1, 1] };
      expect([await model.step(inputs), other.step(inputs)]).toEqual([expected, expected]);
      expect(model.nonFiniteStep).toBe(1);
      expect(warn.mock.calls).toEqual([[`Broken: the loss of step 1 is ${expected}`]]);
      model.destroy();
    });
  });
});
