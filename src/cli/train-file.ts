/** What is saved beside the tensors of a model: how its inputs are read, and where its training stands. */
import { DataError } from "../data/arrays.ts";
import type { Encodings, Missing } from "../data/encoding.ts";
import { readMetadata, withMetadata } from "../data/safetensors.ts";
import { readBytes, writeAll } from "../project/files.ts";
import { UsageError } from "../project/usage-error.ts";
import type { RunTarget, TrainedModel } from "./train-model.ts";
import type { TrainingState } from "./train-loop.ts";

/** All texts of it are in the metadata of the safetensors file, under `nnc.training`. */
export interface Saved {
  readonly format: 1;
  /** Sizes that the model was compiled with. */
  readonly sizes: Readonly<Record<string, number | boolean>>;
  /** Dimensions that were bound when it was created. */
  readonly dims: Readonly<Record<string, number>>;
  readonly encodings: Encodings;
  readonly missing: Missing;
  readonly target: RunTarget;
  readonly batch: number;
  readonly seed: number;
  /** The share of examples that are held out; null where others are given. */
  readonly share: number | null;
  readonly state: TrainingState;
}

const key = "nnc.training";

export async function writeModel(path: string, model: TrainedModel, saved: Saved): Promise<void> {
  writeAll([{ path, text: withMetadata(await model.save(), path, { [key]: JSON.stringify(saved) }) }]);
}

export interface SavedModel {
  readonly bytes: Uint8Array;
  readonly saved: Saved;
}

/** A file that `writeModel` wrote. Throws a `UsageError` for any other. */
export function readModel(path: string, directory: string): SavedModel {
  const bytes = readBytes(path, directory);
  const saved = savedIn(bytes, path);
  if (saved === null)
    throw new UsageError(`\`${path}\` was not written by \`nnc train\`: it does not say how inputs are read`);
  return { bytes, saved };
}

/** null where `nnc train` did not write the file. */
function savedIn(bytes: Uint8Array, path: string): Saved | null {
  const text = metadataOf(bytes, path)[key];
  if (text === undefined) return null;
  const saved: unknown = JSON.parse(text);
  if (!isSaved(saved)) throw new UsageError(`\`${path}\` was written by another version of nnc`);
  return saved;
}

/** The sizes that `nnc train` compiled the model with; none where it did not write the file. */
export const sizesOf = (bytes: Uint8Array, path: string): Saved["sizes"] => savedIn(bytes, path)?.sizes ?? {};

export function metadataOf(bytes: Uint8Array, path: string): Readonly<Record<string, string>> {
  try {
    return readMetadata(bytes, path);
  } catch (error) {
    if (error instanceof DataError) throw new UsageError(error.message);
    throw error;
  }
}

/** The rest was written together with the number of the format. */
function isSaved(value: unknown): value is Saved {
  return typeof value === "object" && value !== null && "format" in value && value.format === 1;
}
