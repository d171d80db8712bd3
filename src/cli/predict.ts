/** `nnc predict model.nn --weights … --data …`: what a trained model says about new examples. */
import { resolve } from "node:path";
import { resolveAgain } from "../data/resolve.ts";
import { writeAll } from "../project/files.ts";
import type { PredictFlags } from "./train-flags.ts";
import type { Host } from "./host.ts";
import { UsageError } from "../project/usage-error.ts";
import { exitCode } from "./host.ts";
import { Predictions } from "./predict-output.ts";
import { withDataErrors } from "./train.ts";
import { Examples, readSource } from "./train-data.ts";
import { readModel } from "./train-file.ts";
import { checkPredictions } from "./train-outputs.ts";
import { loadModel, restore } from "./train-model.ts";

export async function predictCommand(path: string, flags: PredictFlags, host: Host): Promise<number> {
  return withDataErrors(host, () => predict(path, flags, host));
}

async function predict(path: string, flags: PredictFlags, host: Host): Promise<number> {
  const format = formatOf(flags.output);
  checkPredictions(path, flags, host);
  const { bytes, saved } = readModel(flags.weights, host.directory);
  const { sizes, encodings, dims, batch } = saved;
  // Whoever predicts may have no GPU, and a forward pass seldom needs one.
  const target = saved.target === "webgpu" ? "auto" : saved.target;
  const model = flags.model === undefined ? {} : { model: flags.model };
  const loaded = await loadModel({ ...model, path, sizes, target, level: 2 }, host);
  if (!loaded) return exitCode.diagnostics;
  const { program } = loaded.graphs;
  if (program.outputs.length === 0)
    throw new UsageError(`${path} has no output: there is nothing to predict`);
  const trained = await restore(loaded, bytes, flags.weights);
  const source = readSource(flags.data, host.directory);
  const needed = loaded.inputs.inputs.filter((input) => !input.isTarget);
  const resolution = resolveAgain(needed, encodings, source.arrays, source.label);
  const rows = Int32Array.from({ length: resolution.examples }, (_, i) => i);
  const examples = new Examples(resolution, encodings, rows, new Map(Object.entries(dims)));
  const isExact = loaded.inputs.batch?.isExact === true;
  const predictions = new Predictions(loaded, encodings, dims);
  for (const some of examples.batches(batch)) {
    const wanted = isExact ? filled(some, batch) : some;
    predictions.add(await trained.forward(examples.take(wanted)), some.length, wanted.length);
  }
  const written = predictions.write(format);
  if (flags.output === undefined) host.stdout(String(written));
  else writeAll([{ path: resolve(host.directory, flags.output), text: written }]);
  return exitCode.ok;
}

/** A model of exactly so many examples is given the last one again and again; its answers are left out. */
function filled(rows: Int32Array, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => rows[Math.min(i, rows.length - 1)]!);
}

function formatOf(output: string | undefined): "csv" | "json" | "npz" {
  if (output === undefined) return "csv";
  const format = /\.(csv|json|npz)$/.exec(output)?.[1];
  if (format === "csv" || format === "json" || format === "npz") return format;
  throw new UsageError(`cannot write \`${output}\`: the name must end in .csv, .json or .npz`);
}
