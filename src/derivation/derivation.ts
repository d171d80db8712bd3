/**
 * A derivation: how the compiler came from the equations of a model to its gradients, as plain data. Text, LaTeX and
 * HTML are printed from it, and tools may read it as JSON. `src/explain.ts` makes one from the compiler's own passes:
 * every step is what `differentiate` or `simplify` did, and every step was evaluated in 64 bits at random points.
 */
import type { Formula, Ref } from "./formula.ts";

export type { Formula, Ref } from "./formula.ts";

/** One line of a source file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A printed equation, or a part of one: `left = right`, `left += right`, with what restricts it. */
export interface Line {
  readonly left: Formula;
  readonly accumulate: boolean;
  readonly right: Formula;
  /** It holds where these do; elsewhere nothing is stored. */
  readonly where: readonly Formula[];
  /** Indices that do not run over a whole dimension of the left side, with their extents. */
  readonly ranges: readonly { readonly index: string; readonly below: Formula }[];
  /** Parts that a long formula repeats, by the names that it gives them. */
  readonly parts: readonly { readonly name: string; readonly value: Formula }[];
}

/** A comparison in 64 bits, at random points. */
export interface Check {
  /** What was compared with what. */
  readonly what: string;
  /** The largest difference, relative to the largest value of the tensor or to 1 where all are smaller. */
  readonly difference: number;
  /** How many cells were compared, over all points. */
  readonly cells: number;
  /** How many were left out because a difference would straddle a kink. */
  readonly skipped: number;
  readonly passed: boolean;
}

/** Values for a sample: all cells where there are few, else the first. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly cells: readonly number[];
  readonly count: number;
}

/** What a name stands for. */
export interface Name {
  readonly ref: Ref;
  readonly role: "input" | "parameter" | "state" | "hyper" | "builtin" | "definition" | "gradient";
  /** Extents, as written: `batch`, `64`. */
  readonly shape: readonly string[];
  /** The source line that declares or defines it. */
  readonly place: Place | null;
  readonly doc?: string;
  readonly numbers?: Numbers;
}

/** A definition on the way forward. */
export interface ForwardStep {
  readonly ref: Ref;
  readonly lines: readonly Line[];
  /** In the user's own text; of code in the library, the call that leads there, and `within` the place inside. */
  readonly place: Place | null;
  readonly within: Place | null;
  readonly readBy: readonly Ref[];
}

/** What one reader of a tensor contributes to its gradient. */
export interface Contribution {
  /** seed: ∂L/∂L = 1. chain: one read of one equation. given: by a `fn … with gradient`. shape: through a reshape. */
  readonly kind: "seed" | "chain" | "given" | "shape";
  /** The definition that reads; the tensor itself for the seed. */
  readonly reader: Ref;
  /** What is read, with its subscripts: `W[k, j]`. */
  readonly read: Formula | null;
  /** The gradient that arrives: `dz[b, j]`. */
  readonly upstream: Formula | null;
  /** ∂reader/∂read as an expression, without the gradient that arrives. */
  readonly local: Formula | null;
  /** Indices of the reader over which is summed, since what is read does not tell them apart. */
  readonly summed: readonly string[];
  /** What became of the reader's indices, in words. */
  readonly words: readonly string[];
  /** upstream · local, with its indices solved for. */
  readonly line: Line;
  /** In a circuit of scalars: the local gradient and all factors from the scalar on, each as one product. */
  readonly collected?: { readonly local: Formula; readonly whole: Formula };
  readonly checks: readonly Check[];
}

/** The gradient by one tensor. */
export interface Step {
  /** The gradient: `dW`. */
  readonly ref: Ref;
  /** What it is the gradient by: `W`. */
  readonly wrt: Ref;
  readonly shape: readonly string[];
  /** Whether somebody asked for it; else it is on the way to others. */
  readonly isResult: boolean;
  readonly contributions: readonly Contribution[];
  /** The gradients that are computed from it, as the chain rule falls out. */
  readonly readBy: readonly Ref[];
  /** Positions in `simplify` of what happened to it. */
  readonly rewrites: readonly number[];
  /** What is left after simplification; empty where the step was absorbed. */
  readonly result: readonly Line[];
  /** In a circuit of scalars, where paths meet: the sum of their products. */
  readonly collected?: Formula;
  /** `result` in terms of the data: with the gradient that arrives written out, or as the compiled module has it. */
  readonly written: Line | null;
  /** The steps that it was absorbed into. */
  readonly into: readonly Ref[];
  /** What the compiled module computes, where that is written differently. */
  readonly compiled: readonly Line[];
  readonly checks: readonly Check[];
  readonly numbers?: Numbers;
  /** For a sample, where it was asked for: central differences of the first cells, and the largest deviation. */
  readonly differences?: {
    readonly cells: readonly number[];
    readonly step: number;
    readonly deviation: number;
  };
}

/** One round of simplification of one tensor. */
export interface Rewrite {
  readonly ref: Ref;
  readonly rules: readonly { readonly name: string; readonly realOnly: boolean }[];
  readonly before: readonly Line[];
  /** `before` with the definitions written in that were looked through; empty where none was. */
  readonly expanded: readonly Line[];
  /** Definitions that it looked through, and that it thereby need no longer read. */
  readonly through: readonly Ref[];
  readonly after: readonly Line[];
  readonly check: Check;
}

/** Everything about the gradients of one scalar. */
export interface Target {
  /** The scalar: a loss, or what `grad` was asked of. */
  readonly of: Ref;
  readonly names: readonly Name[];
  readonly forward: readonly ForwardStep[];
  /** From the scalar back. */
  readonly backward: readonly Step[];
  readonly simplify: readonly Rewrite[];
}

/** A line of the generated module. */
export interface CodeLine {
  readonly text: string;
  /** The tensor whose equation it computes. */
  readonly ref: Ref | null;
}

export interface Derivation {
  readonly version: 1;
  readonly model: string;
  readonly doc?: string;
  readonly file: string;
  /** The texts of the user's files, by name. */
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly targets: readonly Target[];
  /** Whether the source says something for single points, such as 0·log 0 = 0, that is left out here. */
  readonly leavesPointsOut: boolean;
  /** The module at level 0, where it was asked for. */
  readonly code: readonly CodeLine[];
}

/** Every check of a derivation that failed, with the tensor it is about. */
export function failures(derivation: Derivation): { readonly ref: Ref; readonly check: Check }[] {
  return checksOf(derivation).filter(({ check }) => !check.passed);
}

export function checksOf(derivation: Derivation): { readonly ref: Ref; readonly check: Check }[] {
  return derivation.targets.flatMap((t) => [
    ...t.backward.flatMap((s) =>
      [...s.contributions.flatMap((c) => c.checks), ...s.checks].map((check) => ({ ref: s.ref, check })),
    ),
    ...t.simplify.map((r) => ({ ref: r.ref, check: r.check })),
  ]);
}
