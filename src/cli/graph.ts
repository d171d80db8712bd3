import { resolve } from "node:path";
import type { GraphFlags } from "./flags.ts";
import { ModelFiles, writeAll } from "../project/files.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";

const formats = { svg: "svg", dot: "dot", gv: "dot", mmd: "mermaid" } as const;

/** `nnc graph model.nn -o graph.svg` */
export async function graphCommand(path: string, flags: GraphFlags, host: Host): Promise<number> {
  const format = flags.output === undefined ? (flags.as ?? "svg") : formatOf(flags.output, flags);
  const files = new ModelFiles(host.directory);
  const { file, text } = files.read(path);
  const { graph } = await host.loadCompiler();
  const { picture, diagnostics, sources } = await graph(text, {
    file,
    format,
    detail: flags.detail === "1" ? 1 : 2,
    unrolled: flags.unrolled === true,
    sizes: flags.set,
    simplify: flags.simplify,
    realOnlyRules: flags.exact !== true,
    resolveImport: files.resolveImport,
    ...(flags.model === undefined ? {} : { model: flags.model }),
  });
  if (diagnostics.length > 0) host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  if (picture === null) return exitCode.diagnostics;
  if (flags.output === undefined) host.stdout(picture);
  else writeAll([{ path: resolve(host.directory, flags.output), text: picture }]);
  return exitCode.ok;
}

function formatOf(path: string, flags: GraphFlags): "svg" | "dot" | "mermaid" {
  const [, ending] = /\.(svg|dot|gv|mmd)$/.exec(path) ?? [];
  if (ending === undefined)
    throw new UsageError(`cannot write \`${path}\`: the name must end in .svg, .dot or .mmd`);
  const format = formats[ending as keyof typeof formats];
  if (flags.as !== undefined && flags.as !== format) {
    throw new UsageError(`cannot write ${flags.as} to \`${path}\`: the name says ${format}`);
  }
  return format;
}
