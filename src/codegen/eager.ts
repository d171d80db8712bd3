/** What may be computed before it is known whether it is wanted. */
import { atoms } from "../ir/atoms.ts";
import { children } from "../ir/rewrite.ts";
import type { Affine, Expr, Read } from "../ir/types.ts";

/** More than this is not computed where it may not be wanted. */
const dear = 10;

/** Whether a value may be computed though it is not wanted: cheap, and without a read out of range. */
export function mayBeUnwanted(e: Expr, isInRange: (read: Read) => boolean): boolean {
  let cost = 0;
  const walk = (part: Expr): boolean => {
    if (part.kind === "read" && (!isInRange(part) || part.subscripts.some(readsInside))) return false;
    if (part.kind === "affine" && readsInside(part)) return false;
    if (part.kind === "apply") cost += atoms[part.atom].cost;
    return cost < dear && children(part).every(walk);
  };
  return walk(e);
}

/** Whether an integer is made of what is read or chosen, which is not looked into. */
function readsInside(form: Affine): boolean {
  return form.terms.some(({ atom }) => {
    if (atom.kind === "floor" || atom.kind === "modulo") return readsInside(atom.value);
    return atom.kind === "opaque" && atom.value.kind !== "local";
  });
}
