/** Where `nnc train` and `nnc predict` write: looked at before hours of training depend on it. */
import { resolve } from "node:path";
import { requireWritable } from "../project/files.ts";
import type { Host } from "./host.ts";
import { UsageError } from "./host.ts";
import type { PredictFlags, TrainFlags } from "./train-flags.ts";

/** Throws a `UsageError` where an output has another kind of name, can't be written, or is a file that is read. */
export function checkOutputs(path: string, flags: TrainFlags, host: Host): void {
  const { save, plot, every, log } = flags;
  if (every !== undefined && save === undefined) throw new UsageError("--every needs --save");
  if (log && plot === undefined) throw new UsageError("--log needs --plot");
  requireEnding(save, ".safetensors");
  requireEnding(plot, ".svg");
  const reads = [path, ...filesOf(flags.data), ...filesOf(flags.valid)];
  for (const output of [save, plot]) {
    if (output !== undefined) requireWritable(resolve(host.directory, output), reads, host.directory);
  }
}

/** The same for predictions, whose ending says their format. */
export function checkPredictions(path: string, { output, weights, data }: PredictFlags, host: Host): void {
  if (output === undefined) return;
  requireWritable(resolve(host.directory, output), [path, weights, ...filesOf(data)], host.directory);
}

/** `image=images.gz` names a file, too. */
const filesOf = (data: readonly string[]): string[] =>
  data.flatMap((text) => [text, text.replace(/^[^=]*=/, "")]);

function requireEnding(output: string | undefined, ending: string): void {
  if (output !== undefined && !output.endsWith(ending))
    throw new UsageError(`cannot write \`${output}\`: the name must end in ${ending}`);
}
