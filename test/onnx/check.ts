/** A model as ONNX file beside the interpreter. */
import { expect } from "vitest";
import { exportOnnx } from "../../src/index.ts";
import { evaluateAffine, extentsOf } from "../../src/ir/interpreter.ts";
import type { Dim, Tensor } from "../../src/ir/types.ts";
import type { OnnxInput } from "../support/onnx.ts";
import { loadOnnx } from "../support/onnx.ts";
import { Model, build, numbers } from "../support/model.ts";

export interface OnnxCase {
  readonly file?: string;
  readonly sizes?: Record<string, number>;
  /** Dimensions that are fixed in the file. */
  readonly at?: Record<string, number>;
  /** Counts of the dimensions that stay open: the file must be right for all of them. */
  readonly runs?: readonly Record<string, number>[];
}

/** The outputs of the file must be those of the interpreter, for parameters that are all different. */
export async function checkOnnx(source: string, { file, sizes = {}, at = {}, runs = [{}] }: OnnxCase = {}) {
  const built = build(source, { sizes });
  const models = runs.map((dims) => new Model(built, { ...dims, ...at }, 7));
  const lasting = [...built.program.parameters, ...built.program.states];
  const weights = new Map(lasting.map((t, k) => [t.name, moved(t, models[0]!.values.get(t)!, k)]));
  const { bytes, diagnostics } = exportOnnx(source, { ...(file && { file }), sizes, at, weights });
  expect(diagnostics.filter((d) => d.severity === "error").map((d) => d.message)).toEqual([]);
  const run = await loadOnnx(bytes!);
  for (const model of models) {
    for (const t of lasting) model.values.set(t, Float64Array.from(weights.get(t.name)!));
    const given = Object.fromEntries(
      built.program.inputs.map((t, k) => [t.name, inputFor(t, model.dims, 11 + k)]),
    );
    const values = Object.entries(given).map(([name, i]) => [name, Array.from(i.values)] as const);
    const expected = model.forward(Object.fromEntries(values));
    const found = await run(given);
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const { name, tensor } of built.program.outputs) {
      expect(found[name]!.dims, `shape of ${name}`).toEqual(extentsOf(tensor, model.dims));
      near(name, Array.from(found[name]!.data, Number), expected[name]!);
    }
  }
}

/** Away from zeros and ones, which hide mistakes; a variance stays positive. */
function moved(tensor: Tensor, start: ArrayLike<number>, seed: number): number[] {
  const by = numbers(start.length, seed + 1);
  if (tensor.type !== "f32") return Array.from(start);
  return Array.from(start, (v, i) => Math.fround(v + 0.2 * Math.abs(by[i]!)));
}

function inputFor(tensor: Tensor, dims: Map<Dim, number>, seed: number): OnnxInput {
  const shape = extentsOf(tensor, dims);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const between = numbers(size, seed).map((v) => Math.fround((v + 1) / 2));
  const { type } = tensor;
  if (type === "bool") return { type, shape, values: between.map((v) => Number(v > 0.5)) };
  if (type === "i32") {
    const below = tensor.below ? evaluateAffine(tensor.below, dims) : 2;
    return { type, shape, values: between.map((v) => Math.floor(v * below)) };
  }
  const width = shape.at(-1) ?? 1;
  const row = (i: number): number[] => between.slice(i - (i % width), i - (i % width) + width);
  const total = (i: number): number => row(i).reduce((sum, v) => sum + v, 0);
  return { type, shape, values: tensor.distribution ? between.map((v, i) => v / total(i)) : between };
}

function near(name: string, found: readonly number[], expected: readonly number[]): void {
  expect(found.length, name).toBe(expected.length);
  const scale = 1e-2 + expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  found.forEach((value, i) => {
    const isSame = Object.is(value, expected[i]) || Math.abs(value - expected[i]!) <= 1e-4 * scale;
    if (!isSame) expect.fail(`${name}[${i}] is ${value}, but should be ${expected[i]}`);
  });
}
