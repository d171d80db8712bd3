/** One `.nn` file for a bundler: JavaScript with its map, its declarations, or what is wrong, ready to be shown. */
import { basename, join } from "node:path";
import type { CheckResult, CompileOptions, CompileResult, Diagnostic, Sources } from "../index.ts";
import { ModelFiles } from "../project/files.ts";
import { renderDiagnostics } from "../project/render.ts";
import type { ModelOptions } from "../project/model-options.ts";

/** A mistake in a model, as bundlers show it. */
export interface Problem {
  /** All diagnostics with their code frames, as the command line prints them: every bundler shows a message. */
  readonly message: string;
  /** Where the first one is; `column` counts from 0. */
  readonly loc: { readonly file: string; readonly line: number; readonly column: number };
}

export interface Built {
  /** Absolute paths of all files that were read or looked for. */
  readonly files: readonly string[];
  readonly warning: Problem | null;
  readonly error: Problem | null;
}

export interface BuiltModel extends Built {
  /** Absent where there is an error. */
  readonly module?: {
    readonly code: string;
    readonly map: SourceMap;
    readonly declaration: string;
    /** The classes it exports. */
    readonly classes: readonly string[];
  };
}

export interface BuiltDerivation extends Built {
  /** How the gradients come about, as JSON. Absent where there is an error. */
  readonly derivation?: string;
}

export interface SourceMap {
  readonly version: number;
  readonly file?: string;
  readonly names: string[];
  readonly sources: string[];
  readonly sourcesContent?: (string | null)[];
  readonly mappings: string;
}

/** Compiles the model at `path`; `root` is what its name in comments and messages is relative to. */
export async function buildModel(path: string, options: ModelOptions, root: string): Promise<BuiltModel> {
  const files = new ModelFiles(root);
  const { text, settings } = read(path, options, files);
  const { compile } = await import("../index.ts");
  const result = await compile(text, { ...settings, language: "javascript" });
  const found = foundIn(result, files);
  return found.error ? found : { ...found, module: moduleOf(result, path, root, files) };
}

/** How the compiler came to the gradients of the model at `path`. */
export async function buildDerivation(
  path: string,
  options: ModelOptions,
  root: string,
): Promise<BuiltDerivation> {
  const files = new ModelFiles(root);
  const { text, settings } = read(path, options, files);
  const { explain } = await import("../index.ts");
  const result = explain(text, settings);
  const found = foundIn(result, files);
  return found.error ? found : { ...found, derivation: JSON.stringify(result.derivation) };
}

function read(
  path: string,
  { exact, ...options }: ModelOptions,
  files: ModelFiles,
): { text: string; settings: CompileOptions } {
  const { file, text } = files.read(path);
  const { resolveImport } = files;
  return { text, settings: { ...options, file, realOnlyRules: exact !== true, resolveImport } };
}

function foundIn(result: CheckResult, files: ModelFiles): Built {
  const problem = (severity: Diagnostic["severity"]): Problem | null =>
    problemOf(
      result.diagnostics.filter((d) => d.severity === severity),
      result.sources,
      files,
    );
  return { files: [...files.asked], warning: problem("warning"), error: problem("error") };
}

function problemOf(diagnostics: readonly Diagnostic[], sources: Sources, files: ModelFiles): Problem | null {
  const [first] = diagnostics;
  if (!first) return null;
  const { line, column } = sources.start(first.span);
  return {
    message: renderDiagnostics(diagnostics, sources, false).trimEnd(),
    loc: { file: files.path(first.span.file) ?? first.span.file, line, column: column - 1 },
  };
}

function moduleOf(
  result: CompileResult,
  path: string,
  root: string,
  files: ModelFiles,
): BuiltModel["module"] {
  const text = (kind: "module" | "declaration" | "map"): string => {
    const output = result.outputs.find((o) => o.kind === kind);
    if (!output) throw new Error(`the compiler reported no error and made no ${kind}`);
    return output.text;
  };
  const code = text("module");
  return {
    code,
    map: placedMap(text("map"), path, root, files),
    declaration: text("declaration"),
    classes: [...code.matchAll(/^export class ([\w$]+)/gm)].map((match) => match[1]!),
  };
}

/**
 * The compiler names sources as diagnostics do; bundlers agree on absolute paths only. The standard library is no file:
 * its text is in the map, under a name that tools take for a package.
 */
function placedMap(text: string, path: string, root: string, files: ModelFiles): SourceMap {
  const map: SourceMap = JSON.parse(text);
  const sources = map.sources.map((file) => files.path(file) ?? join(root, "node_modules/nnc", file));
  return { ...map, file: basename(path), sources };
}
