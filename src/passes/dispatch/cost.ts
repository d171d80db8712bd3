/**
 * What a launch costs, in the time of one operation that waits for the one before it. A device has so many invocations
 * that fill it: up to there more of them cost no more, and beyond they take turns. So few cells with long sums are what is
 * slow, and pay for the meetings of a workgroup, or for another dispatch.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Sizes } from "../../ir/sizes.ts";
import type { TileChoice } from "./tile-shapes.ts";

/** What decides how kernels are launched. */
export interface Device {
  /** Invocations that fill it. */
  readonly full: number;
  /** The cost of another dispatch. */
  readonly dispatch: number;
  /** The cost of a meeting of a workgroup with a tree over what its invocations found. */
  readonly meeting: number;
  /** How much longer a full device reads cells that do not lie side by side, for invocations that do. */
  readonly scattered: number;
  /** A launch is changed where that gains at least this part of its cost. */
  readonly gain: number;
  /** The cost of adding to a cell in memory, which waits for the one before it. */
  readonly addition: number;
  /** A loop of fewer turns is not shared by a workgroup. */
  readonly fewestTurns: number;
  /** Fewer cells are not computed as vectors: more of the device is busy where each has an invocation. */
  readonly fewestInVectors: number;
}

/**
 * Of the size that GPUs of different makes have in common: tens of thousands of invocations, some microseconds for a
 * dispatch, some nanoseconds for an operation. `fewestTurns` was measured, on a software adapter: with 32 in its place a step
 * of the benchmark's transformer takes 1.3 times as long, of its mnist_mlp 1.7 times.
 */
export const anyDevice: Device = {
  full: 16_384,
  dispatch: 600,
  meeting: 60,
  scattered: 4,
  gain: 0.4,
  addition: 20,
  fewestTurns: 1024,
  fewestInVectors: 4096,
};

/** What the launch of a kernel is decided by. */
export interface Setting {
  readonly sizes: Sizes;
  readonly device: Device;
  /** How contractions are computed in tiles, if they are. */
  readonly tiles?: TileChoice;
  /** Whether cells are computed as vectors where that is possible. */
  readonly vectors?: boolean;
  /** How many calls of it there are in all. */
  readonly calls?: number;
  readonly b: Builder;
}

/** Sums that one invocation adds up side by side do not wait for each other: up to so many are as good as so many invocations. */
const sideBySide = 8;

/** Invocations, each of so many operations, in so many sums that are independent of each other. */
export function costOf(invocations: number, operations: number, { full }: Device, sums = 1): number {
  const apart = Math.min(sums, sideBySide);
  return (operations / apart) * Math.max(1, (invocations * apart) / full);
}

/** Whether one cost is clearly less than another. */
export const isLess = (cost: number, than: number, { gain }: Device): boolean => cost < than * (1 - gain);
