/** Random numbers of whole models: the same bits as on the processor, whatever the seed and the step. */
import { expect, test } from "vitest";
import { describeOnDawn } from "../support/dawn.ts";
import { at } from "../codegen/load.ts";
import { pairOf, tensorAt } from "./host.ts";

const source = `model Draws {
  dim batch <= 70
  input x: [batch, 33]
  param first: [7, 41] ~ uniform(0, 1)
  param w: [500] ~ ones
  once = random()
  row[b] = random() + 0 * x[b, 0]
  output drawn[b, i] = random() + 0 * x[b, i]
  output rows = row
  output one = once
  masked = dropout(w, 0.3)
  again = dropout(w, 0.5)
  loss sum(masked) + 1024 * sum(again) + 0 * mean(drawn)
  optimizer sgd(lr = 0)
}`;
const given = { x: new Float32Array(33 * 70) };
const same = (found: ArrayLike<number> | number, expected: ArrayLike<number> | number): void => {
  const list = (v: ArrayLike<number> | number): number[] => (typeof v === "number" ? [v] : Array.from(v));
  expect(list(found)).toEqual(list(expected));
};

describeOnDawn("draws", (device) => {
  test.each([
    { level: 0, seed: 0 },
    { level: 1, seed: -2147483648 },
    { level: 2, seed: 4294967295 },
  ] as const)("at level $level with seed $seed", async ({ level, seed }) => {
    const { gpu, javascript } = await pairOf(source, level);
    const [model, other] = [await gpu.create({ device: device(), seed }), javascript.create({ seed })];
    const first = await tensorAt(model.parameters, "first").read();
    same(first, at(other.parameters, "first"));
    expect(new Set(first).size).toBeGreaterThan(280);
    const masks: string[] = [];
    for (let step = 1; step <= 3; step++) {
      await model.step(given);
      other.step(given);
      // Each is 1 / 0.7 or 0, and 2 · 1024 or 0: all four sums occur, and both masks can be told.
      const mask = await tensorAt(model.gradients, "w").read();
      same(mask, at(other.gradients, "w"));
      expect(new Set(mask).size).toBe(4);
      masks.push(mask.join(" "));
      const [found, expected] = [await model.forward(given), other.forward(given)];
      for (const name of ["drawn", "rows", "one"])
        same(found[name]!, expected[name] as ArrayLike<number> | number);
    }
    expect(new Set(masks).size).toBe(3);
    model.destroy();
  });
});
