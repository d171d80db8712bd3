/** `nnc flow model.nn`: how gradients flow through it. */
import { resolve } from "node:path";
import { ModelFiles, writeAll } from "../project/files.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";
import type { FlowFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { readSample } from "./sample.ts";
import { readWeights } from "./weights.ts";

export async function flowCommand(path: string, flags: FlowFlags, host: Host): Promise<number> {
  const { output } = flags;
  if (output !== undefined && !output.endsWith(".svg"))
    throw new UsageError(`cannot write \`${output}\`: the name must end in .svg`);
  const files = new ModelFiles(host.directory);
  const { file, text } = files.read(path);
  const { flow, printFlow, drawFlow, SampleError } = await import("../index.ts");
  const weights =
    flags.weights === undefined ? undefined : await readWeights(path, flags.weights, flags, host);
  if (weights === null) return exitCode.diagnostics;
  const sample = flags.at === undefined ? {} : readSample(flags.at, host);
  const measure = (): ReturnType<typeof flow> => {
    try {
      return flow(text, {
        file,
        sample,
        seed: flags.seed,
        sizes: weights?.sizes ?? flags.set,
        resolveImport: files.resolveImport,
        ...(weights === undefined ? {} : { weights: weights.values }),
        ...(flags.model === undefined ? {} : { model: flags.model }),
      });
    } catch (error) {
      if (error instanceof SampleError) throw new UsageError(`${flags.at ?? "sample"}: ${error.message}`);
      throw error;
    }
  };
  const { flow: found, diagnostics, sources } = measure();
  if (diagnostics.length > 0) host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  if (diagnostics.some((d) => d.severity === "error")) return exitCode.diagnostics;
  if (found === null) throw new UsageError(`${path} has no loss: no gradient flows`);
  if (output !== undefined) writeAll([{ path: resolve(host.directory, output), text: drawFlow(found) }]);
  if (flags.json) host.stdout(`${JSON.stringify(found)}\n`);
  else if (output === undefined) host.stdout(printFlow(found));
  return exitCode.ok;
}
