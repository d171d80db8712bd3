/**
 * What a loop folds into accumulators that stand outside of it. Such a loop may be cut into pieces, in any way: each piece
 * starts from the identity, and what the pieces found is folded together. (Sums of numbers then differ in their last bits.)
 */
import type { If, KernelStatement, Loop } from "./kernel.ts";
import { ownExpressions, statementsIn } from "./kernel-walk.ts";
import { visit } from "./rewrite.ts";
import type { Expr, Local, Reducer } from "./types.ts";

export type Fold = ValueFold | PositionFold;

/** local = reducer(local, value), for many values. */
export interface ValueFold {
  readonly kind: "value";
  readonly local: Local;
  readonly reducer: Exclude<Reducer, "argmax" | "argmin">;
}

/**
 * The best of many values and its position, of equals the first: `if (condition) { best = value; position = … }`. The
 * condition says whether `value` is better than `best`. Positions grow with the turns of the loop.
 */
export interface PositionFold {
  readonly kind: "position";
  readonly best: Local;
  readonly position: Local;
  readonly condition: Expr;
  readonly value: Expr;
}

/** What the loop folds, in order of first appearance; undefined where it does anything else that is seen outside of it. */
export function foldsOf(loop: Loop): readonly Fold[] | undefined {
  const inside = [...statementsIn(loop.body)];
  const own = new Set(inside.flatMap((s) => (s.kind === "let" || s.kind === "variable" ? [s.local] : [])));
  const folds = new Map<Local, Fold>();
  // What is evaluated where no accumulator may be read, but the one that is named.
  const evaluated: (readonly [e: Expr, but?: Local])[] = ownExpressions(loop).map((e) => [e]);
  const steps = new Set<KernelStatement>();
  for (const s of inside) {
    if (s.kind === "store") return undefined;
    const fold = steps.has(s) ? undefined : foldIn(s, own);
    if (fold && !note(folds, fold)) return undefined;
    if (s.kind === "if" && fold?.kind === "position") {
      evaluated.push([fold.condition, fold.best]);
      s.body.forEach((step) => steps.add(step));
    } else if (s.kind === "assign" && fold) {
      evaluated.push([s.reducer === null ? operandOf(s.value, s.local)! : s.value]);
    } else {
      if (s.kind === "assign" && !own.has(s.local) && !steps.has(s)) return undefined;
      for (const e of ownExpressions(s)) evaluated.push([e]);
    }
  }
  const isApart = evaluated.every(([e, but]) => !reads(e, (local) => local !== but && folds.has(local)));
  return isApart && folds.size > 0 ? [...new Set(folds.values())] : undefined;
}

export const localsOfFold = (fold: Fold): readonly Local[] =>
  fold.kind === "value" ? [fold.local] : [fold.best, fold.position];

/** The fold that a statement is a step of. */
function foldIn(s: KernelStatement, own: ReadonlySet<Local>): Fold | undefined {
  if (s.kind === "if") return positionIn(s, own);
  if (s.kind !== "assign" || own.has(s.local)) return undefined;
  const reducer = s.reducer ?? extremeIn(s.value, s.local);
  return reducer && { kind: "value", local: s.local, reducer };
}

/** Remembers a fold, if it is the only one of its accumulators, or another step of the same. */
function note(folds: Map<Local, Fold>, fold: Fold): boolean {
  return localsOfFold(fold).every((local) => {
    const known = folds.get(local);
    if (!known) folds.set(local, fold);
    return !known || (known.kind === "value" && fold.kind === "value" && known.reducer === fold.reducer);
  });
}

/** The operand of a step max(local, value) or min(local, value), in either order. */
export function operandOf(value: Expr, local: Local): Expr | undefined {
  const root = plain(value);
  if (root.kind !== "apply" || (root.atom !== "max" && root.atom !== "min")) return undefined;
  const at = root.args.findIndex((a) => plain(a) === local);
  return at < 0 ? undefined : root.args[1 - at];
}

function extremeIn(value: Expr, local: Local): "max" | "min" | undefined {
  const root = plain(value);
  return operandOf(value, local) && root.kind === "apply" ? (root.atom as "max" | "min") : undefined;
}

/** An integer that is one value is that value. */
function plain(e: Expr): Expr {
  if (e.kind !== "affine" || e.constant !== 0 || e.terms.length !== 1) return e;
  const [{ factor, atom }] = e.terms as [(typeof e.terms)[number]];
  return factor === 1 && atom.kind === "opaque" ? atom.value : e;
}

function positionIn(s: If, own: ReadonlySet<Local>): PositionFold | undefined {
  const [first, second, ...others] = s.body;
  if (first?.kind !== "assign" || second?.kind !== "assign" || others.length + s.otherwise.length > 0)
    return undefined;
  const [best, position] = [first.local, second.local];
  if (own.has(best) || own.has(position) || first.reducer !== null || second.reducer !== null)
    return undefined;
  if (operandOf(first.value, best) || operandOf(second.value, position)) return undefined;
  return { kind: "position", best, position, condition: s.condition, value: first.value };
}

function reads(e: Expr, isMeant: (local: Local) => boolean): boolean {
  let found = false;
  visit([e], (node) => {
    if (node.kind === "local" && isMeant(node)) found = true;
  });
  return found;
}
