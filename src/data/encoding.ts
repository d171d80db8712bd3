/** How fields of a file become an input of a model: decided on what a model is trained on, and kept with it. */
/**
 * `numbers`: a number a cell. `ids`: numbers that are ids of classes, or texts with an id each. `one-hot`: a 1 at the
 * class, 0 elsewhere. `given`: 1 where there is something. `constant`: the same number always.
 */
export type Kind = "numbers" | "ids" | "one-hot" | "given" | "constant";

export interface InputEncoding {
  readonly kind: Kind;
  /** Names of columns or arrays; each gives its cells in this order. */
  readonly fields: readonly string[];
  /** Cells of an example. */
  readonly width: number;
  /** For each field, the texts that it may hold by their ids; null where it holds numbers. "" stands for nothing. */
  readonly classes: readonly (readonly string[] | null)[];
  /** (value − subtract) / divide: one for all cells, or one for each; empty where values stay as they are. */
  readonly subtract: readonly number[];
  readonly divide: readonly number[];
  /** What stands where nothing is given, before it is scaled: one for each cell; empty where that is a mistake. */
  readonly fill: readonly number[];
  /** Of a constant. */
  readonly value?: number;
}

/** All inputs by name: what is saved with a model. */
export type Encodings = Readonly<Record<string, InputEncoding>>;

/** What to do with examples that lack something: a mistake, or filled with the mean or a class of its own, or dropped. */
export type Missing = "error" | "fill" | "drop";
