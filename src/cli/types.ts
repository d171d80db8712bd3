/** `nnc types`: what TypeScript knows of `.nn` imports, in `.nnc/types`. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { declarationOf, typesFolder } from "../project/declarations.ts";
import { ModelFiles, writeAll } from "../project/files.ts";
import type { ModelOptions } from "../project/model-options.ts";
import { defaults, mergedOptions, OptionError, optionsOfQuery } from "../project/model-options.ts";
import { declaredModels, modelsAt } from "../project/models.ts";
import type { QueryImport } from "../project/query-imports.ts";
import { queryImports } from "../project/query-imports.ts";
import type { Bodies } from "../project/query-types.ts";
import {
  ambiguousImports,
  bodyOf,
  fixedBodies,
  queryKey,
  queryTypes,
  queryTypesFile,
  writtenBodies,
} from "../project/query-types.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";
import { requestOf } from "../project/request.ts";
import { missingSettings } from "../project/typescript-settings.ts";
import type { TypesFlags } from "./flags.ts";
import type { Compiler, Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";

interface Declaration {
  readonly path: string;
  readonly text: string;
}

/** `nnc types [paths…] [--check]` */
export async function typesCommand(paths: readonly string[], flags: TypesFlags, host: Host): Promise<number> {
  const root = host.directory;
  const found = (paths.length === 0 ? ["."] : paths).flatMap((path) => modelsAt(path, root));
  const writer = new Writer(host, await host.loadCompiler(), optionsOf(flags));
  for (const path of found) await writer.add(path);
  await writer.addQueries(queryImports(root), new Set(found.map((path) => resolve(root, path))));
  const { outputs, failed } = writer;
  const changed = outputs.filter(({ path, text }) => !holds(path, text));
  const stale = staleFiles(root, outputs);
  const settings = missingSettings(
    root,
    outputs.some(({ path }) => path === join(root, queryTypesFile)),
  );
  if (!flags.check) {
    writeAll(changed);
    for (const path of stale) rmSync(path);
    const one = outputs.length === 1;
    host.stderr(
      `${outputs.length} ${one ? "declaration is" : "declarations are"} up to date in ${typesFolder}\n`,
    );
  } else {
    for (const { path } of changed)
      host.stderr(`nnc: ${relative(root, path)} is not up to date: run nnc types\n`);
    for (const path of stale)
      host.stderr(`nnc: ${relative(root, path)} has no model any more: run nnc types\n`);
  }
  for (const sentence of settings) host.stderr(`nnc: ${sentence}\n`);
  const differs = changed.length + stale.length + settings.length > 0;
  return failed || (flags.check && differs) ? exitCode.diagnostics : exitCode.ok;
}

/** As the plugin compiles: threads and promises, for two, are in the types. */
const optionsOf = ({ target, set }: TypesFlags): ModelOptions =>
  mergedOptions(defaults, { sizes: set, ...(target && { target }) });

/** Compiles what is imported, each way once; mistakes are shown. */
class Writer {
  readonly outputs: Declaration[] = [];
  failed = false;

  constructor(
    private readonly host: Host,
    private readonly compiler: Compiler,
    private readonly options: ModelOptions,
  ) {}

  /** The declarations of the file itself, as `import … from "./digits.nn"` sees them. */
  async add(path: string): Promise<void> {
    const { directory } = this.host;
    const place = declarationOf(resolve(directory, path), directory);
    if (place === null)
      throw new UsageError(`\`${path}\` lies outside of ${directory}: run nnc types in its project`);
    const files = new ModelFiles(directory);
    const { text } = files.read(path);
    // What only other models import is nothing that a program imports.
    if (declaredModels(text).length === 0) return;
    const declaration = await this.compile(path, this.options);
    if (declaration === null) this.failed = true;
    else this.outputs.push({ path: place, text: declaration });
  }

  /**
   * One file for all imports with a question mark. What can't be compiled keeps the types that it had, and so does what is
   * not asked for.
   */
  async addQueries(imports: readonly QueryImport[], asked: ReadonlySet<string>): Promise<void> {
    const { directory, stderr } = this.host;
    const written = writtenBodies(directory);
    const bodies: Bodies = new Map();
    for (const { specifier, model } of imports) {
      const key = queryKey(model, specifier.slice(specifier.indexOf("?") + 1), directory);
      if (bodies.has(key)) continue;
      const before = written.get(key);
      const keeps = before !== undefined && !asked.has(model);
      const body = keeps ? before : ((await this.body(specifier, model)) ?? before);
      if (body !== undefined) bodies.set(key, body);
    }
    const text = queryTypes(imports, bodies, directory);
    if (text !== "") this.outputs.push({ path: join(directory, queryTypesFile), text });
    for (const { pattern, models } of ambiguousImports(text)) {
      const query = pattern.slice(pattern.indexOf("?"));
      stderr(
        `nnc: ${models.join(" and ")} are imported with ${query} by the same path: TypeScript can't tell them apart, and both are any\n`,
      );
    }
  }

  private async body(specifier: string, model: string): Promise<string | null> {
    const request = requestOf(specifier);
    if (request === null) return null;
    if (request.asks !== "module") return fixedBodies[request.asks];
    try {
      const options = mergedOptions(this.options, optionsOfQuery(request.query));
      const declaration = await this.compile(model, options);
      if (declaration !== null) return bodyOf(declaration);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      this.host.stderr(`nnc: ${specifier}: ${error.message}\n`);
    }
    this.failed = true;
    return null;
  }

  private async compile(path: string, { exact, ...options }: ModelOptions): Promise<string | null> {
    const { host, compiler } = this;
    const files = new ModelFiles(host.directory);
    const { file, text } = files.read(path);
    const { diagnostics, sources, outputs } = await compiler.compile(text, {
      ...options,
      file,
      realOnlyRules: exact !== true,
      language: "javascript",
      resolveImport: files.resolveImport,
      version: host.version,
    });
    const errors = diagnostics.filter((d) => d.severity === "error");
    if (errors.length > 0) host.stderr(renderDiagnostics(errors, sources, wantsColour(host)));
    return outputs.find((o) => o.kind === "declaration")?.text ?? null;
  }
}

/** Declarations whose model is gone. */
function staleFiles(root: string, outputs: readonly Declaration[]): string[] {
  const folder = join(root, typesFolder);
  if (!existsSync(folder)) return [];
  const queries = join(root, queryTypesFile);
  const unasked = isFile(queries) && !outputs.some(({ path }) => path === queries) ? [queries] : [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.nn.ts"))
    .filter((name) => !isFile(join(root, name.replace(/\.d\.nn\.ts$/, ".nn"))))
    .map((name) => join(folder, name))
    .concat(unasked);
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

const holds = (path: string, text: string): boolean => isFile(path) && readFileSync(path, "utf8") === text;
