/** Commands that run a model on a GPU: here on the software adapter. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnDawn } from "../support/dawn.ts";
import { folderWith, kinds, points } from "./training.ts";

const files = { "kinds.nn": kinds, "train.csv": points(40), "new.csv": points(5, 9) };

describeOnDawn("on a GPU", () => {
  test("nnc gradcheck compares the shaders too", async () => {
    const w = folderWith(files);
    expect(await w.nnc("gradcheck", "kinds.nn", "--samples", "1", "--json")).toBe(0);
    const { targets, withoutGpu, certificate } = JSON.parse(w.out);
    expect(withoutGpu).toBeNull();
    const found = targets.filter((t: { target: string }) => t.target.startsWith("webgpu"));
    expect(found.map((t: { target: string }) => t.target)).toEqual(["webgpu -O1", "webgpu -O2"]);
    for (const { loss, gradients } of found) expect(Math.max(loss, gradients)).toBeLessThan(1e-4);
    expect(certificate).toContain(", webgpu ");
  });

  test("nnc train saves, resumes bit for bit, and nnc predict answers without one", async () => {
    const w = folderWith(files);
    const train = ["train", "kinds.nn", "--data", "train.csv", "--target", "webgpu", "--save"];
    const read = (name: string): Buffer => readFileSync(join(w.directory, name));
    await w.nnc(...train, "whole.safetensors", "--epochs", "4");
    await w.nnc(...train, "part.safetensors", "--epochs", "2");
    expect(read("part.safetensors")).not.toEqual(read("whole.safetensors"));
    expect(await w.nnc(...train, "part.safetensors", "--epochs", "4", "--resume", "part.safetensors")).toBe(
      0,
    );
    expect(read("part.safetensors")).toEqual(read("whole.safetensors"));
    expect(w.err).toContain("kinds.nn: 22 parameters, webgpu, seed 1");
    expect(await w.nnc("predict", "kinds.nn", "--weights", "whole.safetensors", "--data", "new.csv")).toBe(0);
    expect(w.out.trimEnd().split("\n")).toHaveLength(6);
  }, 60_000);

  test("nnc train stops where the loss is no longer finite, and names the value", async () => {
    const grows = `model Grows {
  dim batch <= 2
  input x: [batch]
  param w: [] ~ constant(3)
  output r = w * x
  loss -sum(r * r * r * r)
  optimizer sgd(lr = 1)
}
`;
    const w = folderWith({ "grows.nn": grows, "t.csv": "x\n1\n2\n1\n3\n" });
    const command = ["train", "grows.nn", "--data", "t.csv", "--target", "webgpu", "--epochs", "50"];
    expect(await w.nnc(...command)).toBe(1);
    expect(w.err).toMatch(
      /error: training is no longer finite in epoch \d+, step \d+: `.+` is -?(Infinity|NaN)/,
    );
    expect(w.err).toMatch(/--> grows.nn:[3-7] \((forward|backward|update)\)\n/);
  }, 60_000);
});
