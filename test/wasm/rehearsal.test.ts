/** Before it has starting values, a large model takes a backward pass of one sample, and shows no trace of it. */
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { build } from "../support/model.ts";
import { flatten } from "../support/generated.ts";
import { javascriptClass, wasmClass } from "./compare.ts";

const source = (batch: string, width: number): string => `model Wide {
  dim batch <= 64
  input x: [${batch}, 512]
  input label: int[${batch}] < 10
  h = x |> linear(${width}) |> relu |> linear(${width}) |> batch_norm() |> relu
  logits = h |> linear(10)
  output probability = softmax(logits)
  loss cross_entropy(logits, label)
  optimizer adam(lr = 0.01)
}`;

async function initialiseOf(text: string): Promise<string> {
  const { outputs } = await compile(text, { level: 2, target: "wasm" });
  const wat = outputs.find((o) => o.kind === "text")!.text;
  return wat.slice(wat.indexOf('(export "initialise")')).split("\n\n")[0]!;
}

test("large models rehearse, small ones and those whose batch is fixed do not", async () => {
  expect(await initialiseOf(source("batch", 512))).toContain("(call $backward_work (i32.const 1))");
  expect(await initialiseOf(source("batch", 32))).not.toContain("backward");
  expect(await initialiseOf(source("64", 512))).not.toContain("backward");
});

test("a model that has rehearsed starts as any other", async () => {
  const built = build(source("batch", 512));
  const [rehearsed, plain] = [await wasmClass(built, 2), await javascriptClass(built)].map((c) =>
    c.create({ seed: 3 }),
  );
  const memory = (model: typeof rehearsed): Record<string, Float32Array> => ({
    ...flatten(model!.parameters),
    ...flatten(model!.states),
    ...flatten(model!.gradients),
  });
  const expected = memory(plain);
  // Starting values are the same draws, which each target rounds for itself.
  const farthest = Object.entries(memory(rehearsed)).map(([name, values]): [string, number] => [
    name,
    values.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[name]![i]!)), 0),
  ]);
  expect(farthest.filter(([, distance]) => !(distance < 1e-7))).toEqual([]);
});
