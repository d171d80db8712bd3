/** What statements of a kernel define, use and store. */
import type { KernelStatement } from "../../ir/kernel.ts";
import { expressionsIn, statementsIn } from "../../ir/kernel-walk.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Expr, Local, Tensor } from "../../ir/types.ts";

export type Block = readonly KernelStatement[];

/** The locals that get their value in the block itself, not in what it encloses. */
export function definedIn(block: Block): Set<Local> {
  return new Set(block.flatMap((s) => (s.kind === "let" || s.kind === "variable" ? [s.local] : [])));
}

/** The locals that the block reads, or changes. */
export function localsIn(block: Block): Set<Local> {
  const found = localsOf(...expressionsIn(block));
  for (const s of statementsIn(block)) if (s.kind === "assign") found.add(s.local);
  return found;
}

/** The locals that expressions read. */
export function localsOf(...roots: readonly Expr[]): Set<Local> {
  const found = new Set<Local>();
  visit(roots, (e) => {
    if (e.kind === "local") found.add(e);
  });
  return found;
}

export function storedIn(block: Block): Set<Tensor> {
  return new Set([...statementsIn(block)].flatMap((s) => (s.kind === "store" ? [s.tensor] : [])));
}
