/** What each reducer does to the gradient that arrives: a factor, a guard, and an equation that must be computed for it. */
import type { Builder } from "../../ir/builder.ts";
import { rangeOf } from "../../ir/affine.ts";
import type { Affine, Equation, Expr, Index, Reducer, Tensor } from "../../ir/types.ts";
import type { TensorNames } from "./names.ts";

/** ∂result/∂body = factor where `guards` hold, in terms of the loops of the equation. */
export interface ReductionPartial {
  readonly factors: readonly Expr[];
  readonly guards: readonly Expr[];
}

/** Equations that differentiation adds right behind a forward equation, each once, whoever differentiates it. */
export interface Auxiliaries {
  readonly names: TensorNames;
  readonly made: Map<Equation, Equation>;
}

type Rule = (b: Builder, e: Equation, auxiliaries: Auxiliaries) => ReductionPartial;

const sum: Rule = () => ({ factors: [], guards: [] });

/** The first extremum has the derivative: a sibling equation over the same loops remembers its position. */
const extremum =
  (reducer: Reducer): Rule =>
  (b, e, auxiliaries) => {
    const position = auxiliary(auxiliaries, e, () => {
      const [outer, ...inner] = e.reduced;
      const below = inner.reduce((n, r) => b.times(n, rangeOf(r.extent).high), outer?.extent ?? b.integer(1));
      const tensor = newTensor(b, auxiliaries, e, reducer, e.indices, {
        type: "i32",
        below,
      });
      return b.equation({ ...e, tensor, target: e.indices.map((i) => b.of(i)), accumulate: false, reducer });
    });
    const read = b.read(position, e.indices) as Affine;
    return { factors: [], guards: [b.zero(b.minus(read, linearPosition(b, e.reduced)))] };
  };

/** Row-major over the largest extents, so that it is affine whatever the actual extents are. */
function linearPosition(b: Builder, indices: readonly Index[]): Affine {
  return indices.reduce((p, i) => b.plus(b.times(p, rangeOf(i.extent).high), i), b.integer(0));
}

/** The product of all the others, computed for each: exact where factors are zero. */
const product: Rule = (b, e, auxiliaries) => {
  const others = auxiliary(auxiliaries, e, () => {
    const left = e.reduced.map((r) => b.index(`${r.name}′`, r.extent));
    const tensor = newTensor(b, auxiliaries, e, "others", [...e.indices, ...e.reduced], { type: "f32" });
    const same = b.and(...e.reduced.map((r, k) => b.zero(b.minus(r, left[k]!))));
    return b.equation({
      ...e,
      tensor,
      indices: [...e.indices, ...left],
      target: [...e.indices, ...left].map((i) => b.of(i)),
      accumulate: false,
      where: [b.apply("not", [same]), ...e.where],
    });
  });
  return { factors: [b.read(others, [...e.indices, ...e.reduced])], guards: [] };
};

const integer: Rule = (_b, e) => {
  throw new Error(`${e.tensor.name} is a position and has no derivative`);
};

const rules: Readonly<Record<Reducer, Rule>> = {
  sum,
  prod: product,
  max: extremum("argmax"),
  min: extremum("argmin"),
  argmax: integer,
  argmin: integer,
};

export function partialOfReduction(b: Builder, e: Equation, auxiliaries: Auxiliaries): ReductionPartial {
  return e.reducer === null ? sum(b, e, auxiliaries) : rules[e.reducer](b, e, auxiliaries);
}

function auxiliary(auxiliaries: Auxiliaries, e: Equation, make: () => Equation): Tensor {
  const known = auxiliaries.made.get(e);
  if (known) return known.tensor;
  const equation = make();
  auxiliaries.made.set(e, equation);
  return equation.tensor;
}

function newTensor(
  b: Builder,
  auxiliaries: Auxiliaries,
  e: Equation,
  suffix: string,
  indices: readonly Index[],
  fields: Pick<Tensor, "type" | "below">,
): Tensor {
  const name = auxiliaries.names.unique(`${e.tensor.name}.${suffix}`);
  const shape = indices.map((i) => i.extent);
  return b.tensor({ ...fields, name, shape, role: "definition", span: e.tensor.span });
}
