/** Generated modules, in 32 bits, against PyTorch. */
import type { Level } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { AnyClass, AnyModel, Tree } from "../codegen/load.ts";
import type { Cells, Tolerance } from "./fixture.ts";
import { expectNear, readFixture, sourceOf } from "./fixture.ts";

const tolerance: Tolerance = { relative: 1e-5, ofLargest: 1e-5, absolute: 1e-6 };

async function load(name: string, level: Level): Promise<AnyClass> {
  const fixture = readFixture(name);
  const { outputs, diagnostics } = await compile(sourceOf(fixture), {
    level,
    sizes: fixture.sizes,
    language: "javascript",
  });
  expect(diagnostics).toEqual([]);
  const code = outputs.find((o) => o.kind === "module")!.text;
  const module = (await import(
    /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`
  )) as Record<string, AnyClass>;
  return Object.values(module)[0]!;
}

/** The array at a path of a tree: `h.linear.W`. */
function at(tree: Tree, path: string): Float32Array {
  return path
    .split(".")
    .reduce<Tree | Float32Array>((node, key) => (node as Tree)[key]!, tree) as Float32Array;
}

const compareTree = (what: string, tree: Tree, expected: Cells): void => {
  for (const [path, numbers] of Object.entries(expected)) {
    expectNear(`${what} ${path}`, at(tree, path), numbers, tolerance);
  }
};

function compareInference(model: AnyModel, batch: Cells, expected: Cells, loss: number): void {
  for (const [name, numbers] of Object.entries(expected)) {
    const found = model.forward(batch)[name]!;
    expectNear(`output ${name}`, typeof found === "number" ? [found] : found, numbers, tolerance);
  }
  expectNear("loss at inference", [model.evaluate(batch)["loss"]!], [loss], tolerance);
}

const names = [
  "conv-network",
  "transformer",
  "char-rnn",
  "recurrent-lstm",
  "attention-masked",
  "transformer-decoder",
  "ragged",
  "gradient-penalty",
  "heat-equation",
  "batch-norm-image",
  "conv2d-everything",
  "conv2d-transposed",
  "conv2d-grouped",
  "conv-depthwise",
  "conv-transpose",
  "pooling-padded",
  "normalisation",
  "shapes",
  "pooling",
  "binary-cross-entropy-saturated",
  "cross-entropy-far",
  "optimizer-groups",
  "optimizer-frozen",
  "optimizer-lamb",
  "optimizer-nadam",
  "clip-by-norm",
  "schedule-one-cycle",
];

describe.each(levels)("a module at level %i computes and learns what PyTorch does", (level) => {
  test.each(names)("%s", async (name) => {
    const fixture = readFixture(name);
    const { batches, trained } = fixture;
    const batch = batches[0]!;
    const model = (await load(name, level)).create({ seed: 1 });
    Object.assign(model.hyper, fixture.hyper);
    for (const [path, numbers] of Object.entries(fixture.parameters)) at(model.parameters, path).set(numbers);
    compareInference(model, batch, fixture.outputs, fixture.evaluated ?? fixture.loss);
    expectNear("loss", [model.backward(batch)], [fixture.loss], tolerance);
    compareTree("gradient of", model.gradients, fixture.gradients);
    if (!trained) return;
    batches.forEach((b, turn) =>
      expectNear(`loss of step ${turn + 1}`, [model.step(b)], [trained.losses[turn]!], tolerance),
    );
    compareTree("trained", model.parameters, trained.parameters);
    compareTree("trained state", model.states, trained.states);
    compareInference(model, batch, trained.outputs, trained.evaluated);
  });
});
