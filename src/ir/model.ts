import type { Graph, Program } from "./types.ts";

/** One model after `specialise` and the graph passes: a graph per entry point of the generated module. */
export interface ModelGraphs {
  readonly program: Program;
  /** Starting values of parameters and states. */
  readonly initialise: Graph;
  /** Inference: what the outputs need. */
  readonly forward: Graph;
  /** Inference: loss and metrics. */
  readonly evaluate: Graph;
  /** Training mode: loss, metrics and gradients, and what `update` reads. Empty without a loss. */
  readonly backward: Graph;
  /** Layer updates, then optimizer updates; runs after `backward` on the same memory. */
  readonly update: Graph;
}
