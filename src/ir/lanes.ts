/** What differs between the lanes of a loop that takes four neighbouring turns at once (`Loop.lanes`). */
import type { KernelStatement } from "./kernel.ts";
import { statementsIn } from "./kernel-walk.ts";
import { children, freeIndices } from "./rewrite.ts";
import type { Expr, Index, Local } from "./types.ts";

export class Lanes {
  /** Locals with a value for each lane. */
  readonly vectors: ReadonlySet<Local>;
  private readonly memo = new Map<Expr, boolean>();

  /** `sums`: those that a reduction adds to, which are vectors whatever is added. */
  constructor(
    readonly index: Index,
    body: readonly KernelStatement[],
    sums: readonly Local[] = [],
  ) {
    const vectors = new Set(sums);
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
          ? freeIndices(e).has(this.index)
          : children(e).some((c) => this.varies(c));
    this.memo.set(e, found);
    return found;
  }
}
