/** Imports with a question mark behind the name of a model, `./digits.nn?target=webgpu`, as the programs of a project say them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { modelsAt } from "./models.ts";
import { requestOf } from "./request.ts";

export interface QueryImport {
  /** As it is written. */
  readonly specifier: string;
  /** The file that it means: an absolute path. */
  readonly model: string;
}

/** What programs for a bundler are written in. */
const programs = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|html)$/;
const quoted = /(["'`])([^"'`\s?]+\.nn)\?([^"'`\s]+)\1/g;

/** All imports below a folder that ask for something behind a question mark, each spelling once for each model. */
export function queryImports(root: string): QueryImport[] {
  const found = new Map<string, QueryImport>();
  let models: readonly string[] | undefined;
  for (const file of programsBelow(root)) {
    for (const [, , path = "", query = ""] of readFileSync(file, "utf8").matchAll(quoted)) {
      const specifier = `${path}?${query}`;
      // What another plugin is asked for is not for this one to describe.
      if (requestOf(specifier) === null) continue;
      const model =
        beside(path, file, root) ??
        behindAlias(path, (models ??= modelsAt(".", root).map((m) => resolve(root, m))));
      if (model !== null) found.set(`${specifier}\n${model}`, { specifier, model });
    }
  }
  return [...found.values()];
}

function programsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    // What is installed, hidden or built is not the user's.
    if (/^(?:node_modules|dist|\..*)$/.test(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return programsBelow(path);
    return entry.isFile() && programs.test(entry.name) ? [path] : [];
  });
}

/** The file of a path that starts with a dot, or with a slash for the root of the project; null where there is none. */
function beside(path: string, importer: string, root: string): string | null {
  if (!/^(?:\.{0,2}\/)/.test(path)) return null;
  const absolute = path.startsWith("/") ? join(root, path) : resolve(dirname(importer), path);
  return statSync(absolute, { throwIfNoEntry: false })?.isFile() === true ? absolute : null;
}

/** `@/models/digits.nn` is the one model of the project whose path ends so, as far as it does. */
function behindAlias(path: string, models: readonly string[]): string | null {
  if (/^\.{0,2}\//.test(path)) return null;
  const parts = path.split("/");
  for (let start = 0; start < parts.length; start++) {
    const ending = sep + parts.slice(start).join(sep);
    const matching = models.filter((model) => model.endsWith(ending));
    if (matching.length > 0) return matching.length === 1 ? matching[0]! : null;
  }
  return null;
}
