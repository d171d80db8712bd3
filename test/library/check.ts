/** Checks of one documented example: its gradients, and what the generated module makes of it. */
import type { Level } from "../../src/ir/kernel.ts";
import { expect } from "vitest";
import { differentiable, hasDistributions } from "../../scripts/library/examples.ts";
import { evaluateAffine } from "../../src/ir/interpreter.ts";
import { uniform } from "../../src/ir/numeric.ts";
import type { Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { library } from "../../src/std/index.ts";
import { emit } from "../codegen/load.ts";
import type { Instance } from "../support/generated.ts";
import { flatten, load } from "../support/generated.ts";
import type { Built } from "../support/model.ts";
import { Model } from "../support/model.ts";

type Given = Record<string, number[]>;

/** Repeatable numbers between two bounds. */
type Draw = (from: number, to: number) => number;

function random(seed: number): Draw {
  let count = 0;
  return (from, to) => from + (to - from) * uniform(seed, 0, 0, count++);
}

/** The models that an example stands for: with inputs that are distributions, also one that varies these freely. */
export function modelsOf(body: string): string[] {
  const example = { body, library };
  return hasDistributions(body)
    ? [differentiable(example), differentiable(example, true)]
    : [differentiable(example)];
}

/** The model at a random point where its loss exists, and the inputs that belong to it; without counts, with the largest. */
export function atRandomPoint(
  built: Built,
  seed: number,
  dims: Readonly<Record<string, number>> = {},
): { model: Model; given: Given } {
  // Not everything is defined everywhere: where a loss needs positive numbers, it gets them.
  for (const [low, high] of [
    [-1.5, 1.5],
    [0.1, 0.9],
  ] as const) {
    const model = new Model(built, dims, seed);
    const draw = random(seed);
    for (const p of model.program.parameters) {
      const cells = model.values.get(p)!;
      // What is drawn or constant at the start moves away from there; what was an input goes anywhere.
      const move = (start: number): number => (isOwn(p) ? start + draw(-0.4, 0.4) : draw(low, high));
      cells.forEach((start, i) => (cells[i] = Math.fround(move(start))));
    }
    const given = inputsOf(model, draw, low, high);
    if (Number.isFinite(model.backward(given))) return { model, given };
  }
  throw new Error(`the loss is not finite with seed ${seed}`);
}

/** A parameter of a layer; those of the model itself were inputs, or are free. */
const isOwn = (t: Tensor): boolean => t.name.includes(".");

function inputsOf(model: Model, draw: Draw, low: number, high: number): Given {
  return Object.fromEntries(model.program.inputs.map((t) => [t.name, valuesOf(t, model, draw, low, high)]));
}

function valuesOf(t: Tensor, model: Model, draw: Draw, low: number, high: number): number[] {
  const extents = t.shape.map((e) => evaluateAffine(e, model.dims));
  const count = extents.reduce((n, e) => n * e, 1);
  const list = (from: number, to: number): number[] =>
    Array.from({ length: count }, () => Math.fround(draw(from, to)));
  if (t.type === "bool") return list(0, 2).map(Math.floor);
  if (t.type === "i32") {
    const below = t.below ? evaluateAffine(t.below, model.dims) : 3;
    return list(0, below).map((v) => Math.min(Math.floor(v), below - 1));
  }
  if (!t.distribution) return list(low, high);
  const width = extents.at(-1)!;
  const weights = list(0.1, 1);
  const total = (row: number): number =>
    weights.slice(row * width, (row + 1) * width).reduce((sum, w) => sum + w, 0);
  return weights.map((w, i) => w / total(Math.floor(i / width)));
}

/** Central differences in 64 bits, by every parameter; inputs of floats are parameters here. */
export function checkGradients(built: Built, seed: number): void {
  const { model, given } = atRandomPoint(built, seed);
  expect(model.gradientError(given, 1e-5, 20), `with seed ${seed}`).toBeLessThan(2e-6);
}

/** The generated module against the interpreter: starting values, then losses, gradients and outputs of some steps. */
export async function checkModule(built: Built, level: Level, steps = 3): Promise<void> {
  const { code } = emit(schedule(built.graphs, level, built.context), built.context, "javascript");
  const made = await load(code, "Example");
  checkModels(
    built,
    [made.create({ seed: startSeed })],
    Array.from({ length: steps }, () => ({})),
  );
}

/** The seed that the models of `checkModels` are created with. */
export const startSeed = 5;

/**
 * Models of generated classes: the first against the interpreter, starting values, then a step for each of the counts of
 * dimensions; the others have the bits of the first.
 */
export function checkModels(
  built: Built,
  [module, ...others]: readonly [Instance, ...Instance[]],
  counts: readonly Readonly<Record<string, number>>[],
): void {
  compareAll(module.parameters, new Model(built, {}, startSeed), "parameters", "start of");
  const { outputs, inputs } = built.program;
  const isScalar = (name: string): boolean => inputs.some((t) => t.name === name && t.shape.length === 0);
  let last: Model | undefined;
  counts.forEach((dims, before) => {
    const { model, given } = atRandomPoint(built, startSeed, dims);
    if (last) goOn(model, last, before);
    const batch = Object.fromEntries(
      Object.entries(given).map(([name, values]) => [name, isScalar(name) ? values[0]! : values]),
    );
    // One source of rounding at a time: each step starts from the same numbers.
    for (const m of [module, ...others]) copy(model, m);
    near(`loss of step ${before + 1}`, [module.step(batch)], [model.step(given)], 1e-4);
    compareGradients(module, model);
    compareAll(module.parameters, model, "parameters", "trained");
    compareAll(module.states, model, "states", "state");
    sameBits(module, others, batch);
    last = model;
    if (outputs.length === 0) return;
    for (const m of [module, ...others]) copy(model, m);
    const found = structuredClone(module.forward(batch));
    for (const [name, values] of Object.entries(model.forward(given))) {
      near(`output ${name}`, numbersOf(found[name]), values, 1e-4);
    }
    for (const other of others) expect(other.forward(batch)).toEqual(found);
  });
}

/** What cancels in one gradient, a bias of keys for one, is as large as the others. */
function compareGradients(module: Instance, { program, values }: Model): void {
  const own = flatten(module.gradients);
  const expected = program.gradients.map((g) => values.get(g)!);
  const most = Math.max(0, ...expected.map(largest));
  program.trained.forEach((p, k) => {
    const cancels = largest(expected[k]!) < 1e-9 * most;
    near(`gradient of ${p.name}`, own[p.name]!, expected[k]!, 2e-4, cancels ? most : undefined);
  });
}

/**
 * What one step, which the first model has taken, leaves behind in the others; and what is computed again, twice, has the
 * same bits again.
 */
function sameBits(
  module: Instance,
  others: readonly Instance[],
  batch: Record<string, number[] | number>,
): void {
  const gradientsOf = (m: Instance): [string, Float32Array][] =>
    Object.entries(flatten(m.gradients)).map(([path, values]) => [path, values.slice()]);
  const again = (m: Instance): unknown => [m.backward(batch), gradientsOf(m)];
  const [gradients, saved, later] = [gradientsOf(module), module.save(), again(module)];
  expect(again(module)).toEqual(later);
  for (const other of others) {
    other.step(batch);
    expect(gradientsOf(other)).toEqual(gradients);
    expect(Buffer.compare(other.save(), saved)).toBe(0);
    for (let n = 0; n < 2; n++) expect(again(other)).toEqual(later);
  }
}

/** The parameters and states, and the number of steps, of another model. */
function goOn(model: Model, last: Model, steps: number): void {
  for (const t of model.lasting) model.values.set(t, last.values.get(t)!.slice());
  model.count("step", steps);
  model.count("pass", steps);
}

const numbersOf = (value: unknown): ArrayLike<number> =>
  typeof value === "object" ? (value as ArrayLike<number>) : [Number(value)];

const statesOf = ({ program }: Model): Tensor[] => [...program.states, ...program.optimizerStates];

function copy(model: Model, module: Instance): void {
  const own = { ...flatten(module.parameters), ...flatten(module.states) };
  for (const t of [...model.program.parameters, ...statesOf(model)]) own[t.name]!.set(model.values.get(t)!);
}

function compareAll(tree: unknown, model: Model, which: "parameters" | "states", what: string): void {
  const own = flatten(tree);
  for (const t of which === "parameters" ? model.program.parameters : statesOf(model)) {
    near(`${what} ${t.name}`, own[t.name]!, model.values.get(t)!, 1e-4);
  }
}

/** Near in the measure of the largest. */
function near(
  what: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  size = largest(expected),
): void {
  expect(found.length, what).toBe(expected.length);
  const scale = 1e-2 + size;
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(found[i]! - expected[i]!) <= tolerance * scale)) {
      expect.fail(`${what}: ${found[i]} at ${i} instead of ${expected[i]}`);
    }
  }
}

const largest = (values: ArrayLike<number>): number => Math.max(0, ...Array.from(values, Math.abs));
