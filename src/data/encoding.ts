/** How fields of a file become an input of a model: decided on what a model is trained on, and kept with it. */
import type { DataArray } from "./arrays.ts";

/** An input, as far as data are concerned. */
export interface ModelInput {
  readonly name: string;
  readonly type: "f32" | "i32" | "bool";
  /** Whether its first dimension counts the examples; else every call is given the same values. */
  readonly hasExamples: boolean;
  /** The extents of one example; a text is a dimension that is bound when the model is created. */
  readonly extents: readonly (number | string)[];
  /** Integers lie between 0 and this number, or this dimension, − 1. */
  readonly below: number | string | null;
  /** Whether every row must sum to 1. */
  readonly distribution: boolean;
  /** Whether only the loss needs it: what is to be predicted. */
  readonly isTarget: boolean;
}

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

/** What an input is read from, in a file at hand. */
export interface Fields {
  readonly input: ModelInput;
  readonly arrays: readonly DataArray[];
}

/** All inputs by name: what is saved with a model. */
export type Encodings = Readonly<Record<string, InputEncoding>>;

/** What to do with examples that lack something: a mistake, or filled with the mean or a class of its own, or dropped. */
export type Missing = "error" | "fill" | "drop";

/** Row-major extents of an example, with dimensions replaced by their counts. */
export function extentsWith(input: ModelInput, dims: ReadonlyMap<string, number>): number[] {
  return input.extents.map((extent) => (typeof extent === "number" ? extent : (dims.get(extent) ?? NaN)));
}
