/** Models and batches for tests of training. */
import type { Level } from "../../src/ir/kernel.ts";
import { expect } from "vitest";
import { numbers } from "../support/model.ts";
import type { AnyClass, AnyModel } from "./load.ts";
import { at } from "./load.ts";
import { graphsOf, modelOf } from "./programs.ts";

export const load = async (source: string, level: Level): Promise<AnyClass> =>
  Object.values(await modelOf(graphsOf(source), level))[0]!;

export const plain = `model Plain {
  dim batch <= 12
  input x: [batch, 3]
  input y: [batch, 2]
  z = x |> linear(4) |> tanh |> linear(2)
  output z
  metric distance = mean(abs(z - y))
  loss mse(z, y)
  optimizer adam(lr = 0.1)
}`;

export const normalised = `model Normalised {
  dim batch <= 12
  input x: [batch, 3]
  input y: [batch, 2]
  h[b, i] = x[b, i] * 2
  /// The mean of what was seen, with a momentum of 1/10.
  state seen: [3] = 0
  state passes: [] = 0
  update seen[i] = 0.9 * seen[i] + 0.1 * (sum[b] h[b, i]) / batch
  update passes = passes + 1
  z = (h - seen) |> linear(2)
  output z
  loss mse(z, y)
  optimizer sgd(lr = 0.1)
}`;

export const noisy = `model Noisy {
  dim batch <= 12
  input x: [batch, 3]
  input y: [batch, 2]
  kept[b, i] = if random() < 0.5 then 0 else x[b, i]
  /// Which were kept, as bits.
  metric drawn = sum[b, i] (if kept[b, i] == 0 then 0 else 2^(3 * b + i))
  z = kept |> linear(2)
  output z
  loss mse(z, y)
  optimizer adam(lr = 0.1)
}`;

export const averaged = `optimizer tracked(lr = 0.1, decay = 0.5) {
  state average = parameter
  state slow = parameter
  update parameter = parameter - lr * gradient
  update average = decay * average + (1 - decay) * parameter
  update slow = 0.9 * slow + 0.1 * parameter
}
model Averaged {
  dim batch <= 12
  input x: [batch, 3]
  input y: [batch, 2]
  z = x |> linear(2)
  output z
  loss mse(z, y)
  optimizer tracked(lr = 0.1)
}`;

export interface Batch {
  readonly x: number[];
  readonly y: number[];
}
export const whole: Batch = { x: numbers(36, 3).map(Math.fround), y: numbers(24, 5).map(Math.fround) };
export const rows = (from: number, to: number): Batch => ({
  x: whole.x.slice(3 * from, 3 * to),
  y: whole.y.slice(2 * from, 2 * to),
});
export const weights = ["z.linear.W", "z.linear.b"];
export const bits = (model: AnyModel): string => Buffer.from(model.save()).toString("base64");
export const gradientsOf = (model: AnyModel, paths = weights): number[] =>
  paths.flatMap((path) => [...at(model.gradients, path)]);
export const parametersOf = (model: AnyModel): number[] =>
  weights.flatMap((path) => [...at(model.parameters, path)]);

export function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  found.forEach((f, i) => expect(f).toBeCloseTo(expected[i]!, 5));
}
