/** Functions that are written in place: lines of their own before the statement that needs them. */
import { atoms } from "../ir/atoms.ts";
import type { Builder } from "../ir/builder.ts";
import type { Kernel, KernelStatement } from "../ir/kernel.ts";
import { mapStatement, ownExpressions } from "../ir/kernel-walk.ts";
import { children, rewriter } from "../ir/rewrite.ts";
import type { Apply, Expr } from "../ir/types.ts";

/** The kernel with functions made of others where they have such a spelling. */
export function madeInPlace(kernel: Kernel, b: Builder): Kernel {
  const make = rewriter(b, {
    node: (e) => {
      const spelling = e.kind === "apply" ? atoms[e.atom].inPlace : undefined;
      return spelling?.form === "made" ? make(spelling.of(b, (e as Apply).args)) : undefined;
    },
  });
  const all = (block: readonly KernelStatement[]): readonly KernelStatement[] =>
    block.map((s) => mapStatement(s, make, all));
  return { ...kernel, body: all(kernel.body) };
}

/** What a statement computes in any case and has lines of its own for, in the order of evaluation. */
export function writtenInPlace(s: KernelStatement): readonly Apply[] {
  const found: Apply[] = [];
  const seen = new Set<Expr>();
  const walk = (e: Expr): void => {
    // An argument that is evaluated under a condition may read what is not there.
    if (seen.has(e) || (e.kind === "apply" && atoms[e.atom].guards)) return;
    seen.add(e);
    children(e).forEach(walk);
    if (e.kind === "apply" && atoms[e.atom].inPlace?.form === "lines") found.push(e);
  };
  ownExpressions(s).forEach(walk);
  return found;
}
