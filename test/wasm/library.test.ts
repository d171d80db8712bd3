/**
 * Every documented example of the library with its kernels in WebAssembly: what the interpreter says, at every level, on
 * full and on ragged batches, and the same bits with one, two and three threads, every time.
 */
import { describe, expect, test } from "vitest";
import { declarationsOf } from "../../scripts/library/documentation.ts";
import { differentiable } from "../../scripts/library/examples.ts";
import { levels } from "../../src/ir/kernel.ts";
import { library } from "../../src/std/index.ts";
import { batched, largestBatch } from "../library/batched.ts";
import { checkModels, startSeed } from "../library/check.ts";
import { build } from "../support/model.ts";
import { teamsOf, wasmClass } from "./compare.ts";

const examples = declarationsOf(library).flatMap(({ file, name, example }) =>
  example === undefined ? [] : [{ title: `${name} (${file})`, example, source: batched(example) }],
);
const counts = [largestBatch, 1, 3].map((batch) => ({ batch }));

test("most have a batch", () => {
  expect(examples.filter((e) => e.source).length).toBeGreaterThan(110);
});

describe.each(examples)("$title", ({ example, source }) => {
  const built = build(source ?? differentiable({ body: example, library }));

  test.each(levels)("-O%i", async (level) => {
    const made = await wasmClass(built, level, true);
    // The levels differ in their kernels; how these are divided is the same for all.
    const models = await teamsOf(made, { seed: startSeed }, level === 2 ? [1, 2, 3] : [1]);
    checkModels(built, models, source === undefined ? counts.map(() => ({})) : counts);
    for (const model of models) model.dispose();
  });
});
