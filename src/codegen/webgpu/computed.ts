/**
 * Numbers that a kernel names before its loops and that depend on nothing but what it is passed by value, such as 1 − βᵗ of
 * Adam. Every invocation would work them out again: where that is dear, the host does so once, and passes them as well.
 */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Kernel, Let } from "../../ir/kernel.ts";
import { rewriter, visit } from "../../ir/rewrite.ts";
import type { Expr, Local, Tensor } from "../../ir/types.ts";

/** What is dear, in additions: a function, or more than that. */
const dear = 10;

/** The values that are passed to a kernel instead of being computed by it, in order. */
export function computedIn({ body, scalars }: Kernel): readonly Let[] {
  const passed = new Set<Tensor>(scalars);
  const known = new Set<Local>();
  const found: Let[] = [];
  for (const s of body) {
    if (s.kind !== "let") break;
    if (s.local.type !== "f32" || !isOfScalars(s.value, passed, known)) continue;
    known.add(s.local);
    if (costOf(s.value) >= dear) found.push(s);
  }
  return found;
}

/** These values in terms of what a call is passed. */
export function computedFor(kernel: Kernel, scalars: readonly Tensor[], b: Builder): readonly Expr[] {
  const passed = new Map(kernel.scalars.map((t, n) => [t, scalars[n]!]));
  const values = new Map<Expr, Expr>();
  const here = rewriter(b, { tensor: (t) => passed.get(t) ?? t, node: (e) => values.get(e) });
  const wanted = new Set(computedIn(kernel).map((s) => s.local));
  const lets = kernel.body.flatMap((s) => (s.kind === "let" ? [s] : []));
  if (wanted.size === 0) return [];
  return lets.flatMap(({ local, value }) => {
    values.set(local, here(value));
    return wanted.has(local) ? [values.get(local)!] : [];
  });
}

/** Whether a value depends on these numbers alone, or on names for what does. */
function isOfScalars(value: Expr, passed: ReadonlySet<Tensor>, known: ReadonlySet<Local>): boolean {
  let isKnown = true;
  visit([value], (e) => {
    if (e.kind === "local") isKnown &&= known.has(e);
    if (e.kind === "read") isKnown &&= passed.has(e.tensor);
    if (e.kind === "affine") isKnown &&= e.terms.every((t) => t.atom.kind === "opaque");
  });
  return isKnown;
}

function costOf(value: Expr): number {
  let cost = 0;
  visit([value], (e) => {
    if (e.kind === "apply") cost += atoms[e.atom].cost;
  });
  return cost;
}
