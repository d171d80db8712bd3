/** Corners of the language in generated code, at both levels. */
import type { Level } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Instance } from "../support/generated.ts";
import { flatten, load } from "../support/generated.ts";
import { model } from "../support/model.ts";

async function module(source: string, level: Level): Promise<Instance> {
  const { outputs, diagnostics } = await compile(source, { level, language: "javascript" });
  expect(diagnostics).toEqual([]);
  return (await load(outputs[0]!.text, "M")).create({ seed: 1 });
}

describe.each(levels)("-O%i", (level) => {
  test("an update that reads the neighbours of the cell it stores", async () => {
    const source = `model M {
      param w: [3] ~ ones
      state s: [4] = 1
      state r: [2, 3] = 0
      update s[k] = (s[k - 1] else w[0]) * 2
      update r[1] = w
      update r[0, j] = r[1, 2 - j] + s[j]
      loss sum(w^2) + sum(s) + sum(r)
      optimizer sgd(lr = 0.25)
    }`;
    const own = await module(source, level);
    const reference = model(source);
    for (let step = 1; step <= 3; step++) {
      expect(own.step({})).toBeCloseTo(reference.step(), 4);
      const states = flatten(own.states);
      expect([...states["s"]!]).toEqual([...reference.parameter("s")]);
      expect([...states["r"]!]).toEqual([...reference.parameter("r")]);
    }
  });
  test("an input as an output is as long as its data", async () => {
    const source = "model M {\n dim n <= 8\n input x: [n, 2]\n h = x\n output y = h\n}";
    const own = await module(source, level);
    expect([...(own.forward({ x: [1, 2, 3, 4] })["y"] as Float32Array)]).toEqual([1, 2, 3, 4]);
    expect([...(own.forward({ x: Float32Array.of(5, 6) })["y"] as Float32Array)]).toEqual([5, 6]);
    expect([...(own.forward({ x: [7, 8] })["y"] as Float32Array)]).toEqual([7, 8]);
  });
  test("reshaped parameters and states as outputs", async () => {
    const own = await module(
      `model M {
        param w: [2, 3] ~ ones
        state s: [2] = 5
        output y = reshape(w, 3, 2)
        output z = reshape(y, 6)
        output r = reshape(s, 2, 1)
      }`,
      level,
    );
    expect(own.forward({})).toEqual({
      y: Float32Array.of(1, 1, 1, 1, 1, 1),
      z: Float32Array.of(1, 1, 1, 1, 1, 1),
      r: Float32Array.of(5, 5),
    });
  });
  test("a recurrence in parts, and its gradient", async () => {
    const source = `model M {
      param w: [] ~ ones
      input x: [4]
      s: [5]
      s[0] = w
      for t in 0..4 { s[t + 1] = x[t] + w * s[t] }
      loss sum(s^2)
    }`;
    const own = await module(source, level);
    const reference = model(source);
    const x = [0.5, -1, 2, 0.25];
    expect(own.backward({ x })).toBeCloseTo(reference.backward({ x }), 4);
    expect([...flatten(own.gradients)["w"]!][0]).toBeCloseTo(reference.gradient("w")[0]!, 3);
    expect(reference.gradientError({ x })).toBeLessThan(1e-7);
  });
});
