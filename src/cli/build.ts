/** One compilation for the command line: which files come out, and where they stand. */
import type { Level } from "../ir/kernel.ts";
import { basename, dirname, relative, resolve, sep } from "node:path";
import type { Output } from "../project/files.ts";
import { ModelFiles } from "../project/files.ts";
import type { Compilation, CompileSettings, Host, OutputKind } from "./host.ts";
import { UsageError } from "./host.ts";
import type { CompileFlags } from "./flags.ts";

/** The targets whose kernels are also written as a text of their own, by the ending of its name. */
const texts: Readonly<Record<string, "wasm" | "webgpu">> = { wat: "wasm", wgsl: "webgpu" };

/** At level 2 the target is chosen for the model, unless the name is that of a text which only one target has. */
export function chosenTarget({ target, O, output }: CompileFlags): NonNullable<CompileFlags["target"]> {
  if (target !== undefined) return target;
  if (O !== "2") return "typescript";
  return texts[output?.split(".").at(-1) ?? ""] ?? "auto";
}

/** The names of the files of one output. */
export interface Target {
  readonly language: "typescript" | "javascript";
  readonly module: string;
  readonly declaration: string | null;
  readonly map: string;
  /** The text of the kernels, in WebAssembly or WGSL, is all that is written. */
  readonly isText?: true;
}

export interface Build {
  readonly compilation: Compilation;
  readonly failed: boolean;
  /** Nothing where there were errors or no target. */
  readonly outputs: readonly Output[];
}

/** `x.js` comes with `x.d.ts`, `x.mjs` with `x.d.mts`; TypeScript needs no declarations; `x.wat` and `x.wgsl` stand alone. */
export function targetOf(path: string, flags: CompileFlags, host: Host): Target {
  const module = resolve(host.directory, path);
  const [, stem, kind] = /^(.*)\.(js|mjs|ts|mts|wat|wgsl)$/s.exec(module) ?? [];
  if (stem === undefined || kind === undefined || stem.endsWith(".d")) {
    const own = Object.entries(texts).find(([, target]) => target === chosenTarget(flags))?.[0];
    const names = own === undefined ? ".ts, .mts, .js or .mjs" : `.ts, .mts, .js, .mjs or .${own}`;
    throw new UsageError(`cannot write \`${path}\`: the name must end in ${names}`);
  }
  const needed = texts[kind];
  if (needed !== undefined) {
    if (chosenTarget(flags) !== needed)
      throw new UsageError(`cannot write \`${path}\`: .${kind} needs --target ${needed}`);
    return { language: "typescript", module, declaration: null, map: `${module}.map`, isText: true };
  }
  const javascript = kind === "js" || kind === "mjs";
  return {
    language: javascript ? "javascript" : "typescript",
    module,
    declaration: javascript ? `${stem}.d.${kind === "js" ? "ts" : "mts"}` : null,
    map: `${module}.map`,
  };
}

/** Compiles `path`. `files` collects what was read, also where this throws. */
export async function build(
  path: string,
  flags: CompileFlags,
  target: Target | null,
  host: Host,
  files: ModelFiles = new ModelFiles(host.directory),
): Promise<Build> {
  if (!flags.report && Object.keys(flags.at).length > 0) throw new UsageError("--at needs --report");
  const { file, text } = files.read(path);
  const { compile } = await host.loadCompiler();
  const certificate = flags.check ? await (await import("./gradcheck.ts")).certify(path, flags, host) : {};
  const compilation = await compile(text, { ...settings(file, flags, target, files, host), ...certificate });
  const failed = certificate === null || compilation.diagnostics.some((d) => d.severity === "error");
  return {
    compilation,
    failed,
    outputs: failed || target === null ? [] : outputsOf(compilation, target, files),
  };
}

function settings(
  file: string,
  flags: CompileFlags,
  target: Target | null,
  files: ModelFiles,
  host: Host,
): CompileSettings {
  return {
    file,
    level: Number(flags.O) as Level,
    sizes: flags.set,
    simplify: flags.simplify,
    realOnlyRules: flags.exact !== true,
    target: chosenTarget(flags),
    language: target?.language ?? "typescript",
    resolveImport: files.resolveImport,
    version: host.version,
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.report ? { report: { at: flags.at } } : {}),
    ...(flags.trace
      ? { trace: (stage, text) => host.stderr(`// ---- ${stage}\n${text.trimEnd()}\n\n`) }
      : {}),
  };
}

/** The text of one kind of output; absent where the compiler made none. */
export function textOf(compilation: Compilation, kind: OutputKind): string | undefined {
  return compilation.outputs.find((o) => o.kind === kind)?.text;
}

function outputsOf(compilation: Compilation, target: Target, files: ModelFiles): Output[] {
  if (target.isText) {
    const texts = compilation.outputs.filter((o) => o.kind === "text");
    const names = compilation.models.map((m) => m.name).join(", ");
    if (texts.length > 1)
      throw new UsageError(
        `\`${basename(target.module)}\` holds the kernels of one model, not of ${names}: name it, --model`,
      );
    if (texts[0]) return [{ path: target.module, text: texts[0].text }];
  }
  const module = textOf(compilation, "module");
  if (module === undefined) throw new Error("the compiler reported no error and made no module");
  const declaration = textOf(compilation, "declaration");
  const map = textOf(compilation, "map");
  const link = map === undefined ? "" : `//# sourceMappingURL=${encodeURI(basename(target.map))}\n`;
  const outputs = [{ path: target.module, text: module.trimEnd() + "\n" + link }];
  if (target.declaration !== null && declaration !== undefined) {
    outputs.push({ path: target.declaration, text: declaration });
  }
  if (map !== undefined) outputs.push({ path: target.map, text: placedMap(map, target, files) });
  return outputs;
}

/** The compiler names sources as diagnostics do; a map names them relative to itself. */
function placedMap(text: string, target: Target, files: ModelFiles): string {
  const map = JSON.parse(text) as { file?: string; sources: (string | null)[] };
  map.file = basename(target.module);
  map.sources = map.sources.map((source) => {
    const path = source === null ? undefined : files.path(source);
    return path === undefined ? source : relative(dirname(target.map), path).split(sep).join("/");
  });
  return `${JSON.stringify(map)}\n`;
}
