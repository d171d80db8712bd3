/** What runs the kernels, as far as their form and their memory depend on it. */
import { bindingAlignment, mostBindings } from "../../ir/device.ts";
import type { Level } from "../../ir/kernel.ts";

/** An engine, one with vectors of four numbers, or a GPU. */
export type Machine = "scalar" | "vector" | "gpu";

export interface MachineFacts {
  /** It has vectors of four numbers. */
  readonly hasVectors: boolean;
  /** It is told how to launch a kernel: kernels are nests, and no tensor is cleared but by a kernel. */
  readonly launches: boolean;
  /** Fusion passes a kernel no more tensors than this. */
  readonly mostBuffers: number;
  /**
   * From which level on parameters, gradients and states begin on multiples of how many cells. What is between two tensors
   * of a row is computed with them, and read by nobody: it starts as zero, and what an update makes of it stays there.
   */
  readonly alignment: {
    readonly from: Level;
    readonly cells: number;
    /** Also behind sizes that are bound when a model is created. */
    readonly isComplete: boolean;
  };
  /** From which level on an optimizer runs over rows of parameters. */
  readonly rowsFrom: Level;
}

/**
 * Addresses of an engine are registers: a layer norm over the sum of two tensors, with its statistics kept for the backward
 * pass, is passed 9. WebGPU promises 8 storage buffers, at offsets of 256 bytes.
 */
export const machines: Readonly<Record<Machine, MachineFacts>> = {
  scalar: {
    hasVectors: false,
    launches: false,
    mostBuffers: 12,
    alignment: { from: 0, cells: 1, isComplete: false },
    rowsFrom: 2,
  },
  vector: {
    hasVectors: true,
    launches: false,
    mostBuffers: 12,
    // 64 bytes, a line of a cache.
    alignment: { from: 2, cells: 16, isComplete: false },
    rowsFrom: 2,
  },
  gpu: {
    hasVectors: false,
    launches: true,
    mostBuffers: mostBindings,
    alignment: { from: 0, cells: bindingAlignment, isComplete: true },
    rowsFrom: 1,
  },
};

/** The nearest cache of data, as processors have it that are in use: lines of so many values, in so many sets of so many. */
export const nearestCache = { line: 16, sets: 64, ways: 8 };
