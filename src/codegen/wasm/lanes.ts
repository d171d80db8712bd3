/** What differs between the lanes of a loop that takes four neighbouring turns at once. */
import type { KernelStatement } from "../../ir/kernel.ts";
import { children, freeIndices } from "../../ir/rewrite.ts";
import type { Expr, Index, Local, Tensor } from "../../ir/types.ts";

export class Lanes {
  private readonly memo = new Map<Expr, boolean>();

  /** `vectors`: locals with a value for each lane. */
  constructor(
    readonly index: Index,
    readonly vectors: Set<Local>,
    body: readonly KernelStatement[],
  ) {
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

/** All statements, at any depth. */
export function* statementsIn(block: readonly KernelStatement[]): Generator<KernelStatement> {
  for (const s of block) {
    yield s;
    if (s.kind === "loop") yield* statementsIn(s.body);
    if (s.kind === "if") {
      yield* statementsIn(s.body);
      yield* statementsIn(s.otherwise);
    }
  }
}

/** Whether a value is made of what is known before a loop, and of nothing in memory. */
export function isKnown(
  e: Expr,
  known: { indices: ReadonlySet<Index>; lets: ReadonlySet<Local> },
  isScalar: (t: Tensor) => boolean,
): boolean {
  switch (e.kind) {
    case "constant":
      return true;
    case "local":
      return known.lets.has(e);
    case "read":
      return isScalar(e.tensor);
    case "apply":
      return e.args.every((a) => isKnown(a, known, isScalar));
    case "affine":
      return e.terms.every(({ atom }) =>
        atom.kind === "index" ? known.indices.has(atom) : atom.kind === "dim",
      );
    case "condition":
      return isKnown(e.form, known, isScalar);
    case "reduce":
      return false;
  }
}
