/** A few lines to write a graph by hand, and a check of its gradients against central differences. */
import { expect } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import { interpret, tensorSize } from "../../src/ir/interpreter.ts";
import { printStatement } from "../../src/ir/printer.ts";
import { Sources } from "../../src/ir/source.ts";
import type {
  Affine,
  Dim,
  Equation,
  Expr,
  Index,
  Reducer,
  Span,
  Statement,
  Tensor,
} from "../../src/ir/types.ts";
import { verify } from "../../src/ir/verifier.ts";
import { differentiate } from "../../src/passes/differentiate.ts";
import { slope } from "../../src/reference/gradients.ts";

export const nowhere: Span = { file: "test.nn", start: 0, end: 0 };

type Subscript = Affine | Index | number;
type More = Partial<Pick<Equation, "where" | "accumulate">> & {
  reducer?: Reducer;
  reduced?: readonly Index[];
  target?: readonly Subscript[];
  /** Adds a part to a tensor that exists. */
  into?: Tensor;
};

/** A graph under construction, with values for what it is given. */
export class Sketch {
  readonly b = new Builder();
  readonly statements: Statement[] = [];
  readonly given = new Map<Tensor, Float64Array>();
  readonly dims = new Map<Dim, number>();
  private seed = 1;

  /** Uniform on (−1, 1), the same in every run. */
  random(): number {
    this.seed = (this.seed * 48271) % 2147483647;
    return (this.seed / 2147483647) * 2 - 1;
  }

  dim(name: string, count: number, maximum: number): Affine {
    const dim = this.b.dim(name, 1, maximum, nowhere);
    this.dims.set(dim, count);
    return this.b.of(dim);
  }

  input(name: string, shape: readonly (Affine | number)[], values?: readonly number[]): Tensor {
    const tensor = this.tensor(name, shape, { role: "input" });
    this.given.set(
      tensor,
      Float64Array.from({ length: this.sizeOf(tensor) }, (_, i) => values?.[i] ?? this.random()),
    );
    return tensor;
  }

  integers(
    name: string,
    shape: readonly (Affine | number)[],
    below: number,
    values: readonly number[],
  ): Tensor {
    const tensor = this.tensor(name, shape, { role: "input", type: "i32", below: this.b.integer(below) });
    this.given.set(tensor, Float64Array.from(values));
    return tensor;
  }

  tensor(name: string, shape: readonly (Affine | number)[], fields: Partial<Tensor> = {}): Tensor {
    const extents = shape.map((s) => this.b.toAffine(s));
    return this.b.tensor({ name, type: "f32", shape: extents, role: "definition", span: nowhere, ...fields });
  }

  sizeOf(t: Tensor): number {
    return tensorSize(t, this.dims);
  }

  index(name: string, extent: Affine | number): Index {
    return this.b.index(name, extent);
  }

  at(t: Tensor, ...subscripts: Subscript[]): Expr {
    return this.b.read(
      t,
      subscripts.map((s) => this.b.toAffine(s)),
    );
  }

  /** name[indices] = reducer_{reduced : where} body */
  define(name: string, indices: readonly Index[], body: Expr, more: More = {}): Tensor {
    const tensor =
      more.into ??
      this.tensor(
        name,
        indices.map((i) => i.extent),
        { type: body.type },
      );
    this.statements.push(
      this.b.equation({
        tensor,
        indices,
        target: (more.target ?? indices).map((t) => this.b.toAffine(t)),
        accumulate: more.accumulate ?? false,
        reducer: more.reducer ?? null,
        reduced: more.reduced ?? [],
        where: more.where ?? [],
        body,
        origin: { span: nowhere, name },
      }),
    );
    return tensor;
  }

  sum(
    name: string,
    indices: readonly Index[],
    reduced: readonly Index[],
    body: Expr,
    where: Expr[] = [],
  ): Tensor {
    return this.define(name, indices, body, { reducer: "sum", reduced, where });
  }

  reshape(name: string, source: Tensor, shape: readonly (Affine | number)[]): Tensor {
    const tensor = this.tensor(name, shape);
    this.statements.push(this.b.reshape({ tensor, source, origin: { span: nowhere, name } }));
    return tensor;
  }

  gradient(of: Tensor, ...wrt: Tensor[]): Tensor[] {
    const results = wrt.map((t) =>
      this.b.tensor({
        name: `d${of.name}_d${t.name}`,
        type: "f32",
        shape: t.shape,
        role: "adjoint",
        span: nowhere,
      }),
    );
    const origin = { span: nowhere, name: `d${of.name}` };
    this.statements.push({ kind: "gradient", id: this.b.id(), of, wrt, results, origin });
    return results;
  }

  /** Σ weight·t with random weights: a scalar through which every cell of `t` matters differently. */
  weigh(t: Tensor): Tensor {
    const weights = this.input(`weight_${t.name}`, t.shape);
    const indices = t.shape.map((extent, d) => this.index(`w${d}`, extent));
    return this.sum(
      `loss_${t.name}`,
      [],
      indices,
      this.b.mul(this.at(weights, ...indices), this.at(t, ...indices)),
    );
  }

  /** select(low ≤ place < extent in every dimension, t[place], otherwise). */
  padded(t: Tensor, subscripts: readonly Subscript[], otherwise = 0): Expr {
    const { b } = this;
    const inside = subscripts.flatMap((s, d) => [
      b.nonnegative(b.toAffine(s)),
      b.nonnegative(b.minus(b.minus(t.shape[d]!, b.toAffine(s)), 1)),
    ]);
    return b.select(b.and(...inside), this.at(t, ...subscripts), b.number(otherwise));
  }

  /** Expands gradients and evaluates everything. */
  run(): Map<Tensor, Float64Array> {
    const values = new Map<Tensor, Float64Array>(this.given);
    interpret(expand(this), { dims: this.dims, values });
    return values;
  }

  formulas(statements: readonly Statement[]): string[] {
    return statements.map((s) => printStatement(s));
  }
}

export function contextOf(sketch: Sketch): Context {
  return { builder: sketch.b, sources: new Sources(), options: { realOnlyRules: true }, log: [] };
}

export function expand(sketch: Sketch): readonly Statement[] {
  const context = contextOf(sketch);
  const graph = differentiate.run({ name: "test", statements: sketch.statements, results: [] }, context);
  verify(graph, context);
  return graph.statements;
}

export interface Checked {
  /** Everything, after differentiation. */
  readonly statements: readonly Statement[];
  /** The statements that the last gradient became. */
  readonly adjoint: readonly Statement[];
  /** Bodies evaluated by `adjoint`. */
  readonly visits: number;
  /** Bodies evaluated by the other statements. */
  readonly forwardVisits: number;
  readonly gradients: readonly Float64Array[];
}

/** Compares the gradients of `loss` with central differences, cell by cell. */
export function checkGradients(
  sketch: Sketch,
  loss: Tensor,
  wrt: readonly Tensor[],
  options: {
    tolerance?: number;
    transform?: (statements: readonly Statement[]) => readonly Statement[];
  } = {},
): Checked {
  const forward = expand(sketch);
  const results = sketch.gradient(loss, ...wrt);
  const statements = options.transform ? options.transform(expand(sketch)) : expand(sketch);
  verify({ name: "test", statements, results }, contextOf(sketch));
  const adjointNames = new Set(forward.map((s) => (s.kind === "gradient" ? "" : s.tensor.name)));
  const adjoint = statements.filter((s) => s.kind !== "gradient" && !adjointNames.has(s.tensor.name));
  const values = new Map<Tensor, Float64Array>(sketch.given);
  const count = { bodies: 0 };
  interpret(statements, { dims: sketch.dims, values, count });
  const gradients = results.map((r) => values.get(r)!);

  wrt.forEach((t, k) => {
    const differences = centralDifferences(sketch, forward, loss, t);
    expect(gradients[k]!.length).toBe(differences.length);
    differences.forEach((expected, i) => {
      const error = Math.abs(gradients[k]![i]! - expected) / Math.max(1, Math.abs(expected));
      if (!(error < (options.tolerance ?? 1e-6))) {
        expect.fail(`∂${loss.name}/∂${t.name} at ${i}: ${gradients[k]![i]} instead of ${expected}`);
      }
    });
  });
  const forwardCount = { bodies: 0 };
  interpret(forward, { dims: sketch.dims, values: new Map(sketch.given), count: forwardCount });
  return {
    statements,
    adjoint,
    visits: count.bodies - forwardCount.bodies,
    forwardVisits: forwardCount.bodies,
    gradients,
  };
}

function centralDifferences(
  sketch: Sketch,
  forward: readonly Statement[],
  loss: Tensor,
  t: Tensor,
): number[] {
  const values = new Map<Tensor, Float64Array>(sketch.given);
  const point = Float64Array.from(sketch.given.get(t)!);
  values.set(t, point);
  const evaluate = (): number => {
    interpret(forward, { dims: sketch.dims, values });
    return values.get(loss)![0]!;
  };
  return Array.from(point, (_, i) => slope(evaluate, point, i, 1e-5));
}
