/** Generated code, imported as a module. */
import type { Schedule } from "../../src/ir/kernel.ts";
import type { Context } from "../../src/ir/context.ts";
import type { EmittedModule } from "../../src/codegen/module.ts";
import { emitModule } from "../../src/codegen/module.ts";
import type { Language } from "../../src/codegen/text.ts";

export const header = { version: "0.0.0", file: "sample.nn", sha256: "0123" };

export function emit(
  schedule: Schedule | readonly Schedule[],
  context: Context,
  language: Language,
): EmittedModule {
  return emitModule(schedule, context, {
    language,
    header,
    unit: language === "typescript" ? "m.ts" : "m.js",
  });
}

/** What generated classes look like to a test. */
export interface AnyModel {
  step(inputs: unknown): number;
  accumulate(inputs: unknown, options?: { upstream?: number }): number;
  update(): void;
  backward(inputs: unknown, options?: { upstream?: number }): number;
  forward(inputs?: unknown): Record<string, ArrayLike<number> | number>;
  evaluate(inputs: unknown): Record<string, number>;
  using<Result>(name: string, run: () => Result): Result;
  save(): Uint8Array;
  readonly parameters: Tree;
  readonly gradients: Tree;
  readonly states: Tree;
  readonly hyper: Record<string, number>;
  readonly metrics: Record<string, number>;
  readonly seed: number;
  stepCount: number;
  /** Only where random numbers are drawn. */
  passCount?: number;
}

export interface Tree {
  readonly [key: string]: Tree | Float32Array;
}

export interface AnyClass {
  create(options?: unknown): AnyModel;
  load(bytes: Uint8Array): AnyModel;
  readonly shapes: unknown;
}

/** Imports JavaScript text. */
export async function importCode(code: string): Promise<Record<string, AnyClass>> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  return (await import(/* @vite-ignore */ url)) as Record<string, AnyClass>;
}

/** The array at a path of a tree: `h.linear.W`. */
export function at(tree: Tree, path: string): Float32Array {
  return path
    .split(".")
    .reduce<Tree | Float32Array>((node, key) => (node as Tree)[key]!, tree) as Float32Array;
}
