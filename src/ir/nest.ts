/** Nests: named values, then one loop of independent turns, whose body is again values and one loop, and so on. */
import type { KernelStatement, Let, Loop } from "./kernel.ts";

type Block = readonly KernelStatement[];

export interface Nest {
  /** Outer before inner. */
  readonly loops: readonly Loop[];
  /** What is named around and between the loops; each is known from its loop on. */
  readonly lets: readonly Let[];
  /** What the innermost loop holds. */
  readonly leaf: Block;
}

/** A body as loops of independent turns around a leaf; a body that is none is a leaf that runs once. */
export function nestOf(body: Block): Nest {
  const loops: Loop[] = [];
  const lets: Let[] = [];
  let leaf = body;
  for (;;) {
    const last = leaf.at(-1);
    const before = leaf.slice(0, -1);
    if (last?.kind !== "loop" || last.role !== "map" || !before.every((s) => s.kind === "let"))
      return { loops, lets, leaf };
    lets.push(...before);
    loops.push(last);
    leaf = last.body;
  }
}
