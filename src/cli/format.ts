import { relative, resolve } from "node:path";
import type { FormatFlags } from "./flags.ts";
import type { Output } from "../project/files.ts";
import { ModelFiles, writeAll } from "../project/files.ts";
import { modelsAt } from "../project/models.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";

/** `nnc fmt [paths…] [--check]`: a file with mistakes is reported and left as it is; the others are laid out. */
export async function formatCommand(
  paths: readonly string[],
  flags: FormatFlags,
  host: Host,
): Promise<number> {
  const files = new ModelFiles(host.directory);
  const found = (paths.length === 0 ? ["."] : paths).flatMap((path) => modelsAt(path, host.directory));
  if (found.length === 0) throw new UsageError("there is no .nn file here");
  const { format } = await host.loadCompiler();
  const changed: Output[] = [];
  let failed = false;
  for (const path of found) {
    const { file, text } = files.read(path);
    const { text: formatted, diagnostics, sources } = format(text, file);
    if (diagnostics.length > 0) host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
    if (formatted === null) failed = true;
    else if (formatted !== text) changed.push({ path: resolve(host.directory, path), text: formatted });
  }
  if (flags.check !== true) writeAll(changed);
  for (const { path } of changed) {
    host.stderr(`${flags.check ? "would change" : "changed"} ${relative(host.directory, path)}\n`);
  }
  return failed || (flags.check && changed.length > 0) ? exitCode.diagnostics : exitCode.ok;
}
