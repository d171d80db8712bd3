/**
 * Level two: loop nests over buffers, the common ancestor of all printed code. No target is named here; `role` says
 * what a loop may become (a parallel or vector dimension, or a reduction).
 */
import type { Launch } from "./launch.ts";
import type {
  Affine,
  Dim,
  Expr,
  Index,
  Local,
  Origin,
  Program,
  Reducer,
  Statement,
  Tensor,
} from "./types.ts";

export interface Kernel {
  /** A readable identifier, unique in a module: `h_linear`, `d_h_linear_W`. */
  readonly name: string;
  /** Tensors passed as buffers, outputs first, each in order of first appearance. */
  readonly buffers: readonly Buffer[];
  /** Rank-0 hypers and builtins, passed by value. */
  readonly scalars: readonly Tensor[];
  /** Dynamic dimensions, passed as counts. */
  readonly dims: readonly Dim[];
  /**
   * Tensors that exist while the kernel runs: it stores into them what it reads there, such as panels of a matrix. They are
   * passed to no kernel, and hold nothing when one begins.
   */
  readonly scratch?: readonly Tensor[];
  readonly body: readonly KernelStatement[];
  /**
   * The dimension that counts the cells of its rows, where the kernel treats every cell alike: each buffer is a single value
   * or a row of this length, and cell i of a row depends on no other cell, nor on i. Rows that lie side by side are one row.
   */
  readonly row?: Dim;
  /** The statements of the graph that this kernel computes; comments and links are printed from their origins. */
  readonly statements: readonly Statement[];
}

export interface Buffer {
  readonly tensor: Tensor;
  readonly access: "read" | "write" | "both";
}

export type KernelStatement = (Loop | Let | Variable | Assign | If | Store) & Headed;

/** In a kernel that does what several did: which statements of the graph this one begins to compute. */
export interface Headed {
  readonly heading?: readonly Statement[];
}

/** for index in from … extent − 1. `map` iterations are independent; `reduce` iterations feed an accumulator. */
export interface Loop {
  readonly kind: "loop";
  readonly index: Index;
  /** Closed, or in terms of outer loops (a triangular range); defaults 0 and index.extent. */
  readonly from: Affine;
  readonly to: Affine;
  readonly role: "map" | "reduce";
  /** How far one turn is from the next, where it is not 1: the turns between are in the body, or in its lanes. */
  readonly step?: number;
  /**
   * Four neighbouring turns at once, in the lanes of a vector: the index stands for itself and the three that follow. What
   * depends on it is four values: 32-bit floats, integers, or truth values to choose by; each read of them is of four
   * neighbours, or of one for all. What all lanes compute though some don't want it is in range for all. A sum that a
   * `reduce` loop adds to is four sums in the loop, added up behind it; so is a fold with `max` or `min`.
   */
  readonly lanes?: 4;
  readonly body: readonly KernelStatement[];
}

/** A value used more than once below. */
export interface Let {
  readonly kind: "let";
  readonly local: Local;
  readonly value: Expr;
}

/** An accumulator and its starting value. */
export interface Variable {
  readonly kind: "variable";
  readonly local: Local;
  readonly value: Expr;
}

/** local = value; with a reducer, local = reducer(local, value), which printers may spell `+=`. */
export interface Assign {
  readonly kind: "assign";
  readonly local: Local;
  readonly value: Expr;
  readonly reducer: "sum" | "prod" | null;
}

export interface If {
  readonly kind: "if";
  readonly condition: Expr;
  readonly body: readonly KernelStatement[];
  readonly otherwise: readonly KernelStatement[];
}

/** tensor[subscripts] = value, or += with `accumulate`. `origin` leads to the equation it comes from. */
export interface Store {
  readonly kind: "store";
  readonly tensor: Tensor;
  readonly subscripts: readonly Affine[];
  readonly value: Expr;
  readonly accumulate: boolean;
  readonly origin: Origin;
}

/** The starting value of an accumulator; of argmax and argmin, position 0 is the start. */
export const identities: Readonly<Record<Exclude<Reducer, "argmax" | "argmin">, number>> = {
  sum: 0,
  prod: 1,
  max: -Infinity,
  min: Infinity,
};

/**
 * One call of a kernel: what to pass for its buffers, scalars and dims, in their order; or a fill with zeros. A buffer
 * may be passed a tensor of another shape with as many cells. A dimension that only the kernel has is passed a number.
 */
export type Call =
  | {
      readonly kind: "call";
      readonly kernel: Kernel;
      readonly buffers: readonly Tensor[];
      readonly scalars: readonly Tensor[];
      readonly dims: readonly (Dim | number)[];
      readonly statements: readonly Statement[];
    }
  | { readonly kind: "clear"; readonly tensor: Tensor };

/** One that calls a kernel. */
export type KernelCall = Extract<Call, { kind: "call" }>;

/** A kernel that several threads run at once, each for its own turns of some loops. */
export interface Divided {
  /** The same kernel with loops whose bounds a thread is told: dimensions that are not passed, but those of `shares`. */
  readonly kernel: Kernel;
  readonly shares: readonly Share[];
  /** Where threads have rows, and no ranges of turns: what all loops that are divided go over. */
  readonly rows?: Rows;
}

/** A loop whose turns are divided, in contiguous ranges: its bounds, and how far apart its turns are. */
export interface Share {
  readonly from: Affine;
  readonly to: Affine;
  readonly step: number;
  /** The first of a thread's turns, and the end of them. */
  readonly first: Dim;
  readonly end: Dim;
}

/**
 * Rows 0 … `count` − 1, of which every thread has a range, made of whole blocks: it is the same one for all kernels with as
 * many rows in such blocks, so what one of them stores in a row another can read there without waiting for other threads.
 */
export interface Rows {
  readonly count: Affine;
  /** How many rows a block has. Whatever a loop does in one turn, a thread does all or nothing of it. */
  readonly block: number;
  /** The buffers that a thread accesses in its own rows only. */
  readonly own: ReadonlySet<Tensor>;
}

/** How much is done for speed: nothing; fusion and shared memory; register tiles as well. Higher levels are longer. */
export const levels = [0, 1, 2] as const;
export type Level = (typeof levels)[number];

/** One graph after scheduling. */
export interface Procedure {
  readonly name: string;
  readonly calls: readonly Call[];
}

// --------------------------------------------------------------------------------------------------------------- memory

/** Parameters, gradients, states (of layers, then of the optimizer) are one flat block each; the rest reuses slots. */
export type Block = "parameters" | "gradients" | "states" | "values";

/**
 * A stretch of one block. `size` counts elements, in terms of dimensions; per-call dimensions count with their maximum.
 * Several tensors may share a slot: lives that do not overlap, or a reshape and its source.
 */
export interface Slot {
  readonly block: Block;
  readonly type: "f32" | "i32" | "bool";
  readonly size: Affine;
  readonly tensors: readonly Tensor[];
}

/** Where every tensor that is not an input, hyper or builtin lives. Slots of a block stand in order, without gaps. */
export interface Plan {
  readonly slots: readonly Slot[];
  readonly rows: readonly Row[];
}

/** Neighbouring slots of one block under one name: from the beginning of the first to the end of the tensor in the last. */
export interface Row {
  readonly tensor: Tensor;
  readonly slots: readonly Slot[];
}

/**
 * The procedures of a training module. `statistics` runs right after `backward`, on the same memory; `update` whenever
 * the program likes, but it leaves the results of the latest `backward` in their places.
 */
export interface Schedule {
  readonly program: Program;
  readonly level: Level;
  readonly kernels: readonly Kernel[];
  readonly initialise: Procedure;
  /** Inference: the outputs. */
  readonly forward: Procedure;
  /** Inference: loss and metrics. */
  readonly evaluate: Procedure;
  /** Training mode: loss, metrics, gradients. */
  readonly backward: Procedure;
  /** Running statistics, and other states that are no optimizer's. */
  readonly statistics: Procedure;
  readonly update: Procedure;
  readonly plan: Plan;
  /** The kernels that threads may share, where the target has threads. */
  readonly divided?: ReadonlyMap<Kernel, Divided>;
  /** How a GPU runs each kernel, where that is the target. */
  readonly launches?: ReadonlyMap<Kernel, Launch>;
  /** One line for every decision of fusion, for a trace. */
  readonly notes?: () => readonly string[];
}
