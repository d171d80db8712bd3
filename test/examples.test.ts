/**
 * Every example, compiled at every level, computes what the interpreter says: parameters, losses, gradients and
 * outputs over three steps, with a full and a ragged batch.
 */
import { levels } from "../src/ir/kernel.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../src/index.ts";
import { rangeOf } from "../src/ir/affine.ts";
import { evaluateAffine } from "../src/ir/interpreter.ts";
import type { Dim, Tensor } from "../src/ir/types.ts";
import type { Trainable } from "./support/generated.ts";
import { load, flatten } from "./support/generated.ts";
import { Model, build, numbers } from "./support/model.ts";

const home = fileURLToPath(new URL("../examples", import.meta.url));
const names = readdirSync(home).filter((f) => f.endsWith(".nn"));
/** Small sizes keep the fifty layers and the transformer quick here. */
const sizes: Record<string, Record<string, number>> = {
  "deep.nn": { depth: 6, width: 8 },
  "transformer.nn": { time: 4, width: 8, heads: 2 },
  "char-rnn.nn": { time: 4, hidden: 6 },
};

function draw(tensor: Tensor, dims: Map<Dim, number>, seed: number): number[] {
  const size = tensor.shape.reduce((n, e) => n * evaluateAffine(e, dims), 1);
  const values = numbers(size, seed);
  if (tensor.type === "i32") {
    const below = tensor.below ? rangeOf(tensor.below).low : 2;
    const smallest = tensor.below ? evaluateAffine(tensor.below, dims) : below;
    return values.map((v) => Math.floor(((v + 1) / 2) * smallest));
  }
  if (tensor.type === "bool") return values.map((v) => Number(v > 0));
  return values.map((v) => Math.fround((v + 1) / 2));
}

describe.each(names)("%s", (name) => {
  const source = readFileSync(join(home, name), "utf8");
  const options = { sizes: sizes[name] ?? {} };
  const built = build(source, options);
  const create = Object.fromEntries(
    built.program.dims.filter((d) => d.varies === "create").map((d) => [d.name, Math.min(3, d.maximum)]),
  );
  const compiled: Trainable[] = [];

  beforeAll(async () => {
    for (const level of levels) {
      const { outputs, diagnostics } = await compile(source, {
        ...options,
        file: name,
        level,
        language: "javascript",
      });
      expect(diagnostics).toEqual([]);
      compiled.push(await load(outputs[0]!.text, built.program.name));
    }
  });

  test.each(levels)("-O%i is what the interpreter computes", (level) => {
    for (const count of [1, 3, 4]) {
      const reference = new Model(built, { ...create, batch: count }, 7);
      const module = compiled[level]!.create({ seed: 7, ...create });
      same(module.parameters, reference, built.program.parameters, 1e-6);
      for (let step = 1; step <= 3; step++) {
        const given = Object.fromEntries(
          built.program.inputs.map((t, k) => [t.name, draw(t, reference.dims, 11 * step + k)]),
        );
        const expected = reference.step(given);
        expect(module.step(given)).toBeCloseTo(expected, 3);
        reference.program.parameters.forEach((p, k) => {
          const gradient = reference.values.get(built.program.gradients[k]!)!;
          compare(flatten(module.gradients)[p.name]!, gradient, 2e-4, `gradient of ${p.name}`);
        });
        // One source of rounding at a time: the next step starts from the same parameters.
        for (const t of [
          ...built.program.parameters,
          ...built.program.states,
          ...built.program.optimizerStates,
        ]) {
          const cells = reference.values.get(t)!;
          const own = flatten(t.role === "parameter" ? module.parameters : module.states)[t.name]!;
          compare(own, cells, 5e-3, t.name);
          own.set(cells);
        }
        const outputs = module.forward(given);
        for (const [output, values] of Object.entries(reference.forward(given))) {
          compare(outputs[output] as Float32Array, Float64Array.from(values), 1e-4, output);
        }
      }
    }
  });
});

function same(tree: unknown, reference: Model, tensors: readonly Tensor[], tolerance: number): void {
  const own = flatten(tree);
  for (const t of tensors) compare(own[t.name]!, reference.values.get(t)!, tolerance, t.name);
}

function compare(actual: ArrayLike<number>, expected: Float64Array, tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = 1e-2 + expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance * scale)) {
      expect.fail(`${what}[${i}] is ${actual[i]}, but should be ${expected[i]}`);
    }
  }
}
