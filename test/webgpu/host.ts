/** Classes for a GPU, compiled and imported, beside those of the TypeScript target. */
import type { EmittedModule } from "../../src/codegen/module.ts";
import { emitModule } from "../../src/codegen/module.ts";
import { gpuUnit } from "../../src/codegen/webgpu/unit.ts";
import type { Level } from "../../src/ir/kernel.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { AnyClass } from "../codegen/load.ts";
import { header, importCode } from "../codegen/load.ts";
import { build, numbers } from "../support/model.ts";

/** What generated classes look like to a test. */
export interface GpuModel {
  step(inputs?: unknown): Promise<number>;
  stepMany(batches: readonly unknown[] | number): Promise<Float32Array>;
  accumulate(inputs: unknown, options?: { upstream?: number }): Promise<number>;
  update(): Promise<void>;
  backward(inputs: unknown, options?: { upstream?: number }): Promise<number>;
  forward(inputs?: unknown): Promise<Record<string, ArrayLike<number> | number>>;
  evaluate(inputs: unknown): Promise<Record<string, number>>;
  using<Result>(name: string, run: () => Promise<Result>): Promise<Result>;
  save(): Promise<Uint8Array>;
  destroy(): void;
  readonly parameters: GpuTree;
  readonly gradients: GpuTree;
  readonly states: GpuTree;
  readonly hyper: Record<string, number>;
  readonly metrics: Record<string, number>;
  readonly seed: number;
  readonly nonFiniteStep?: number;
  stepCount: number;
  passCount?: number;
}

export interface GpuTensor {
  readonly shape: readonly number[];
  read(): Promise<Float32Array>;
  write(values: ArrayLike<number>): Promise<void>;
}

export interface GpuTree {
  readonly [key: string]: GpuTree | GpuTensor;
}

export interface GpuClass {
  create(options?: { device?: GPUDevice; seed?: number; [dim: string]: unknown }): Promise<GpuModel>;
  load(bytes: Uint8Array, options?: { device?: GPUDevice }): Promise<GpuModel>;
}

export interface Pair {
  readonly gpu: GpuClass;
  readonly javascript: AnyClass;
}

/** The class of a model for both targets. */
export async function pairOf(source: string, level: Level = 1): Promise<Pair> {
  const { graphs, context } = build(source);
  const { name } = graphs.program;
  const options = { language: "javascript", header, unit: "model.js" } as const;
  const forEngine = emitModule(schedule(graphs, level, context), context, options);
  return {
    gpu: (await importCode((await gpuModule(source, level, "javascript")).code))[name] as unknown as GpuClass,
    javascript: (await importCode(forEngine.code))[name]!,
  };
}

/** The module for a GPU. */
export async function gpuModule(
  source: string,
  level: Level,
  language: "javascript" | "typescript",
): Promise<EmittedModule> {
  const { graphs, context } = build(source);
  const scheduled = schedule(graphs, level, context, { machine: "gpu" });
  const gpu = new Map([[scheduled, await gpuUnit(scheduled, context)]]);
  return emitModule(scheduled, context, { language, header, unit: "model.ts", gpu });
}

/**
 * Classes of small images, with a layer that has statistics. There is no bias before it: its gradient would be rounding
 * alone, of which adam makes whole steps.
 */
export const digits = `
model Digits(hidden: int = 9) {
  dim batch <= 12
  input x: [batch, 7]
  input label: int[batch] < 5
  h = x |> linear(hidden, bias = false) |> batch_norm() |> tanh
  z = h |> linear(5)
  output probability = softmax(z)
  output best = argmax(z)
  metric accuracy = mean(argmax(z) == label)
  loss cross_entropy(z, label)
  optimizer adam(lr = 0.02)
}`;

export const batchOf = (rows: number, seed: number): { x: Float32Array; label: Int32Array } => ({
  x: Float32Array.from(numbers(7 * rows, seed)),
  label: Int32Array.from(numbers(rows, seed + 1), (v) => Math.floor((v + 1) * 2.5)),
});

/** All that a model has learned and counted. */
export const bitsOf = async (model: GpuModel): Promise<string> =>
  Buffer.from(await model.save()).toString("base64");

/** The tensor at a path of a tree. */
export function tensorAt(tree: GpuTree, path: string): GpuTensor {
  return path
    .split(".")
    .reduce<GpuTree | GpuTensor>((node, key) => (node as GpuTree)[key]!, tree) as GpuTensor;
}
