/** What is predicted of kernels is what the interpreter does, for every example, at every level and several counts. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Memory } from "../../src/ir/kernel-interpreter.ts";
import type { Schedule } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import type { Dim, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { Scene } from "../schedule/build.ts";
import { numbers, sizeOf } from "../schedule/build.ts";
import { models } from "../schedule/models.ts";
import { attention, convolution, softmaxLoss } from "../schedule/scenes.ts";
import { build } from "../support/model.ts";
import type { Comparison } from "./observe.ts";
import { compare } from "./observe.ts";

/** Small sizes keep the interpreter quick. */
const sizes: Record<string, Record<string, number>> = {
  deep: { depth: 4, width: 5 },
  transformer: { time: 4, width: 8, heads: 2 },
  "char-rnn": { time: 3, hidden: 5 },
  digits: { hidden: 7 },
};

/**
 * Models that do something only where data says so: ask which cell was the largest, or whether a rectifier was open.
 * All others are exact to the last count.
 */
const asksData = new Set([
  "digits",
  "classes",
  "cnn",
  "penguins",
  "small digits",
  "small convolution",
  "small normalised",
  "small created",
  "small worst",
]);
/** At level 0 the mask of attention is stored, and read as data; fused, it is a condition on indices. */
const asksDataUnfused = new Set(["transformer"]);

const sources: [name: string, text: string][] = [
  ...readdirSync(new URL("../../examples", import.meta.url))
    .filter((name) => name.endsWith(".nn"))
    .map((name): [string, string] => [
      name.replace(".nn", ""),
      readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8"),
    ]),
  ...Object.entries(models).map(([name, text]): [string, string] => [`small ${name}`, text]),
];

function run(made: Schedule, count: number): Comparison {
  const { program } = made;
  const dims = new Map<Dim, number>(program.dims.map((d) => [d, Math.min(d.maximum, count)]));
  const memory = new Memory(made, dims);
  for (const t of program.inputs)
    memory.set(t, numbers(sizeOf(t, dims), t.below && sizeOf({ ...t, shape: [t.below] }, dims)));
  for (const t of program.hypers) memory.set(t, [t.value ?? 0]);
  for (const t of Object.values(program.builtins)) memory.set(t, [1]);
  const { initialise, forward, evaluate, backward, statistics, update } = made;
  return compare([initialise, forward, evaluate, backward, statistics, update], memory);
}

describe.each(sources)("%s", (name, text) => {
  const { graphs, context } = build(text, { sizes: sizes[name] ?? {} });

  test.each([
    { level: 0, lanes: false },
    { level: 1, lanes: false },
    { level: 2, lanes: false },
    { level: 2, lanes: true },
  ] as const)("level $level, lanes: $lanes", ({ level, lanes }) => {
    const made = schedule(graphs, level, context, { machine: lanes ? "vector" : "scalar" });
    for (const count of [1, 3]) {
      const { calls, atMost, predicted, less, wrong } = run(made, count);
      expect(wrong).toEqual([]);
      expect(calls).toBeGreaterThan(0);
      expect(predicted).toBeGreaterThan(0);
      expect(less === 0 || atMost.length > 0).toBe(true);
      const asks = asksData.has(name) || (level === 0 && asksDataUnfused.has(name));
      if (count === 3) expect(atMost.length > 0, atMost.join()).toBe(asks);
    }
  });
});

/** Graphs by hand: sums behind conditions on indices, triangles, a class that is read from data. */
const scenes: [name: string, make: () => { scene: Scene; results: readonly Tensor[] }][] = [
  ["softmax", () => (({ scene, loss, gradient }) => ({ scene, results: [loss, gradient] }))(softmaxLoss())],
  ["convolution", () => (({ scene, y }) => ({ scene, results: [y] }))(convolution())],
  ["attention", () => (({ scene, out }) => ({ scene, results: [out] }))(attention())],
];

describe.each(scenes)("%s by hand", (_, make) => {
  test.each(levels)("level %i is exact", (level) => {
    const { scene, results } = make();
    const made = schedule(scene.graphs(results), level, scene.context);
    const named = new Set<Dim>();
    for (const t of scene.tensors)
      for (const e of t.shape) for (const { atom } of e.terms) if (atom.kind === "dim") named.add(atom);
    for (const count of [1, 2, 6]) {
      const dims = new Map([...named].map((d) => [d, count]));
      const memory = new Memory(made, dims);
      for (const t of scene.tensors)
        if (t.role === "input" || t.role === "parameter")
          memory.set(t, numbers(sizeOf(t, dims), t.below?.constant));
      const { predicted, less, wrong, atMost } = compare([made.backward], memory);
      expect({ wrong, less, atMost }).toEqual({ wrong: [], less: 0, atMost: [] });
      expect(predicted).toBeGreaterThan(0);
    }
  });
});
