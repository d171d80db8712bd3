import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { declarationOf, typesFolder } from "../project/declarations.ts";
import { ModelFiles, writeAll } from "../project/files.ts";
import { declaredModels, modelsAt } from "../project/models.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";
import { missingSettings } from "../project/typescript-settings.ts";
import type { TypesFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";

interface Declaration {
  readonly path: string;
  readonly text: string;
}

/** `nnc types [paths…] [--check]`: the declarations of `.nn` imports, in `.nnc/types`. */
export async function typesCommand(paths: readonly string[], flags: TypesFlags, host: Host): Promise<number> {
  const root = host.directory;
  const found = (paths.length === 0 ? ["."] : paths).flatMap((path) => modelsAt(path, root));
  const { outputs, failed } = await declarations(found, host);
  const changed = outputs.filter(({ path, text }) => !holds(path, text));
  const stale = staleFiles(root);
  const settings = missingSettings(root);
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

/** The declarations of all files that hold one model; mistakes are shown. */
async function declarations(
  paths: readonly string[],
  host: Host,
): Promise<{ outputs: Declaration[]; failed: boolean }> {
  const { compile } = await host.loadCompiler();
  const outputs: Declaration[] = [];
  let failed = false;
  for (const path of paths) {
    const files = new ModelFiles(host.directory);
    const { file, text } = files.read(path);
    const place = declarationOf(resolve(host.directory, path), host.directory);
    if (place === null)
      throw new UsageError(`\`${path}\` lies outside of ${host.directory}: run nnc types in its project`);
    const models = declaredModels(text);
    // What only other models import is nothing that a program imports.
    if (models.length === 0) continue;
    if (models.length > 1) {
      host.stderr(
        `nnc: ${file} holds several models (${models.join(", ")}): the plugin writes the types of the one it is told\n`,
      );
      continue;
    }
    const compilation = await compile(text, {
      file,
      language: "javascript",
      // As the plugin compiles where nobody says otherwise: threads, for one, are in the types.
      level: 2,
      target: "auto",
      resolveImport: files.resolveImport,
      version: host.version,
    });
    const { diagnostics, sources } = compilation;
    const errors = diagnostics.filter((d) => d.severity === "error");
    if (errors.length > 0) host.stderr(renderDiagnostics(errors, sources, wantsColour(host)));
    const declaration = compilation.outputs.find((o) => o.kind === "declaration");
    if (declaration) outputs.push({ path: place, text: declaration.text });
    else failed = true;
  }
  return { outputs, failed };
}

/** Declarations whose model is gone. */
function staleFiles(root: string): string[] {
  const folder = join(root, typesFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.nn.ts"))
    .filter((name) => !isFile(join(root, name.replace(/\.d\.nn\.ts$/, ".nn"))))
    .map((name) => join(folder, name));
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

const holds = (path: string, text: string): boolean => isFile(path) && readFileSync(path, "utf8") === text;
