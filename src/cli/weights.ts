/** What a model learned, from a file that it was saved in. */
import { readBytes } from "../project/files.ts";
import type { Host } from "./host.ts";
import { metadataOf, sizesOf } from "./train-file.ts";
import { arraysOf, loadModel, restore } from "./train-model.ts";

export interface Weights {
  /** Parameters and states by path. */
  readonly values: ReadonlyMap<string, ArrayLike<number>>;
  /** The dimensions that were bound when the model was created. */
  readonly counts: Readonly<Record<string, number>>;
  /** Sizes that it was trained with, and those that are set. */
  readonly sizes: Readonly<Record<string, number | boolean>>;
}

/** null where the model has mistakes, which are then told. */
export async function readWeights(
  path: string,
  weights: string,
  flags: { readonly set: Readonly<Record<string, number | boolean>>; readonly model?: string },
  host: Host,
): Promise<Weights | null> {
  const bytes = readBytes(weights, host.directory);
  const sizes = { ...sizesOf(bytes, weights), ...flags.set };
  const model = flags.model === undefined ? {} : { model: flags.model };
  const loaded = await loadModel({ ...model, path, sizes, target: "typescript", level: 1 }, host);
  if (!loaded) return null;
  const trained = await restore(loaded, bytes, weights);
  const values = new Map([...(await arraysOf(trained.parameters)), ...(await arraysOf(trained.states))]);
  const counts = Object.entries(metadataOf(bytes, weights)).flatMap(([key, text]) =>
    key.startsWith("dim.") ? [[key.slice("dim.".length), Number(text)] as const] : [],
  );
  return { values, counts: Object.fromEntries(counts), sizes };
}
