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
  /** Training mode: loss, metrics and gradients, and what `statistics` reads. Empty without a loss. */
  readonly backward: Graph;
  /** Updates of the states of layers and the model; runs after `backward` on the same memory. */
  readonly statistics: Graph;
  /** What the optimizer does. Of a training pass it reads the gradients only, so that it may run at any time. */
  readonly update: Graph;
}
