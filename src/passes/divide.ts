/**
 * Kernels divided among threads: every thread runs the kernel, each with its own range of the turns of its loops. Only
 * loops of independent turns are divided, so no sum is, and the bits are those of one thread.
 *
 * Where all that a kernel stores has rows, and as many, threads have rows each (`divide/rows.ts`); else turns of its loops
 * (`divide/turns.ts`). A kernel stays whole where neither can be, and where all of it takes less time than threads need to
 * meet (`fewest`).
 */
import type { Builder } from "../ir/builder.ts";
import type { Call, Divided, Kernel } from "../ir/kernel.ts";
import { largestDims, Sizes } from "../ir/sizes.ts";
import { divideRows } from "./divide/rows.ts";
import { divideTurns } from "./divide/turns.ts";

/**
 * Operations, of numbers or of vectors, below which a kernel is left to one thread: about two microseconds of work,
 * where two threads that spin need about a third of one to meet.
 */
const fewest = 4096;
/**
 * From so many operations on, some twenty microseconds, copying the same panels on every thread costs more than moving
 * what was stored from one to the other.
 */
const long = 65_536;
/** What every thread repeats is at most so much of all that a kernel does. */
const mostRepeated = 1 / 8;

/** Those of the kernels that are worth it, divided; `least`: the operations of the largest call of such a kernel. */
export function divide(calls: Iterable<Call>, b: Builder, least = fewest): ReadonlyMap<Kernel, Divided> {
  const found = new Map<Kernel, Divided>();
  for (const [kernel, largest] of largestDims(calls)) {
    const sizes = new Sizes(largest, b);
    const work = sizes.work(kernel.body);
    if (work < least) continue;
    const divided =
      divideRows(kernel, { ofBatch: true, mostRepeated: work < long ? mostRepeated : 0 }, sizes, b) ??
      divideTurns(kernel, sizes, b) ??
      divideRows(kernel, { ofBatch: false, mostRepeated }, sizes, b);
    if (divided) found.set(kernel, divided);
  }
  return found;
}
