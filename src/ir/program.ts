import type { Dim, Span, Statement, Tensor } from "./types.ts";

export interface Output {
  readonly name: string;
  readonly tensor: Tensor;
  readonly doc?: string;
}

/** A state of an optimizer that starts as a copy of its parameter and follows it, such as a moving average. */
export interface Shadow {
  /** Of the state in the optimizer: `average`. */
  readonly name: string;
  readonly pairs: readonly { readonly parameter: Tensor; readonly state: Tensor }[];
}

/** Numbers that the host supplies. */
export interface Builtins {
  /** The number of the optimizer's step, from 1; 0 before the first. */
  readonly step: Tensor;
  /** The number of the training pass: what `random()` sees. Without accumulation it is the number of the step. */
  readonly pass: Tensor;
  readonly seed: Tensor;
  readonly training: Tensor;
}

/** What elaboration makes of one model. `training` is still a read of the builtin in `forward`. */
export interface Program {
  readonly name: string;
  readonly doc?: string;
  readonly span: Span;
  readonly dims: readonly Dim[];
  readonly inputs: readonly Tensor[];
  readonly parameters: readonly Tensor[];
  /** The parameters that are not frozen, in the same order. */
  readonly trained: readonly Tensor[];
  /** Of layers and the model (running statistics), then of the optimizer (`<parameter path>.<optimizer>.<state>`). */
  readonly states: readonly Tensor[];
  readonly optimizerStates: readonly Tensor[];
  /** The optimizer states that start as copies of their parameters, by name. */
  readonly shadows: readonly Shadow[];
  readonly hypers: readonly Tensor[];
  readonly builtins: Builtins;
  readonly outputs: readonly Output[];
  readonly metrics: readonly Output[];
  readonly loss: Tensor | null;
  /** gradients[i] belongs to trained[i]; empty without a loss. */
  readonly gradients: readonly Tensor[];
  /** Everything the model defines, up to the loss; layer updates are not in it. */
  readonly forward: readonly Statement[];
  /** Asks for `gradients` of `loss`. */
  readonly backward: readonly Statement[];
  /** Updates of the states of layers and the model, in source order. May read `forward`'s tensors and `gradients`. */
  readonly statistics: readonly Statement[];
  /** What the optimizer does with `gradients`; it reads nothing else of a pass. */
  readonly update: readonly Statement[];
  /** Starting values of parameters, states and optimizer states. */
  readonly initialise: readonly Statement[];
}
