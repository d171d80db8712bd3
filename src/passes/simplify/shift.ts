import type { Builder } from "../../ir/builder.ts";
import { readsOf, substitute } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, Statement, Tensor } from "../../ir/types.ts";
import { targetIndices } from "./alias.ts";
import type { SumOfExponentials } from "./views.ts";

/** A sum of exponentials with the largest exponent taken out: Σ exp(u) = exp(m)·Σ exp(u − m). */
interface Shifted {
  readonly maximum: Tensor;
  readonly sum: Tensor;
  /** exp(u − m) as a tensor over the loops of the sum. */
  readonly terms: Tensor;
}

/** Makes the equations of shifted sums, each once; they belong right before the statement of the sum itself. */
export class Shifts {
  readonly before = new Map<Statement, Equation[]>();
  private readonly made = new Map<Equation, Shifted>();
  private readonly builder: Builder;
  private readonly freshName: (name: string) => string;

  constructor(builder: Builder, freshName: (name: string) => string) {
    this.builder = builder;
    this.freshName = freshName;
  }

  /** log Σ exp(u) = m + log Σ exp(u − m). The derivative of m cancels: it is stopped. */
  logarithm(sum: SumOfExponentials): Expr {
    const b = this.builder;
    const { maximum, sum: shifted } = this.shifted(sum);
    const { subscripts } = sum.read;
    const stopped = b.apply("stop_gradient", [b.read(maximum, subscripts)]);
    return b.add(stopped, b.apply("log", [b.read(shifted, subscripts)]));
  }

  /** exp(v)/Σ exp(u) = exp(v − m)/Σ exp(u − m), where `numerator` is v. */
  quotient(numerator: Expr, sum: SumOfExponentials): Expr {
    const b = this.builder;
    const made = this.shifted(sum);
    const below = b.read(made.sum, sum.read.subscripts);
    const place = sum.equation.where.length === 0 ? placeAmongTerms(b, numerator, sum) : undefined;
    if (place) return b.div(b.read(made.terms, [...sum.read.subscripts, place]), below);
    const stopped = b.apply("stop_gradient", [b.read(made.maximum, sum.read.subscripts)]);
    return b.div(b.apply("exp", [b.sub(numerator, stopped)]), below);
  }

  private shifted(sum: SumOfExponentials): Shifted {
    const known = this.made.get(sum.equation);
    if (known) return known;
    const b = this.builder;
    const { equation, exponent } = sum;
    const like = equation.tensor;
    const tensor = (name: string, shape: readonly Affine[]): Tensor =>
      b.tensor({ name: this.freshName(name), type: "f32", shape, role: like.role, span: like.span });
    const maximum = tensor(`${like.name}.max`, like.shape);
    const loops = [...targetIndices(equation), ...equation.reduced];
    const terms = tensor(`${like.name}.exp`, [...like.shape, ...equation.reduced.map((r) => r.extent)]);
    const shifted = tensor(`${like.name}.shifted`, like.shape);
    const stopped = b.apply("stop_gradient", [b.read(maximum, equation.target)]);
    const term = b.apply("exp", [b.sub(exponent, stopped)]);
    const plain = equation.where.length === 0;
    const equations = [b.equation({ ...equation, tensor: maximum, reducer: "max", body: exponent })];
    if (plain) equations.push(this.termsEquation(equation, terms, loops, term));
    const summand = plain ? b.read(terms, loops) : term;
    equations.push(b.equation({ ...equation, tensor: shifted, body: summand }));
    this.before.set(equation, equations);
    const made = { maximum, sum: shifted, terms };
    this.made.set(equation, made);
    return made;
  }

  private termsEquation(sum: Equation, tensor: Tensor, loops: readonly Index[], body: Expr): Equation {
    const b = this.builder;
    return b.equation({
      ...sum,
      tensor,
      indices: loops,
      target: loops.map((i) => b.of(i)),
      reducer: null,
      reduced: [],
      body,
    });
  }
}

/** Where v is one of the u that are summed over one index: its place in the sum. */
export function placeAmongTerms(b: Builder, v: Expr, sum: SumOfExponentials): Affine | undefined {
  if (sum.equation.reduced.length !== 1) return undefined;
  return [...subscriptsIn(v)].find((place) => exponentAt(b, sum, place) === v);
}

/** The u at a place of a sum over one index. */
export function exponentAt(b: Builder, { equation, exponent, read }: SumOfExponentials, place: Affine): Expr {
  const values = new Map(targetIndices(equation).map((i, d): [Index, Affine] => [i, read.subscripts[d]!]));
  return substitute(b, exponent, values.set(equation.reduced[0]!, place));
}

/** The integers that an expression reads at: one of them is where a reduction index would be. */
function subscriptsIn(e: Expr): Set<Affine> {
  return new Set(readsOf(e).flatMap((r) => r.subscripts));
}
