/** Small graphs by hand: tensors, indices and equations with little ceremony. */
import type { Level } from "../../src/ir/kernel.ts";
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import { execute, Memory } from "../../src/ir/kernel-interpreter.ts";
import type { Call, Procedure, Schedule } from "../../src/ir/kernel.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { Sources } from "../../src/ir/source.ts";
import type {
  Affine,
  Dim,
  Equation,
  Expr,
  Graph,
  Index,
  Program,
  Reducer,
  Reshape,
  Role,
  ScalarType,
  Span,
  Statement,
  Tensor,
} from "../../src/ir/types.ts";
import type { ScheduleOptions } from "../../src/passes/schedule.ts";
import { schedule } from "../../src/passes/schedule.ts";

const nowhere: Span = { file: "test.nn", start: 0, end: 0 };

interface EquationFields {
  readonly reducer?: Reducer;
  readonly reduced?: readonly Index[];
  readonly where?: readonly Expr[];
  readonly accumulate?: boolean;
  /** Loops that the left side does not mention plainly. */
  readonly indices?: readonly Index[];
  readonly line?: number;
}

export class Scene {
  readonly b = new Builder();
  readonly tensors: Tensor[] = [];
  readonly statements: Statement[] = [];

  tensor(
    name: string,
    shape: readonly (Affine | Dim | number)[],
    role: Role = "definition",
    type: ScalarType = "f32",
    below?: number,
  ): Tensor {
    const t = this.b.tensor({
      name,
      shape: shape.map((s) => this.b.toAffine(s)),
      role,
      type,
      span: nowhere,
      ...(below === undefined ? {} : { below: this.b.integer(below) }),
    });
    this.tensors.push(t);
    return t;
  }

  index(name: string, extent: Affine | Dim | number): Index {
    return this.b.index(name, this.b.toAffine(extent));
  }

  read(t: Tensor, ...subscripts: (Affine | Index | number)[]): Expr {
    return this.b.read(
      t,
      subscripts.map((s) => this.b.toAffine(s)),
    );
  }

  /** tensor[target] = body; the loops are the plain indices of the target, then `indices`. */
  equation(
    tensor: Tensor,
    target: readonly (Affine | Index | number)[],
    body: Expr,
    f: EquationFields = {},
  ): Equation {
    const plain = target.filter((t): t is Index => typeof t === "object" && t.kind === "index");
    const e = this.b.equation({
      tensor,
      indices: [...plain, ...(f.indices ?? [])],
      target: target.map((t) => this.b.toAffine(t)),
      accumulate: f.accumulate ?? false,
      reducer: f.reducer ?? (f.reduced ? "sum" : null),
      reduced: f.reduced ?? [],
      where: f.where ?? [],
      body,
      origin: { span: { ...nowhere, start: f.line ?? 0, end: f.line ?? 0 }, name: tensor.name },
    });
    this.statements.push(e);
    return e;
  }

  reshape(tensor: Tensor, source: Tensor): Reshape {
    const r = this.b.reshape({ tensor, source, origin: { span: nowhere, name: tensor.name } });
    this.statements.push(r);
    return r;
  }

  get context(): Context {
    return { builder: this.b, sources: new Sources(), options: { realOnlyRules: true }, log: [] };
  }

  withRole(role: Role): Tensor[] {
    return this.tensors.filter((t) => t.role === role);
  }

  /** A model whose `backward` is these statements, and whose optimizer are those. */
  graphs(
    results: readonly Tensor[],
    update: readonly Statement[] = [],
    gradients: readonly Tensor[] = [],
  ): ModelGraphs {
    const builtin = (name: string): Tensor =>
      this.b.tensor({ name, shape: [], role: "builtin", type: "i32", span: nowhere });
    const program: Program = {
      name: "Test",
      span: nowhere,
      dims: [],
      inputs: this.withRole("input"),
      parameters: this.withRole("parameter"),
      states: this.withRole("state").filter((t) => !t.name.includes(".adam.")),
      optimizerStates: this.withRole("state").filter((t) => t.name.includes(".adam.")),
      shadows: [],
      hypers: this.withRole("hyper"),
      builtins: {
        step: builtin("step"),
        pass: builtin("pass"),
        seed: builtin("seed"),
        training: builtin("training"),
      },
      outputs: [],
      metrics: [],
      loss: null,
      trained: this.withRole("parameter"),
      gradients,
      forward: [],
      backward: [],
      statistics: [],
      update: [],
      initialise: [],
    };
    const graph = (name: string, statements: readonly Statement[], kept: readonly Tensor[]): Graph => ({
      name,
      statements,
      results: kept,
    });
    const inBackward = this.statements.filter((s) => !update.includes(s));
    return {
      program,
      initialise: graph("initialise", [], []),
      forward: graph("forward", [], []),
      evaluate: graph("evaluate", [], []),
      backward: graph("backward", inBackward, results),
      statistics: graph("statistics", [], []),
      update: graph("update", update, []),
    };
  }
}

/** Reproducible numbers, some of them equal. */
export function numbers(count: number, below?: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const n = (i * 7919 + 13) % 31;
    return below === undefined ? (n - 15) / 8 : n % below;
  });
}

export function sizeOf(t: Tensor, dims: ReadonlyMap<Dim, number>): number {
  return t.shape.reduce(
    (n, e) => n * e.terms.reduce((s, x) => s + x.factor * dims.get(x.atom as Dim)!, e.constant),
    1,
  );
}

/**
 * Runs backward and update of a schedule, on memory filled with NaN, and the same graphs by definition; every result
 * and every persistent tensor must agree.
 */
export function compare(
  scene: Scene,
  graphs: ModelGraphs,
  level: Level,
  dims: ReadonlyMap<Dim, number> = new Map(),
  given: ReadonlyMap<Tensor, readonly number[]> = new Map(),
  options: ScheduleOptions = { isStraight: false },
  change: (s: Schedule, b: Builder) => Schedule = (s) => s,
): { schedule: Schedule; differences: string[] } {
  const made = change(schedule(graphs, level, scene.context, options), scene.b);
  const memory = new Memory(made, dims, NaN);
  const environment = { dims: new Map(dims), values: new Map<Tensor, Float64Array>() };
  for (const t of scene.tensors) {
    if (t.role === "definition" || t.role === "adjoint") continue;
    const values = given.get(t) ?? numbers(sizeOf(t, dims), t.below?.constant);
    memory.set(t, values);
    environment.values.set(t, Float64Array.from(values));
  }
  const differences: string[] = [];
  const check = (t: Tensor): void => {
    const expected = [...environment.values.get(t)!];
    const found = [...memory.get(t)];
    const same = expected.every(
      (v, i) => Object.is(v, found[i]) || Math.abs(v - found[i]!) <= 1e-12 * (1 + Math.abs(v)),
    );
    if (!same || expected.length !== found.length)
      differences.push(`${t.name}: expected ${expected}, found ${found}`);
  };
  interpret(graphs.backward, environment);
  execute(made.backward, memory);
  graphs.backward.results.forEach(check);
  interpret(graphs.update, environment);
  execute(made.update, memory);
  for (const t of [...scene.withRole("parameter"), ...scene.withRole("state")]) check(t);
  return { schedule: made, differences };
}

/** The kernels that a procedure calls, in order. */
export function calls(p: Procedure): Extract<Call, { kind: "call" }>[] {
  return p.calls.filter((c) => c.kind === "call");
}
