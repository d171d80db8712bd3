/** What is known before a loop in lanes. */
import type { Expr, Index, Local, Tensor } from "../../ir/types.ts";

/** Whether a value is made of what is known before a loop, and of nothing in memory. */
export function isKnown(
  e: Expr,
  known: { indices: ReadonlySet<Index>; lets: ReadonlySet<Local> },
  isScalar: (t: Tensor) => boolean,
): boolean {
  switch (e.kind) {
    case "constant":
      return true;
    case "local":
      return known.lets.has(e);
    case "read":
      return isScalar(e.tensor);
    case "apply":
      return e.args.every((a) => isKnown(a, known, isScalar));
    case "affine":
      return e.terms.every(({ atom }) => {
        if (atom.kind === "index") return known.indices.has(atom);
        return atom.kind === "dim" || isKnown(atom.value, known, isScalar);
      });
    case "condition":
      return isKnown(e.form, known, isScalar);
    case "reduce":
      return false;
  }
}
