/** What differs between the lanes of a loop that takes four neighbouring turns at once (`Loop.lanes`). */
import type { Assign, KernelStatement } from "./kernel.ts";
import { statementsIn } from "./kernel-walk.ts";
import { children, visit } from "./rewrite.ts";
import type { Expr, Index, IntegerAtom, Local } from "./types.ts";

export class Lanes {
  /** Locals with a value for each lane. */
  readonly vectors: ReadonlySet<Local>;
  private readonly memo = new Map<Expr, boolean>();

  /** `folds`: those that a reduction adds to or compares with, which are vectors whatever is folded in. */
  constructor(
    readonly index: Index,
    body: readonly KernelStatement[],
    folds: readonly Local[] = [],
  ) {
    const vectors = new Set(folds);
    this.vectors = vectors;
    // A local is a vector if anything that is put into it varies; what is put into others may follow from that.
    for (let before = -1; before !== vectors.size;) {
      before = vectors.size;
      this.memo.clear();
      for (const s of statementsIn(body)) {
        if (s.kind !== "let" && s.kind !== "variable" && s.kind !== "assign") continue;
        if (this.varies(s.value)) vectors.add(s.local);
      }
    }
  }

  /** Whether a value is another one in each lane. */
  varies(e: Expr): boolean {
    const known = this.memo.get(e);
    if (known !== undefined) return known;
    const found =
      e.kind === "local"
        ? this.vectors.has(e)
        : e.kind === "affine"
          ? e.terms.some((t) => this.variesAtom(t.atom))
          : children(e).some((c) => this.varies(c));
    this.memo.set(e, found);
    return found;
  }

  variesAtom(atom: IntegerAtom): boolean {
    if (atom.kind === "index") return atom === this.index;
    return atom.kind !== "dim" && this.varies(atom.value);
  }
}

/** What folds a value into a local, turn by turn, in whatever order: a sum, or the larger or smaller of all. */
export type FoldName = "sum" | "max" | "min";

/** How an assignment folds a 32-bit float into its local, if it does. */
export function foldOf(s: Assign): FoldName | undefined {
  const { local, value, reducer } = s;
  if (local.type !== "f32") return undefined;
  if (reducer === "sum") return "sum";
  if (reducer !== null || value.kind !== "apply") return undefined;
  const [before, next] = value.args;
  const isFold =
    (value.atom === "max" || value.atom === "min") && before === local && !mentions(next!, local);
  return isFold ? (value.atom as FoldName) : undefined;
}

/** Whether a value is made of what a local holds. */
export function mentions(e: Expr, local: Local): boolean {
  let found = false;
  visit([e], (part) => {
    found ||= part === local;
  });
  return found;
}
