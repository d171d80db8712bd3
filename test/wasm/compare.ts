/** The WebAssembly target beside the JavaScript target, from the same parameters and on the same inputs. */
import { expect } from "vitest";
import { emitModule } from "../../src/codegen/module.ts";
import { wasmUnit } from "../../src/codegen/wasm/unit.ts";
import type { Context } from "../../src/ir/context.ts";
import type { Level } from "../../src/ir/kernel.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { evaluateAffine } from "../../src/ir/interpreter.ts";
import type { Dim, Program, Tensor } from "../../src/ir/types.ts";
import { divide } from "../../src/passes/divide.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { AnyClass, AnyModel } from "../codegen/load.ts";
import { header, importCode } from "../codegen/load.ts";
import { flatten } from "../support/generated.ts";
import { numbers } from "../support/model.ts";

export interface Pair {
  readonly program: Program;
  readonly javascript: AnyClass;
  readonly wasm: AnyClass;
}

interface Built {
  readonly graphs: ModelGraphs;
  readonly context: Context;
}

const options = { language: "javascript", header, unit: "model.js" } as const;

const classOf = async (code: string, { graphs }: Built): Promise<AnyClass> =>
  (await importCode(code))[graphs.program.name]!;

/** The class with kernels in JavaScript. */
export async function javascriptClass(built: Built, level: Level = 1): Promise<AnyClass> {
  const { graphs, context } = built;
  return classOf(emitModule(schedule(graphs, level, context), context, options).code, built);
}

/** The class with kernels in WebAssembly; `dividesAll`: threads share the smallest kernels, too. */
export async function wasmClass(built: Built, level: Level, dividesAll = false): Promise<AnyClass> {
  const { graphs, context } = built;
  const scheduled = schedule(graphs, level, context, { machine: "vector" });
  const { forward, evaluate, backward, statistics, update } = scheduled;
  const calls = [forward, evaluate, backward, statistics, update].flatMap((p) => p.calls);
  const made = dividesAll ? { ...scheduled, divided: divide(calls, context.builder, 0) } : scheduled;
  const unit = await wasmUnit(made, context);
  if ("gibibytes" in unit) throw new Error(`needs ${unit.gibibytes} GiB`);
  const wasm = new Map([[made, unit]]);
  return classOf(emitModule(made, context, { ...options, wasm }).code, built);
}

export interface Threaded extends AnyModel {
  readonly ready: Promise<void>;
  dispose(): void;
}

/** Models of the same class, one for each number of threads, which are at work. */
export async function teamsOf<const Teams extends readonly number[]>(
  made: AnyClass,
  options: object,
  teams: Teams,
): Promise<{ [K in keyof Teams]: Threaded }> {
  const models = teams.map((threads) => made.create({ ...options, threads }) as Threaded);
  await Promise.all(models.map((model) => model.ready));
  return models as { [K in keyof Teams]: Threaded };
}

/** Inputs for these counts: small numbers, and integers below their limits. */
export function drawInputs(
  program: Program,
  dims: ReadonlyMap<Dim, number>,
  seed: number,
): Record<string, number[] | number> {
  const draw = (tensor: Tensor, k: number): number[] | number => {
    const size = tensor.shape.reduce((n, e) => n * evaluateAffine(e, dims), 1);
    const below = tensor.below ? evaluateAffine(tensor.below, dims) : 2;
    const values = numbers(size, 13 * seed + k).map((v) => {
      const part = (Math.fround(v) + 1) / 2;
      return tensor.type === "f32" ? Math.fround(part) : Math.min(below - 1, Math.floor(part * below));
    });
    return tensor.shape.length === 0 ? values[0]! : values;
  };
  return Object.fromEntries(program.inputs.map((t, k) => [t.name, draw(t, k)]));
}

export function dimsOf(
  program: Program,
  create: Record<string, number>,
  count: (d: Dim) => number,
): Map<Dim, number> {
  return new Map(program.dims.map((d) => [d, d.varies === "create" ? create[d.name]! : count(d)]));
}

/** Largest difference that is allowed, as a part of the largest value. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
  scale = 1e-2 + largest(expected),
): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || Math.abs(a - e) <= tolerance * scale) continue;
    expect.fail(`${what}[${i}] is ${a}, but should be ${e}`);
  }
}

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

const list = (value: unknown): ArrayLike<number> =>
  typeof value === "number" ? [value] : (value as ArrayLike<number>);

/** What both models give for the same training passes, each from the parameters of the first. */
export function expectSameTraining(
  { program, javascript, wasm }: Pair,
  create: Record<string, number>,
  counts: readonly ((d: Dim) => number)[],
): void {
  const options = { seed: 7, ...create };
  const expected = javascript.create(options);
  const actual = wasm.create(options);
  const trees = (model: AnyModel): Record<string, Record<string, Float32Array>> => ({
    parameter: flatten(model.parameters),
    ...(model.gradients === undefined ? {} : { gradient: flatten(model.gradients) }),
    state: flatten(model.states),
  });
  const compareTrees = (tolerance: number, ...kinds: readonly string[]): void => {
    const [own, other] = [trees(actual), trees(expected)];
    for (const kind of kinds) {
      const all = Object.entries(other[kind] ?? {});
      // What cancels in one gradient is as large as the others.
      const scale = kind === "gradient" ? 1e-2 + Math.max(...all.map(([, v]) => largest(v))) : undefined;
      for (const [path, values] of all)
        expectClose(own[kind]![path]!, values, tolerance, `${kind} ${path}`, scale);
    }
  };
  const compareResults = (own: Record<string, unknown>, other: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(other)) expectClose(list(own[key]), list(value), 1e-4, key);
  };
  compareTrees(1e-6, "parameter", "state");
  counts.forEach((count, step) => {
    const inputs = drawInputs(program, dimsOf(program, create, count), step + 1);
    if (program.outputs.length > 0) compareResults(actual.forward(inputs), expected.forward(inputs));
    if (!program.loss) return;
    compareResults(actual.evaluate(inputs), expected.evaluate(inputs));
    expectClose([actual.step(inputs)], [expected.step(inputs)], 1e-5, "loss");
    compareResults(actual.metrics, expected.metrics);
    compareTrees(2e-4, "gradient");
    compareTrees(5e-3, "parameter", "state");
    // One source of rounding at a time: the next step starts from the same values.
    const [own, other] = [trees(actual), trees(expected)];
    for (const kind of ["parameter", "state"])
      for (const [path, values] of Object.entries(other[kind]!)) own[kind]![path]!.set(values);
  });
}
