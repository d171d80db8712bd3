/** `nnc export model.nn -o model.onnx` */
import { resolve } from "node:path";
import { ModelFiles, writeAll } from "../project/files.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";
import type { ExportFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { readWeights } from "./weights.ts";

export async function exportCommand(path: string, flags: ExportFlags, host: Host): Promise<number> {
  const { output } = flags;
  if (!output.endsWith(".onnx"))
    throw new UsageError(`cannot write \`${output}\`: the name must end in .onnx`);
  const files = new ModelFiles(host.directory);
  const { file, text } = files.read(path);
  const { exportOnnx } = await import("../index.ts");
  const weights =
    flags.weights === undefined ? undefined : await readWeights(path, flags.weights, flags, host);
  if (weights === null) return exitCode.diagnostics;
  const { bytes, diagnostics, sources } = exportOnnx(text, {
    file,
    sizes: weights?.sizes ?? flags.set,
    at: { ...weights?.counts, ...flags.at },
    seed: flags.seed,
    resolveImport: files.resolveImport,
    version: host.version,
    ...(weights === undefined ? {} : { weights: weights.values }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
  });
  if (diagnostics.length > 0) host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  if (bytes === null) return exitCode.diagnostics;
  writeAll([{ path: resolve(host.directory, output), text: bytes }]);
  return exitCode.ok;
}
