import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { AnyClass, Tree } from "../codegen/load.ts";
import { temporaryFolder, world } from "./world.ts";
import type { World } from "./world.ts";

let folder: string;
let it: World;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

const model = `model M {
  dim batch <= 4
  input x: [batch, 3]
  input y: [batch, 2]
  output p = x |> linear(2) |> tanh
  loss mean((p - y)^2)
  optimizer sgd(lr = 0.1)
}
`;

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder);
  write("m.nn", model);
});

test("prints a table, of random inputs where no sample is given", async () => {
  expect(await it.nnc("flow", "m.nn")).toBe(0);
  expect(it.err).toBe("");
  expect(it.out).toMatch(/^M: loss [\d.e+-]+\n\nparameter +shape +mean \|g\|/);
  expect(it.out).toMatch(/^p +\[4, 2\] /m);
});

test("of a sample: numbers as JSON, and a picture", async () => {
  write("sample.json", '{ "x": [[1, 2, 3]], "y": [[0, 1]], "p.linear.W": [[0, 0], [0, 0], [0, 0]] }');
  expect(await it.nnc("flow", "m.nn", "--at", "sample.json", "--json", "-o", "flow.svg")).toBe(0);
  const flow = JSON.parse(it.out);
  expect(flow.loss).toBe(0.5);
  // p = 0, ∂L/∂p = p − y = [0, −1], tanh′(0) = 1: dW[k, 1] = −x[k].
  expect(flow.parameters[0].gradient).toEqual({ mean: 1, largest: 3 });
  expect(flow.activations[0].shape).toEqual([1, 2]);
  expect(readFileSync(join(folder, "flow.svg"), "utf8")).toMatch(/^<svg /);
});

test.each([
  ["no sample", ["--at", "none.json"], "nnc: cannot read `none.json`: no such file\n"],
  ["no JSON", ["--at", "m.nn"], "nnc: `m.nn` is no JSON: "],
  [
    "another shape",
    ["--at", "wrong.json"],
    "nnc: wrong.json: `x` must be [batch, 3], but the sample has [1, 2]\n",
  ],
  ["no picture", ["-o", "flow.png"], "nnc: cannot write `flow.png`: the name must end in .svg\n"],
])("%s is a mistake of usage", async (_, flags, message) => {
  write("wrong.json", '{ "x": [[1, 2]], "y": [[0, 1]] }');
  expect(await it.nnc("flow", "m.nn", ...flags)).toBe(2);
  expect(it.err).toContain(message);
  expect(it.out).toBe("");
});

test("a model without a loss has no gradients", async () => {
  write("m.nn", "model M {\n  input x: [2]\n  output y = x + 1\n}\n");
  expect(await it.nnc("flow", "m.nn")).toBe(2);
  expect(it.err).toBe("nnc: m.nn has no loss: no gradient flows\n");
});

test("of what a model learned and saved", async () => {
  const { outputs } = await compile(model, { language: "javascript" });
  const code = outputs.find((o) => o.kind === "module")!.text;
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  const { M } = (await import(/* @vite-ignore */ url)) as Record<string, AnyClass>;
  const trained = M!.create({ seed: 1 });
  ((trained.parameters as Tree)["p"] as { linear: { W: Float32Array } }).linear.W.fill(0);
  writeFileSync(join(folder, "m.safetensors"), trained.save());
  write("sample.json", '{ "x": [[1, 2, 3]], "y": [[0, 1]] }');
  expect(await it.nnc("flow", "m.nn", "--weights", "m.safetensors", "--at", "sample.json", "--json")).toBe(0);
  expect(JSON.parse(it.out).loss).toBe(0.5);
});
