/**
 * Models of every kind and all examples, with WebAssembly kernels at every level: outputs, losses, gradients and
 * parameters of three steps, on a full and on ragged batches, as the JavaScript target has them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { levels } from "../../src/ir/kernel.ts";
import type { AnyClass } from "../codegen/load.ts";
import { models } from "../schedule/models.ts";
import { build } from "../support/model.ts";
import { expectSameTraining, javascriptClass, wasmClass } from "./compare.ts";

const home = fileURLToPath(new URL("../../examples", import.meta.url));
const examples = readdirSync(home).filter((f) => f.endsWith(".nn"));
/** Small sizes keep the fifty layers and the transformer quick here. */
const sizes: Record<string, Record<string, number>> = {
  "deep.nn": { depth: 4, width: 6 },
  "transformer.nn": { time: 4, width: 8, heads: 2 },
  "char-rnn.nn": { time: 3, hidden: 6 },
};

const sources: readonly (readonly [string, string])[] = [
  ...Object.entries(models),
  ...examples.map((name) => [name, readFileSync(join(home, name), "utf8")] as const),
];

test("there are models of every kind", () => {
  expect(sources.length).toBeGreaterThan(12);
});

describe.each(sources)("%s", (name, source) => {
  const built = build(source, { sizes: sizes[name] ?? {} });
  const { program } = built;
  let javascript: AnyClass;
  beforeAll(async () => {
    javascript = await javascriptClass(built);
  });

  test.each(levels)("-O%i", async (level) => {
    const wasm = await wasmClass(built, level);
    const create = Object.fromEntries(
      program.dims.filter((d) => d.varies === "create").map((d) => [d.name, Math.min(3, d.maximum)]),
    );
    // The variance of one row is 0, and what is divided by it is noise.
    const fewest = name === "normalised" ? 2 : 1;
    const counts = [
      (d: { maximum: number }): number => Math.min(d.maximum, 9),
      (d: { minimum: number }): number => Math.max(d.minimum, fewest),
      (d: { minimum: number; maximum: number }): number => Math.max(d.minimum, Math.min(d.maximum - 1, 5)),
    ];
    expectSameTraining({ program, javascript, wasm }, create, counts);
  });
});
