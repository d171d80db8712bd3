/**
 * The training graph of a model as boxes and arrows, before anything is drawn. A box stands for one or several tensors:
 * those of a definition of the source, or those of one equation in all turns of a loop.
 */

/** Where a box is drawn. Gradients stand below what they are gradients of. */
export type Lane = "forward" | "parameter" | "gradient" | "backward";

export interface Box {
  readonly id: string;
  readonly lane: Lane;
  readonly title: string;
  /** Beneath the title: the shape, or the parameters with their shapes. */
  readonly lines: readonly string[];
  /** How many turns of a loop it stands for; 1 outside of loops. */
  readonly turns: number;
  /** Whether a loss, an input or anything else that a reader looks for first. */
  readonly role: "input" | "loss" | "output" | "value";
  /** The equations behind it, for whoever points at it. */
  readonly equations: readonly string[];
  /** Position in the order of the program. */
  readonly order: number;
  /** Paths through the network meet here: contributions are summed. */
  readonly meets: boolean;
  /** The box of the values that these are gradients of, or the first reader of parameters. */
  readonly below: string | null;
}

/**
 * value: computed from; gradient: the chain rule hands back; saved: kept from the forward pass; turn: read by the next
 * turn of a loop.
 */
export type ArrowKind = "value" | "gradient" | "saved" | "turn";

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly kind: ArrowKind;
  /** The shape of what is handed over; several tensors have none. */
  readonly label: string;
}

export interface Diagram {
  readonly name: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}
