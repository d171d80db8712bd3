/** Numbers that a loop in lanes reads once and needs in all lanes only: they are read into a vector. */
import type { KernelStatement } from "../../ir/kernel.ts";
import { ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import type { Lanes } from "../../ir/lanes.ts";
import { children } from "../../ir/rewrite.ts";
import type { Expr, Local } from "../../ir/types.ts";

/** The locals that are what was read at one place for all lanes, and that nothing but vectors is computed from. */
export function spreadLocals(body: readonly KernelStatement[], lanes: Lanes): ReadonlySet<Local> {
  const found = new Set<Local>();
  const other = new Set<Expr>();
  const seen = new Set<Expr>();
  const walk = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    if (!lanes.varies(e) || e.kind === "read") for (const part of children(e)) other.add(part);
    children(e).forEach(walk);
  };
  for (const s of statementsIn(body)) {
    if (s.kind === "let" && s.value.kind === "read" && s.local.type === "f32" && !lanes.varies(s.value))
      found.add(s.local);
    const isVector =
      s.kind === "store"
        ? s.subscripts.some((e) => lanes.varies(e))
        : (s.kind === "assign" || s.kind === "let" || s.kind === "variable") && lanes.vectors.has(s.local);
    for (const e of ownExpressions(s)) {
      if (!isVector) other.add(e);
      walk(e);
    }
  }
  return new Set([...found].filter((local) => !other.has(local)));
}
