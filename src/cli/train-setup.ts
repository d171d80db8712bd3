/** From the flags of `nnc train` to a model, its examples and where to begin. */
import type { Encodings, Missing } from "../data/encoding.ts";
import { fit } from "../data/fit.ts";
import type { Scaling } from "../data/normalise.ts";
import { split } from "../data/order.ts";
import type { Resolution } from "../data/resolve.ts";
import { completeExamples, resolveAgain, resolveInputs } from "../data/resolve.ts";
import type { ModelInput } from "../ir/inputs.ts";
import type { TrainFlags } from "./train-flags.ts";
import type { Host } from "./host.ts";
import { UsageError } from "../project/usage-error.ts";
import type { DataSource } from "./train-data.ts";
import { Examples, readSource } from "./train-data.ts";
import type { Saved, SavedModel } from "./train-file.ts";
import { readModel } from "./train-file.ts";
import type { TrainingState } from "./train-loop.ts";
import { freshState } from "./train-loop.ts";
import type { LoadedModel, RunTarget, TrainedModel } from "./train-model.ts";
import { loadModel, restore } from "./train-model.ts";

/** All that the loop needs. */
export interface Setup {
  readonly loaded: LoadedModel;
  readonly model: TrainedModel;
  readonly state: TrainingState;
  readonly train: Examples;
  readonly valid: Examples | null;
  readonly isExact: boolean;
  readonly source: DataSource;
  readonly resolution: Resolution;
  /** What is saved with the model, but for where training stands. */
  readonly facts: Omit<Saved, "state">;
}

/** null where the model has mistakes. */
export async function setUp(path: string, flags: TrainFlags, host: Host): Promise<Setup | null> {
  const resumed = flags.resume === undefined ? null : readModel(flags.resume, host.directory);
  const asked = resumed ? resumed.saved.target : targetOf(flags);
  if (resumed) checkSame(flags, resumed);
  const sizes = { ...resumed?.saved.sizes, ...flags.set };
  const loaded = await loadModel({ ...modelOf(flags), path, sizes, target: asked, level: 2 }, host);
  if (!loaded) return null;
  const { target } = loaded;
  const { inputs, problem, batch: most } = loaded.inputs;
  if (problem !== null) throw new UsageError(`cannot train ${path} from files: ${problem}`);
  if (loaded.graphs.program.loss === null)
    throw new UsageError(`${path} has no loss: there is nothing to train`);
  if (most === null) throw new UsageError(`${path} has no input with a dimension for examples`);
  const batch = resumed ? resumed.saved.batch : batchOf(flags, most);
  const seed = resumed ? resumed.saved.seed : flags.seed;
  const source = readSource(flags.data, host.directory);
  const prepared = prepare(inputs, source, seed, flags, resumed?.saved ?? null, host);
  const { encodings, dims, missing, share } = prepared;
  const facts = { format: 1, sizes, dims, encodings, missing, target, batch, seed, share } as const;
  checkHypers(flags, loaded);
  checkScaling(flags, inputs);
  if (target !== "wasm" && flags.threads > 1) throw new UsageError("--threads needs --target wasm");
  const state = resumed ? structuredClone(resumed.saved.state) : freshState();
  const model = resumed
    ? await restore(loaded, resumed.bytes, flags.resume ?? "", flags.threads)
    : await loaded.Model.create({ seed, ...dims, threads: flags.threads });
  if (most.isExact && prepared.train.count < batch)
    throw new UsageError(
      `${path} takes ${batch} examples a step, but ${source.label} has ${prepared.train.count}`,
    );
  return { loaded, model, state, source, facts, isExact: most.isExact, ...prepared };
}

const modelOf = (flags: TrainFlags): { model?: string } =>
  flags.model === undefined ? {} : { model: flags.model };

/** Threads need WebAssembly. */
const targetOf = ({ target, threads }: TrainFlags): RunTarget | "auto" =>
  target === "auto" && threads > 1 ? "wasm" : target;

function batchOf(flags: TrainFlags, most: { readonly count: number; readonly isExact: boolean }): number {
  const { count, isExact } = most;
  if (flags.batch === undefined) return isExact ? count : Math.min(count, 32);
  if (isExact && flags.batch !== count)
    throw new UsageError(`the model takes exactly ${count} examples a step, not ${flags.batch}`);
  if (flags.batch > count)
    throw new UsageError(`the model takes at most ${count} examples a step, not ${flags.batch}`);
  return flags.batch;
}

/** A run goes on as it began. */
function checkSame(flags: TrainFlags, { saved }: SavedModel): void {
  const differs = (what: string, given: unknown, was: unknown): void => {
    if (given !== undefined && given !== was)
      throw new UsageError(
        `${flags.resume ?? ""} was trained with ${what} ${String(was)}: leave ${what} out`,
      );
  };
  differs("--batch", flags.batch, saved.batch);
  differs("--seed", flags.seedIsGiven ? flags.seed : undefined, saved.seed);
  differs("--target", flags.target === "auto" ? undefined : flags.target, saved.target);
  for (const [name, value] of Object.entries(flags.set)) differs(`--set ${name}`, value, saved.sizes[name]);
  if (flags.map.length > 0 || flags.normalise.length > 0 || flags.missing !== undefined)
    throw new UsageError(
      "with --resume, data are read as they were: leave --map, --normalise and --missing out",
    );
}

function checkHypers(flags: TrainFlags, loaded: LoadedModel): void {
  const names = loaded.graphs.program.hypers.map((h) => h.name);
  const unknown = flags.hyper.find((h) => !names.includes(h.name));
  if (!unknown) return;
  throw new UsageError(
    `the optimizer has no \`${unknown.name}\`; it has ${names.length === 0 ? "no numbers to change" : names.join(", ")}`,
  );
}

function checkScaling(flags: TrainFlags, inputs: readonly ModelInput[]): void {
  const names = inputs.map((i) => i.name);
  const unknown = flags.normalise.find((n) => n.input !== null && !names.includes(n.input));
  if (unknown)
    throw new UsageError(
      `--normalise ${unknown.input ?? ""}=…: the model has no input \`${unknown.input ?? ""}\`; it has ${names.join(", ")}`,
    );
}

interface Prepared {
  readonly train: Examples;
  readonly valid: Examples | null;
  readonly resolution: Resolution;
  readonly encodings: Encodings;
  readonly dims: Readonly<Record<string, number>>;
  readonly missing: Missing;
  readonly share: number | null;
}

function prepare(
  inputs: readonly ModelInput[],
  source: DataSource,
  seed: number,
  flags: TrainFlags,
  saved: Saved | null,
  host: Host,
): Prepared {
  const resolution = saved
    ? resolveAgain(inputs, saved.encodings, source.arrays, source.label)
    : resolveInputs(inputs, flags.map, source.arrays, source.label);
  const missing = saved?.missing ?? flags.missing ?? "error";
  const share = shareOf(flags.valid);
  if (saved && share !== saved.share) {
    throw new UsageError(
      `${flags.resume ?? ""} was trained with ${saved.share === null ? "other" : `${100 * saved.share} % of the`} ` +
        "examples held out: give the same --valid",
    );
  }
  const usable = (r: Resolution): Int32Array =>
    missing === "drop" ? completeExamples(r) : Int32Array.from({ length: r.examples }, (_, i) => i);
  const rows = usable(resolution);
  if (rows.length < (share === null ? 1 : 2))
    throw new UsageError(`${source.label}: too few examples, ${rows.length}`);
  const parts = share === null ? { train: rows, valid: null } : split(rows, share, seed);
  const { encodings, dims } = saved
    ? { encodings: saved.encodings, dims: new Map(Object.entries(saved.dims)) }
    : fit(resolution.inputs, parts.train, { scaling: scalingOf(flags), missing }, new Map());
  const examples = (r: Resolution, some: Int32Array): Examples => new Examples(r, encodings, some, dims);
  const other = share === null && flags.valid.length > 0 ? readSource(flags.valid, host.directory) : null;
  const held = other ? resolveAgain(inputs, encodings, other.arrays, other.label) : resolution;
  const valid = other ? usable(held) : parts.valid;
  return {
    train: examples(resolution, parts.train),
    valid: valid ? examples(held, valid) : null,
    resolution,
    encodings,
    dims: Object.fromEntries(dims),
    missing,
    share,
  };
}

/** `--valid 20%` or `--valid 0.2`: a share of the examples; null where files are named. */
function shareOf(valid: readonly string[]): number | null {
  if (valid.length !== 1) return null;
  const [, number, percent] = /^([0-9]*\.?[0-9]+)(%?)$/.exec(valid[0]!) ?? [];
  if (number === undefined) return null;
  const share = Number(number) / (percent === "%" ? 100 : 1);
  if (share > 0 && share < 1) return share;
  throw new UsageError(`--valid ${valid[0]!}: a share lies between 0 and 1, or 0% and 100%`);
}

/** What is to be predicted keeps its units, unless it is named; bytes become 0 … 1. */
function scalingOf(flags: TrainFlags): (input: ModelInput) => Scaling {
  const named = new Map(flags.normalise.map(({ input, scaling }) => [input, scaling]));
  return (input) => {
    const own = named.get(input.name);
    if (own !== undefined) return own;
    return input.isTarget ? "off" : (named.get(null) ?? "bytes");
  };
}
