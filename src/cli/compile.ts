import { relative } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { Build, Target } from "./build.ts";
import { build, targetOf, textOf } from "./build.ts";
import type { ModelFiles } from "../project/files.ts";
import { writeAll } from "../project/files.ts";
import type { Host } from "./host.ts";
import { exitCode } from "./host.ts";
import type { JsonReport } from "./json.ts";
import { jsonDiagnostics } from "./json.ts";
import type { CompileFlags } from "./flags.ts";

/**
 * Bytecodes until V8 optimises a function; its own value is a tenth. A compilation lasts a second, in which most
 * functions do not earn what optimising them costs, though another thread does it.
 */
const patientOptimiser = "--interrupt-budget=700000";

/**
 * The same for the assembler, which is WebAssembly itself and runs for some hundredths of a second: so many that it is
 * never optimised, which would make them twice as many.
 */
const patientAssembler = "--wasm-tiering-budget=2000000000";

/** `nnc compile model.nn` */
export async function compileCommand(path: string, flags: CompileFlags, host: Host): Promise<number> {
  setFlagsFromString(patientOptimiser);
  setFlagsFromString(patientAssembler);
  const target = flags.output === undefined ? null : targetOf(flags.output, flags, host);
  const result = await compileOnce(path, flags, target, host);
  return result.failed ? exitCode.diagnostics : exitCode.ok;
}

/** Compiles, writes what came out, and reports: all that one build does. */
export async function compileOnce(
  path: string,
  flags: CompileFlags,
  target: Target | null,
  host: Host,
  files?: ModelFiles,
): Promise<Build> {
  const result = await build(path, flags, target, host, files);
  const { diagnostics, sources, models } = result.compilation;
  writeAll(result.outputs);
  if (flags.json) {
    const report: JsonReport = {
      version: host.version,
      diagnostics: jsonDiagnostics(diagnostics, sources),
      outputs: result.outputs.map((o) => ({
        path: relative(host.directory, o.path),
        bytes: Buffer.byteLength(o.text),
      })),
      ...figuresOf(models),
    };
    host.stdout(`${JSON.stringify(report)}\n`);
    return result;
  }
  if (diagnostics.length > 0) {
    const { renderDiagnostics, wantsColour } = await import("../project/render.ts");
    host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  }
  for (const { name, choice } of models) {
    const of = models.length > 1 ? `${name}: ` : "";
    if (choice) host.stderr(`note: ${of}target ${choice.target}: ${choice.reason}\n`);
  }
  // A report stands in place of the module, so that standard output is one or the other.
  if (models.some((m) => m.report)) {
    const { renderReport } = await import("./report.ts");
    host.stdout(models.flatMap(({ report }) => (report ? [renderReport(report)] : [])).join("\n"));
  } else if (target === null && !result.failed) host.stdout(textOf(result.compilation, "module") ?? "");
  return result;
}

/** What is known of the model; where there are several, a list. */
function figuresOf(models: Build["compilation"]["models"]): Pick<JsonReport, "report" | "target" | "models"> {
  const figures = models.map(({ name, report, choice }) => ({
    name,
    ...(report && { report }),
    ...(choice && { target: choice }),
  }));
  if (figures.length !== 1) return figures.length === 0 ? {} : { models: figures };
  const [{ name: _, ...ofOne }] = figures as [(typeof figures)[0]];
  return ofOne;
}
