/** Which equation each statement of a kernel comes from. */
import type { KernelStatement } from "../ir/kernel.ts";
import type { Origin } from "../ir/types.ts";

/** A line that prepares a store comes from the equation of the next store. */
export function noteOrigins(
  list: readonly KernelStatement[],
  after: Origin,
  origins: Map<KernelStatement, Origin>,
): Origin {
  let next = after;
  for (const s of [...list].reverse()) {
    if (s.kind === "store") next = s.origin;
    if (s.kind === "loop") next = noteOrigins(s.body, next, origins);
    if (s.kind === "if") {
      const otherwise = noteOrigins(s.otherwise, next, origins);
      next = noteOrigins(s.body, otherwise, origins);
    }
    origins.set(s, next);
  }
  return next;
}
