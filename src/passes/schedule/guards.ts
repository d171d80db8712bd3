/** Conditions on a loop: those that say exactly from where to where it runs become its bounds, the others an `if`. */
import type { Builder } from "../../ir/builder.ts";
import { prove } from "../../ir/intervals.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Tensor } from "../../ir/types.ts";

interface Bounds {
  readonly from: Affine[];
  readonly to: Affine[];
}

/** `for index { if conditions { body } }`, with what can be said by bounds said by bounds. */
export function guardedLoop(
  b: Builder,
  index: Index,
  role: Loop["role"],
  conditions: readonly Expr[],
  body: readonly KernelStatement[],
): Loop {
  const bounds: Bounds = { from: [], to: [] };
  const left = conditions.filter((c) => !becomesBound(b, index, c, bounds));
  const clamp = (atom: "max" | "min", start: Affine, values: Affine[]): Affine =>
    values.reduce((a, v) => narrowed(b, atom, a, v), start);
  return {
    kind: "loop",
    index,
    from: clamp("max", b.integer(0), bounds.from),
    to: clamp("min", index.extent, bounds.to),
    role,
    body: guarded(b, left, body),
  };
}

/** `if conditions { body }`; without conditions, the body. */
export function guarded(
  b: Builder,
  conditions: readonly Expr[],
  body: readonly KernelStatement[],
): readonly KernelStatement[] {
  if (conditions.length === 0) return body;
  return [{ kind: "if", condition: b.and(...conditions), body, otherwise: [] }];
}

/** max(a, v) or min(a, v), where one is not provably the answer. */
function narrowed(b: Builder, atom: "max" | "min", a: Affine, v: Affine): Affine {
  const [larger, smaller] = atom === "max" ? [v, a] : [a, v];
  if (prove(b.nonnegative(b.minus(larger, smaller)), [], b)) return v;
  if (prove(b.nonnegative(b.minus(smaller, larger)), [], b)) return a;
  return b.apply(atom, [a, v]) as Affine;
}

/** The conditions under which a place is in a tensor; those that always hold are left out. */
export function rangeConditions(b: Builder, t: Tensor, place: readonly Affine[]): Expr[] {
  return place
    .flatMap((s, d) => [b.nonnegative(s), b.nonnegative(b.minus(b.minus(t.shape[d]!, s), 1))])
    .filter((c) => !prove(c, [], b));
}

function becomesBound(b: Builder, index: Index, condition: Expr, bounds: Bounds): boolean {
  if (condition.kind !== "condition") return false;
  const { form, relation } = condition;
  const term = form.terms.find((t) => t.atom === index);
  if (!term) return false;
  const rest = b.minus(form, b.times(index, term.factor));
  // A read in a bound would be evaluated before the conditions that may protect it.
  if (freeIndices(rest).has(index) || readsOf(rest).length > 0) return false;
  if (relation === "zero") {
    if (Math.abs(term.factor) !== 1) return false;
    const value = b.times(rest, -term.factor);
    bounds.from.push(value);
    bounds.to.push(b.plus(value, 1));
  } else if (term.factor > 0) {
    // factor·index ≥ −rest: from ⌈−rest / factor⌉.
    bounds.from.push(b.floorDivide(b.plus(b.times(rest, -1), term.factor - 1), term.factor));
  } else {
    // |factor|·index ≤ rest: up to ⌊rest / |factor|⌋.
    bounds.to.push(b.plus(b.floorDivide(rest, -term.factor), 1));
  }
  return true;
}
