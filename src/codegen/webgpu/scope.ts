/** The place where an expression stands. */
import type { Affine, Expr, Index, IntegerAtom, Read, Tensor } from "../../ir/types.ts";
import type { AtomPrinter, Code } from "../integers.ts";

/** What an expression needs to know of the place where it stands. */
export interface Scope {
  /** An index, dimension or local, by name. */
  name(thing: Extract<IntegerAtom, { kind: "index" | "dim" }> | Extract<Expr, { kind: "local" }>): string;
  /** The value of an index. */
  position(index: Index): Code;
  /** The place of a value, or of a vector, in its binding: `h[i]`. */
  place(tensor: Tensor, subscripts: readonly Affine[], printer: AtomPrinter): string;
  /** Whether it is a vector: another value in each of the cells that an invocation computes. */
  isVector(e: Expr | IntegerAtom): boolean;
  helper(name: string): void;
  /** Whether the read is in range wherever the kernel's loops lead. */
  isInRange(read: Read): boolean;
  /** Whether it may be divided by as it stands. */
  isAwayFromZero(divisor: Expr): boolean;
}
