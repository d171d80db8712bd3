import { interpret } from "../../src/ir/interpreter.ts";
import type { Dim, Equation, Expr, Graph, Statement, Tensor } from "../../src/ir/types.ts";
import { differentiate } from "../../src/passes/differentiate.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { Bench, formulas } from "./helpers.ts";

/** A bench on which losses are written, differentiated and simplified. */
export class Training extends Bench {
  readonly statements: Statement[] = [];

  /** name[…] = body over fresh indices of the shape. */
  define(
    name: string,
    shape: readonly (Dim | number)[],
    body: (...indices: Expr[]) => Expr,
    letters = "bjk",
  ): Tensor {
    const tensor = this.tensor(name, shape);
    const indices = shape.map((extent, d) => this.index(letters[d]!, extent));
    this.statements.push(this.equation(tensor, indices, indices, body(...indices.map((i) => this.b.of(i)))));
    return tensor;
  }

  /** name[…] = red over one more index. */
  reduce(
    reducer: NonNullable<Equation["reducer"]>,
    name: string,
    shape: readonly (Dim | number)[],
    over: Dim | number,
    body: (...indices: Expr[]) => Expr,
    letters = "bjk",
  ): Tensor {
    const tensor = this.tensor(name, shape);
    const indices = shape.map((extent, d) => this.index(letters[d]!, extent));
    const r = this.index(letters[shape.length]!, over);
    const all = [...indices, r].map((i) => this.b.of(i));
    this.statements.push(this.equation(tensor, indices, indices, body(...all), { reducer, reduced: [r] }));
    return tensor;
  }

  at(tensor: Tensor, ...subscripts: Expr[]): Expr {
    return this.b.read(tensor, subscripts as never);
  }

  num(value: number): Expr {
    return this.b.number(value);
  }

  sub(a: Expr, c: Expr): Expr {
    return this.b.apply("sub", [a, c]);
  }

  div(a: Expr, c: Expr): Expr {
    return this.b.apply("div", [a, c]);
  }

  /** The statements so far, with a request for gradients. */
  asking(loss: Tensor, wrt: readonly Tensor[]): Graph {
    const results = wrt.map((t) => this.b.tensor({ ...t, name: `d${t.name}`, role: "adjoint" }));
    const gradient = {
      kind: "gradient",
      id: this.b.id(),
      of: loss,
      wrt,
      results,
      origin: this.origin,
    } as const;
    return this.graph([...this.statements, gradient], [loss, ...results]);
  }

  /** The chain rule as it falls out, and what simplification makes of it. */
  train(loss: Tensor, wrt: readonly Tensor[]): { raw: Graph; simple: Graph } {
    const asked = this.asking(loss, wrt);
    const raw = differentiate.run(asked, this.context);
    const first = simplify.run(asked, this.context);
    const simple = simplify.run(differentiate.run(first, this.context), this.context);
    return { raw, simple };
  }
}

/** The formulas of the adjoints. */
export function gradients(graph: Graph): string[] {
  return formulas({
    ...graph,
    statements: graph.statements.filter((s) => s.kind === "equation" && s.tensor.role === "adjoint"),
  });
}

export { interpret };
