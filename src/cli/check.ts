import { ModelFiles } from "../project/files.ts";
import type { Host } from "./host.ts";
import { exitCode } from "./host.ts";
import type { JsonDiagnostic, JsonReport } from "./json.ts";
import { jsonDiagnostics } from "./json.ts";
import type { CheckFlags } from "./flags.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";

/** `nnc check model.nn…`: every model is checked on its own, and all are reported. */
export async function checkCommand(paths: readonly string[], flags: CheckFlags, host: Host): Promise<number> {
  const files = new ModelFiles(host.directory);
  const models = paths.map((path) => files.read(path));
  const { check } = await host.loadCompiler();
  const found: JsonDiagnostic[] = [];
  const rendered: string[] = [];
  for (const { file, text } of models) {
    const { diagnostics, sources } = await check(text, {
      file,
      sizes: flags.set,
      resolveImport: files.resolveImport,
    });
    found.push(...jsonDiagnostics(diagnostics, sources));
    if (diagnostics.length > 0) rendered.push(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  }
  if (flags.json) {
    const report: JsonReport = { version: host.version, diagnostics: found, outputs: [] };
    host.stdout(`${JSON.stringify(report)}\n`);
  } else {
    host.stderr(rendered.join("\n"));
  }
  return found.some((d) => d.severity === "error") ? exitCode.diagnostics : exitCode.ok;
}
