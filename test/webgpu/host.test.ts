/** Models on a device, trained beside the TypeScript target. */
import { expect, test } from "vitest";
import { numbers } from "../support/model.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { at } from "../codegen/load.ts";
import type { GpuModel } from "./host.ts";
import { pairOf, tensorAt } from "./host.ts";

const source = `
model Digits(hidden: int = 9) {
  dim batch <= 12
  input x: [batch, 7]
  input label: int[batch] < 5
  h = x |> linear(hidden) |> batch_norm() |> tanh
  z = h |> linear(5)
  output probability = softmax(z)
  output best = argmax(z)
  metric accuracy = mean(argmax(z) == label)
  loss cross_entropy(z, label)
  optimizer adam(lr = 0.02)
}`;

const batchOf = (rows: number, seed: number): { x: Float32Array; label: Int32Array } => ({
  x: Float32Array.from(numbers(7 * rows, seed)),
  label: Int32Array.from(numbers(rows, seed + 1), (v) => Math.floor((v + 1) * 2.5)),
});
const sizes = [12, 12, 5, 12, 1, 12, 7];
const batches = sizes.map((rows, n) => batchOf(rows, n + 3));

const pair = pairOf(source);

describeOnDawn("a model on a GPU", (device) => {
  const create = async (seed = 5): Promise<GpuModel> => (await pair).gpu.create({ device: device(), seed });

  test("learns what the TypeScript target learns, with batches of any size", async () => {
    const model = await create();
    const other = (await pair).javascript.create({ seed: 5 });
    for (const [n, batch] of batches.entries()) {
      const expected = other.step(batch);
      expect(Math.abs((await model.step(batch)) - expected), `step ${n + 1}`).toBeLessThan(1e-4);
      expect(model.metrics["accuracy"]).toBeCloseTo(other.metrics["accuracy"]!, 6);
    }
    const parameter = await tensorAt(model.parameters, "z.linear.W").read();
    at(other.parameters, "z.linear.W").forEach((v, i) => expect(parameter[i]).toBeCloseTo(v, 3));
    model.destroy();
  });
});
