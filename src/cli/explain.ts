import { resolve } from "node:path";
import { ModelFiles, writeAll } from "../project/files.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";
import type { ExplainFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { readSample } from "./sample.ts";

const formats = { txt: "text", tex: "latex", html: "html", json: "json" } as const;
type Format = (typeof formats)[keyof typeof formats];

/** `nnc explain model.nn [gradient]`, `nnc explain NN2003` */
export async function explainCommand(
  path: string,
  gradient: string | undefined,
  flags: ExplainFlags,
  host: Host,
): Promise<number> {
  const compiler = await import("../index.ts");
  if (/^NN\d{4}$/.test(path)) {
    const text = compiler.describeCode(path);
    if (text === undefined) throw new UsageError(`there is no diagnostic ${path}`);
    host.stdout(text);
    return exitCode.ok;
  }
  const format = flags.output === undefined ? "text" : formatOf(flags.output);
  const detail = Number(flags.detail) as 1 | 2 | 3;
  const files = new ModelFiles(host.directory);
  const { file, text } = files.read(path);
  const { derivation, diagnostics, sources, problem } = compiler.explain(text, {
    file,
    sizes: flags.set,
    realOnlyRules: flags.exact !== true,
    resolveImport: files.resolveImport,
    code: detail === 3 || format === "html" || format === "json",
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.of === undefined ? {} : { of: flags.of }),
    ...(gradient === undefined ? {} : { gradient }),
    ...(flags.at === undefined ? {} : { sample: readSample(flags.at, host) }),
  });
  if (problem !== undefined) throw new UsageError(problem);
  if (diagnostics.length > 0) host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  if (derivation === null) return exitCode.diagnostics;
  const printed = compiler.printDerivation(derivation, {
    as: flags.as,
    format,
    detail,
    layout: flags.layout,
  });
  if (flags.output === undefined) host.stdout(printed);
  else writeAll([{ path: resolve(host.directory, flags.output), text: printed }]);
  const failed = compiler.failures(derivation);
  if (failed.length === 0) return exitCode.ok;
  const names = [...new Set(failed.map((f) => f.ref))].join(", ");
  host.stderr(`nnc: this derivation does not hold: ${names} differ from what they should be, see ✗\n`);
  return exitCode.diagnostics;
}

function formatOf(path: string): Format {
  const [, ending] = /\.(txt|tex|html|json)$/.exec(path) ?? [];
  if (ending === undefined)
    throw new UsageError(`cannot write \`${path}\`: the name must end in .txt, .tex, .html or .json`);
  return formats[ending as keyof typeof formats];
}
