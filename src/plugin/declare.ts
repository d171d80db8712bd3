/** What the plugin tells TypeScript: the types of each import that a bundler loads, below `.nnc/types`. */
import { join } from "node:path";
import { declarationOf } from "../project/declarations.ts";
import type { Output } from "../project/files.ts";
import { writeAll } from "../project/files.ts";
import { queryImports } from "../project/query-imports.ts";
import { bodyOf, queryKey, queryTypes, queryTypesFile, writtenBodies } from "../project/query-types.ts";
import { isPlain, requestOf } from "../project/request.ts";
import { UsageError } from "../project/usage-error.ts";
import type { PluginOptions } from "./options.ts";

interface Project {
  readonly root: string;
  readonly options: PluginOptions;
}

/** Writes what the import `id` is, where that is wanted and has changed. */
export function declareImport(
  id: string,
  declaration: string,
  { root, options }: Project,
  warn: (message: string) => void,
): void {
  const request = requestOf(id);
  // What lies outside of the project has its types where it lies.
  if (options.types === false || request === null || declarationOf(request.path, root) === null) return;
  try {
    writeAll(isPlain(request) ? plain(request.path, declaration, root) : behindQuery(id, declaration, root));
  } catch (error) {
    // A project that can't be written to, as on some servers, can be built all the same.
    if (!(error instanceof UsageError)) throw error;
    warn(`${error.message}; \`types: false\` writes no declarations`);
  }
}

const plain = (path: string, text: string, root: string): Output[] => [
  { path: declarationOf(path, root)!, text },
];

/** One file holds the types of all imports with a question mark. They are looked for only where one is new or another. */
function behindQuery(id: string, declaration: string, root: string): Output[] {
  const [path = "", query = ""] = id.split(/\?(.*)/s);
  const key = queryKey(path, query, root);
  const bodies = writtenBodies(root);
  const body = bodyOf(declaration);
  if (bodies.get(key) === body) return [];
  const text = queryTypes(queryImports(root), bodies.set(key, body), root);
  return text === "" ? [] : [{ path: join(root, queryTypesFile), text }];
}
