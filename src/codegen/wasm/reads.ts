/** Reads that occur more than once before anything is stored: one is enough. */
import type { KernelStatement } from "../../ir/kernel.ts";
import type { Expr, Read } from "../../ir/types.ts";

/** In the statements from the first on, up to and with a store, and before any loop or branch. */
export function readsAgain(list: readonly KernelStatement[]): ReadonlySet<Read> {
  const once = new Set<Read>();
  const again = new Set<Read>();
  const walk = (e: Expr): void => {
    if (e.kind === "apply") return e.args.forEach(walk);
    if (e.kind !== "read") return;
    if (once.has(e)) again.add(e);
    once.add(e);
  };
  for (const s of list) {
    if (s.kind === "loop" || s.kind === "if") break;
    walk(s.value);
    if (s.kind === "store") break;
  }
  return again;
}
