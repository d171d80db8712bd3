/** What is known before a kernel runs. */
import { visit } from "../../ir/rewrite.ts";
import type { Affine } from "../../ir/types.ts";

/** Whether an integer mentions nothing but dimensions. */
export function isClosed(form: Affine): boolean {
  let closed = true;
  visit([form], (e) => {
    if (e.kind === "local" || e.kind === "read") closed = false;
    if (e.kind === "affine" && e.terms.some((t) => t.atom.kind === "index")) closed = false;
  });
  return closed;
}
