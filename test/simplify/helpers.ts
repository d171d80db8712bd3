import { expect } from "vitest";
import type { Context } from "../../src/ir/context.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import { printStatement } from "../../src/ir/printer.ts";
import { Sources } from "../../src/ir/source.ts";
import type { Dim, Expr, Graph, Statement, Tensor } from "../../src/ir/types.ts";
import { Small } from "../ir/small.ts";

/** Hand-built graphs, with a context for the pass. */
export class Bench extends Small {
  readonly context: Context = {
    builder: this.b,
    sources: new Sources(),
    options: { realOnlyRules: true },
    log: [],
  };

  graph(statements: readonly Statement[], results: readonly Tensor[]): Graph {
    return { name: "test", statements, results };
  }

  exact(): Context {
    return { ...this.context, options: { realOnlyRules: false } };
  }

  mul(...factors: Expr[]): Expr {
    return factors.reduce((a, c) => this.b.apply("mul", [a, c]));
  }

  add(...terms: Expr[]): Expr {
    return terms.reduce((a, c) => this.b.apply("add", [a, c]));
  }

  fn(atom: "exp" | "log" | "sigmoid" | "tanh" | "neg" | "softplus" | "stop_gradient", x: Expr): Expr {
    return this.b.apply(atom, [x]);
  }
}

export function formulas(graph: Graph): string[] {
  return graph.statements.map(printStatement);
}

export type Values = ReadonlyMap<Tensor, readonly number[]>;

/** The values of a graph's results (and of what it updates) for given inputs. */
export function run(
  graph: Graph,
  given: Values,
  dims: ReadonlyMap<Dim, number> = new Map(),
): Map<Tensor, number[]> {
  const values = new Map([...given].map(([t, v]) => [t, Float64Array.from(v)]));
  interpret(graph, { dims: new Map(dims), values });
  const wanted = new Set([...graph.results, ...given.keys()]);
  return new Map([...wanted].map((t) => [t, [...values.get(t)!]]));
}

/** Both graphs compute the same results, to rounding. */
export function expectSame(
  before: Graph,
  after: Graph,
  given: Values,
  dims: ReadonlyMap<Dim, number> = new Map(),
): void {
  const expected = run(before, given, dims);
  const got = run(after, given, dims);
  for (const [tensor, values] of expected) {
    values.forEach((v, i) => {
      const difference = Math.abs(got.get(tensor)![i]! - v);
      expect(difference, `${tensor.name}[${i}]`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(v)));
    });
  }
}

/** Numbers away from saturation, the same on every run. */
export function numbers(count: number, seed = 1): number[] {
  return Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.5);
}
