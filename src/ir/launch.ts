/**
 * How a GPU runs a kernel: which turns of its loops are invocations, and which are workgroups. A launch is a note on a kernel
 * and changes nothing of its meaning: run turn by turn, the kernel computes the same.
 *
 * A kernel that can be launched is a *nest*: values that are named (`let`), then one loop, whose body is again values and one
 * loop, and so on; what the innermost of these loops holds is the *leaf*. Every loop of a launch is a loop of independent
 * turns in the kernel's body, identified by its index, and runs from 0 to the extent of that. A nest without loops is a leaf that runs once.
 */
import type { Index } from "./types.ts";

export type Launch = CellsLaunch | RowsLaunch | TilesLaunch;

/**
 * One invocation for each turn of these loops; the leaf runs as it stands. Outer loops come before inner ones.
 *
 * With `lanes`, an invocation takes four neighbouring turns of the innermost of the loops at once, and what depends on its index
 * is a vector of four values. Of every tensor that it reads or stores at the index these lie side by side, from a multiple of
 * four on, and no statement depends on the index for whether it is executed. The turns of the loop are a multiple of four;
 * or it is the only one, and what it stores are tensors of that many values, behind which there is room for the last vector.
 */
export interface CellsLaunch {
  readonly kind: "cells";
  readonly loops: readonly Index[];
  /** The invocations of a workgroup. */
  readonly size: number;
  readonly lanes?: 4;
}

/**
 * One workgroup for each turn of `loops`. Its invocations run the leaf together: they divide the turns of the loops in
 * `shared` among themselves and do everything else alike. Shared loops are statements of the leaf itself. One that reduces is
 * nothing but folds (folds.ts): it ends with a tree over what the invocations found, which is folded with what the accumulator
 * held before the loop, and all of them then have that value. A place that is stored in one shared loop may be read
 * behind it; what is stored outside of them is read nowhere in the leaf, and is never added to.
 */
export interface RowsLaunch {
  readonly kind: "rows";
  readonly loops: readonly Index[];
  readonly shared: readonly Index[];
  readonly size: number;
}

/**
 * A contraction: the leaf is accumulators, one nest of loops that only adds to them, and what follows. A value that is added
 * is made of reads that depend on rows and of reads that depend on columns. Each invocation computes `down` rows of `across`
 * columns at once. Rows are the turns of all loops in `rows` together, the last one fastest; so are columns, and what is
 * summed over. Every turn of `batch` has tiles of its own.
 */
export interface TilesLaunch {
  readonly kind: "tiles";
  readonly batch: readonly Index[];
  readonly rows: readonly Index[];
  readonly columns: readonly Index[];
  readonly sums: readonly Index[];
  readonly tile: TileShape;
}

export interface TileShape {
  /** Rows and columns of one invocation. */
  readonly down: number;
  readonly across: number;
  /** Invocations of a workgroup. */
  readonly size: number;
  /**
   * Neighbouring invocations have so many tiles side by side, and then those of the rows below. Where a workgroup shares what
   * it reads, it is so many tiles wide, and as many rows of them high as it has invocations for; else its invocations are a
   * stretch of all the tiles, numbered in strips of this width.
   */
  readonly beside: number;
  /**
   * How many turns of the sum are brought into the memory of the workgroup at a time, for all its invocations; 0 where every
   * invocation reads for itself.
   */
  readonly staged: number;
}
