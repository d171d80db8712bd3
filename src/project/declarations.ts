/** Where the types of a model stand: beside the sources in name, apart from them on disk. */
import { isAbsolute, join, relative, sep } from "node:path";

/** The folder, from the root of a project; `rootDirs` of a tsconfig.json lays it over the sources. */
export const typesFolder = ".nnc/types";

/** `src/digits.nn` has its types in `.nnc/types/src/digits.d.nn.ts`; null for a file outside of the project. */
export function declarationOf(path: string, root: string): string | null {
  const inside = relative(root, path);
  if (inside === "" || isAbsolute(inside) || inside.split(sep)[0] === "..") return null;
  return join(root, typesFolder, inside.replace(/\.nn$/, ".d.nn.ts"));
}
