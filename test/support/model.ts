/** Runs whole models in the reference interpreter, in 64 bits, at any stage of the pipeline. */
import { expect } from "vitest";
import { renderDiagnostics } from "../../src/project/render.ts";
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import { slice } from "../../src/ir/dependences.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { tensorSize } from "../../src/ir/interpreter.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { Sources } from "../../src/ir/source.ts";
import type { Graph, Program, Tensor } from "../../src/ir/types.ts";
import { elaborate } from "../../src/parser/elaborate/elaborate.ts";
import { buildGraphs } from "../../src/pipeline.ts";
import { slope } from "../../src/reference/gradients.ts";
import { ReferenceModel } from "../../src/reference/model.ts";
import { library } from "../../src/std/index.ts";

export interface ModelOptions {
  readonly sizes?: Readonly<Record<string, number | boolean>>;
  /** Which one, where there are several. */
  readonly model?: string | undefined;
  readonly simplify?: boolean;
  readonly restrict?: boolean;
  readonly realOnlyRules?: boolean;
  readonly imports?: Record<string, string>;
}

export interface Built {
  readonly program: Program;
  readonly graphs: ModelGraphs;
  readonly context: Context;
}

export function build(source: string, options: ModelOptions = {}): Built {
  const builder = new Builder();
  const sources = new Sources();
  const diagnostics = new Diagnostics();
  const program = elaborate({
    source: { file: "test.nn", text: source },
    library,
    resolveImport: (name) => {
      const text = options.imports?.[name];
      return text === undefined ? null : { file: name, text };
    },
    sizes: new Map(Object.entries(options.sizes ?? {})),
    model: options.model,
    builder,
    sources,
    diagnostics,
  });
  if (!program) throw new Error(renderDiagnostics(diagnostics.all, sources, false));
  const context: Context = {
    builder,
    sources,
    options: { realOnlyRules: options.realOnlyRules ?? true },
    log: [],
  };
  const { simplify = true, restrict = false } = options;
  return { program, context, graphs: buildGraphs(program, context, { simplify, restrict }) };
}

export type Numbers = readonly number[] | Float64Array;

/** A model in memory: parameters drawn from a seed, inputs given by name. */
export class Model extends ReferenceModel {
  constructor(
    readonly built: Built,
    dims: Record<string, number> = {},
    seed = 1,
  ) {
    super(built.graphs, dims, seed);
  }

  get program(): Program {
    return this.built.program;
  }

  private tensor(list: readonly Tensor[], name: string): Tensor {
    const found = list.find((t) => t.name === name);
    if (!found) throw new Error(`no ${name} among ${list.map((t) => t.name).join(", ")}`);
    return found;
  }

  parameter(name: string): Float64Array {
    return this.values.get(
      this.tensor(
        [...this.program.parameters, ...this.program.states, ...this.program.optimizerStates],
        name,
      ),
    )!;
  }

  gradient(name: string): number[] {
    const k = this.program.trained.indexOf(this.tensor(this.program.trained, name));
    return [...this.values.get(this.program.gradients[k]!)!];
  }

  private given(inputs: Record<string, Numbers>, graph: Graph): void {
    for (const [name, numbers] of Object.entries(inputs)) {
      const tensor = this.tensor(this.program.inputs, name);
      expect(numbers.length, `size of ${name}`).toBe(tensorSize(tensor, this.dims));
      this.values.set(tensor, Float64Array.from(numbers));
    }
    this.run(graph);
  }

  forward(inputs: Record<string, Numbers> = {}): Record<string, number[]> {
    this.given(inputs, this.built.graphs.forward);
    return Object.fromEntries(this.program.outputs.map((o) => [o.name, [...this.values.get(o.tensor)!]]));
  }

  evaluate(inputs: Record<string, Numbers> = {}): number {
    this.given(inputs, this.built.graphs.evaluate);
    return this.values.get(this.program.loss!)![0]!;
  }

  backward(inputs: Record<string, Numbers> = {}): number {
    this.given(inputs, this.built.graphs.backward);
    return this.values.get(this.program.loss!)![0]!;
  }

  /** One pass and one step of the optimizer. */
  step(inputs: Record<string, Numbers> = {}): number {
    this.count("step", 1);
    const loss = this.pass(inputs);
    this.run(this.built.graphs.update);
    return loss;
  }

  /** Loss, gradients and running statistics; gradients are those of this pass. */
  pass(inputs: Record<string, Numbers> = {}): number {
    this.count("pass", 1);
    const loss = this.backward(inputs);
    this.run(this.built.graphs.statistics);
    return loss;
  }

  /** Moves the number of the step or of the pass. */
  count(name: "step" | "pass", by: number): void {
    this.values.get(this.program.builtins[name])![0]! += by;
  }

  /** Largest difference between the gradients and central differences, relative to the gradients' size. */
  gradientError(inputs: Record<string, Numbers> = {}, h = 1e-5, most = 12): number {
    this.backward(inputs);
    let worst = 0;
    const analytic = this.program.gradients.map((g) => [...this.values.get(g)!]);
    // The differences need the loss alone.
    const graph = slice(this.built.graphs.backward, [this.program.loss!], "drop");
    const loss = (): number => {
      this.run(graph);
      return this.values.get(this.program.loss!)![0]!;
    };
    this.program.trained.forEach((p, k) => {
      const cells = this.values.get(p)!;
      const stride = Math.max(1, Math.floor(cells.length / most));
      for (let i = 0; i < cells.length; i += stride) {
        const numeric = slope(loss, cells, i, h);
        const exact = analytic[k]![i]!;
        worst = Math.max(worst, Math.abs(numeric - exact) / (1e-3 + Math.abs(numeric) + Math.abs(exact)));
      }
    });
    this.backward(inputs);
    return worst;
  }
}

export function model(
  source: string,
  options: ModelOptions & { dims?: Record<string, number>; seed?: number } = {},
): Model {
  return new Model(build(source, options), options.dims, options.seed);
}

/** Repeatable numbers in (−1, 1). */
export function numbers(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  });
}

export const close = (actual: Numbers, expected: Numbers, digits = 9): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((a, i) => expect(a).toBeCloseTo(expected[i]!, digits));
};
