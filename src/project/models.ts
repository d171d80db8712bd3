/** The models of a project. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** The file itself, or the `.nn` files below a folder; what is installed or hidden is not the user's. */
export function modelsAt(path: string, directory: string): string[] {
  const absolute = resolve(directory, path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return readdirSync(absolute, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return modelsAt(inside, directory);
      return entry.name.endsWith(".nn") ? [inside] : [];
    });
}

/** The models that a file declares, found without reading it: each declaration starts a line. */
export const declaredModels = (text: string): string[] =>
  [...text.matchAll(/^\s*model\s+([\p{L}_][\p{L}\p{M}\p{N}_]*)/gmu)].map((match) => match[1]!);
