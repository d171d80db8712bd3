/** `gradient_norm`: the length of all gradients together, known to optimizers. */
import type { Expr, Span, Tensor } from "../../ir/types.ts";
import { define } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { reduceArray } from "./reductions.ts";
import type { ArrayValue } from "./values.ts";
import { mapElements, ofTensor, scalar, scalarExpr } from "./values.ts";

/** Gives √(Σ g²) over all gradients; its equations are emitted where it is first asked for. */
export function gradientNorm(
  elab: Elaboration,
  env: Environment,
  trained: readonly Tensor[],
  gradients: readonly Tensor[],
  span: Span,
): () => ArrayValue {
  const { builder: b } = elab;
  let made: ArrayValue | undefined;
  return () => {
    if (made) return made;
    const squares = gradients.map((g, k) => {
      const square = mapElements(ofTensor(b, g, elab.indexNames.get(g)), "f32", (e) => b.mul(e, e));
      const total = reduceArray(elab, env, "sum", square, undefined, span);
      return scalarExpr(define(elab, env, `gradient_norm.${trained[k]!.name}`, total, span));
    });
    made = define(elab, env, "gradient_norm", scalar(b.apply("sqrt", [sumOf(elab, squares)])), span);
    return made;
  };
}

/** Added in pairs, so that the formula of many parameters does not grow deep. */
function sumOf(elab: Elaboration, terms: readonly Expr[]): Expr {
  const { builder: b } = elab;
  if (terms.length < 2) return terms[0] ?? b.number(0);
  const middle = terms.length >> 1;
  return b.add(sumOf(elab, terms.slice(0, middle)), sumOf(elab, terms.slice(middle)));
}
