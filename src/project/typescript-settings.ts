/** Whether a project's tsconfig.json lets TypeScript find the types of `.nn` imports. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { typesFolder } from "./declarations.ts";

interface Config {
  readonly extends?: string | readonly string[];
  readonly files?: readonly string[];
  readonly include?: readonly string[];
  readonly references?: readonly { readonly path: string }[];
  readonly compilerOptions?: {
    readonly allowArbitraryExtensions?: boolean;
    readonly rootDirs?: readonly string[];
  };
}

/** What counts, with what a configuration extends; paths are absolute. */
interface Settings {
  readonly allowArbitraryExtensions?: boolean;
  readonly rootDirs?: readonly string[];
  readonly files?: readonly string[];
  readonly include?: readonly string[];
}

/**
 * What to change, each a sentence; nothing where all is well. `hasQueries`: there are types of imports with a question mark,
 * which TypeScript must be told to read.
 */
export function missingSettings(root: string, hasQueries = false): string[] {
  const file = join(root, "tsconfig.json");
  if (!existsSync(file)) return ["there is no tsconfig.json here: run nnc types where it is"];
  const config = parse(file);
  const references = (config.references ?? []).map(({ path }) => referenced(resolve(root, path)));
  // A tsconfig.json that holds no files of its own hands them on, as projects made by Vite do.
  const files = config.files?.length === 0 && references.length > 0 ? references : [file];
  const found = files.map((f) => complaints(f, root, hasQueries));
  return found.find((c) => c.length === 0) ?? found[0]!;
}

function complaints(file: string, root: string, hasQueries: boolean): string[] {
  const { allowArbitraryExtensions, rootDirs = [], files = [], include } = settingsOf(file, []);
  const name = relative(root, file);
  const add = (setting: string): string => `${name}: add ${setting} to "compilerOptions"`;
  const missing: string[] = [];
  if (allowArbitraryExtensions !== true) missing.push(add('"allowArbitraryExtensions": true'));
  const up = relative(dirname(file), root) || ".";
  const reads = [...files, ...(include ?? [])].some((path) => path.startsWith(join(root, typesFolder)));
  if (hasQueries && !reads) {
    const types = JSON.stringify(relative(dirname(file), join(root, typesFolder)));
    const beside = files.length > 0 ? "" : '"**/*", ';
    missing.push(
      include ? `${name}: add ${types} to "include"` : `${name}: add "include": [${beside}${types}]`,
    );
  }
  if (rootDirs.some((folder) => rootDirs.includes(join(root, typesFolder, relative(root, folder)))))
    return missing;
  const wanted = JSON.stringify([...new Set([up, `${up}/${typesFolder}`])]).replace(",", ", ");
  const place =
    rootDirs.length === 0
      ? add(`"rootDirs": ${wanted}`)
      : `${name}: "rootDirs" must hold ${wanted.slice(1, -1)}`;
  return [...missing, place];
}

/** A reference may name a folder. */
const referenced = (path: string): string => (path.endsWith(".json") ? path : join(path, "tsconfig.json"));

/** The settings of a file over those that it extends. `trail`: the files on the way here. */
function settingsOf(file: string, trail: readonly string[]): Settings {
  if (trail.includes(file) || !existsSync(file)) return {};
  const { extends: bases = [], compilerOptions = {}, files, include } = parse(file);
  const inherited = (typeof bases === "string" ? [bases] : bases)
    .map((base) => settingsOf(extended(base, file), [...trail, file]))
    .reduce<Settings>((before, after) => ({ ...before, ...after }), {});
  const { allowArbitraryExtensions, rootDirs } = compilerOptions;
  // `${configDir}` is the folder of the file that was started from.
  const outermost = dirname(trail[0] ?? file);
  const placed = (paths: readonly string[]): string[] =>
    paths.map((path) => resolve(dirname(file), path.replace("${configDir}", outermost)));
  return {
    ...inherited,
    ...(files && { files: placed(files) }),
    ...(include && { include: placed(include) }),
    ...(allowArbitraryExtensions === undefined ? {} : { allowArbitraryExtensions }),
    ...(rootDirs && { rootDirs: placed(rootDirs) }),
  };
}

/** A file beside, with or without its ending, or one of a package in this folder or above. */
function extended(base: string, file: string): string {
  const folder = dirname(file);
  const starts = base.startsWith(".") || isAbsolute(base) ? [folder] : packageFolders(folder);
  const paths = starts.flatMap((start) =>
    ["", ".json", "/tsconfig.json"].map((ending) => `${resolve(start, base)}${ending}`),
  );
  return paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile()) ?? base;
}

function packageFolders(folder: string): string[] {
  const above = dirname(folder);
  return [join(folder, "node_modules"), ...(above === folder ? [] : packageFolders(above))];
}

function parse(file: string): Config {
  return JSON.parse(withoutComments(readFileSync(file, "utf8")));
}

/** JSON of what TypeScript reads: comments and commas before a closing bracket are left out, strings as they are. */
export function withoutComments(text: string): string {
  const string = String.raw`"(?:[^"\\]|\\.)*"`;
  const comment = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
  const plain = text.replace(/^\uFEFF/, "").replace(new RegExp(`(${string})|${comment}`, "g"), "$1");
  return plain.replace(new RegExp(`(${string})|,(?=\\s*[}\\]])`, "g"), "$1");
}
