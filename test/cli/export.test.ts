import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { load } from "../support/generated.ts";
import { loadOnnx } from "../support/onnx.ts";
import { temporaryFolder, world } from "./world.ts";

const source = `model M {
  dim batch <= 4
  dim classes <= 9
  input x: [batch, 3]
  output p = x |> linear(classes) |> tanh
  loss mean(p)
  optimizer sgd(lr = 0.1)
}
`;

test("exports what a model learned, with the dimensions that it was created with", async () => {
  const folder = temporaryFolder();
  const it = world(folder);
  writeFileSync(join(folder, "m.nn"), source);
  const { outputs } = await compile(source, { language: "javascript" });
  const model = (await load(outputs[0]!.text, "M")).create({ classes: 2, seed: 3 });
  const x = [1, 2, 3, -1, 0, 1];
  model.step({ x });
  writeFileSync(join(folder, "m.safetensors"), model.save());
  expect(await it.nnc("export", "m.nn", "--weights", "m.safetensors", "-o", "m.onnx")).toBe(0);
  expect(it.err).toBe("");
  const run = await loadOnnx(readFileSync(join(folder, "m.onnx")));
  const { p } = await run({ x: { type: "f32", shape: [2, 3], values: x } });
  expect(p!.dims).toEqual([2, 2]);
  const expected = Array.from(model.forward({ x })["p"] as Float32Array);
  expected.forEach((value, i) => expect(Number(p!.data[i])).toBeCloseTo(value, 5));
});

test("what it can't do is told", async () => {
  const folder = temporaryFolder();
  const it = world(folder);
  writeFileSync(
    join(folder, "m.nn"),
    source.replace("tanh", "tanh |> flatten").replace("x |> linear", "(x * random()) |> linear"),
  );
  expect(await it.nnc("export", "m.nn", "-o", "m.onnx")).toBe(1);
  expect(it.err).toContain("error[NN4002]");
  expect(await it.nnc("export", "m.nn", "-o", "m.bin")).toBe(2);
  expect(it.err).toContain("the name must end in .onnx");
  expect(existsSync(join(folder, "m.onnx"))).toBe(false);
});
