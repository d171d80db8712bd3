/** `nnc init [folder]`: a project that works, with a page that trains a small model. */
import { mkdirSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { writeAll } from "../project/files.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import gitignore from "./init/gitignore.txt?raw";
import page from "./init/index.html.txt?raw";
import main from "./init/main.ts.txt?raw";
import model from "./init/moons.nn?raw";
import manifest from "./init/package.json.txt?raw";
import readme from "./init/README.md.txt?raw";
import settings from "./init/tsconfig.json.txt?raw";
import vite from "./init/vite.config.ts.txt?raw";

const templates: Readonly<Record<string, string>> = {
  "package.json": manifest,
  "tsconfig.json": settings,
  "vite.config.ts": vite,
  "index.html": page,
  "src/moons.nn": model,
  "src/main.ts": main,
  "README.md": readme,
  ".gitignore": gitignore,
};

export function initCommand(folder: string, host: Host): number {
  const root = resolve(host.directory, folder);
  const found = namesIn(root, folder).filter((name) => name !== ".git");
  if (found.length > 0)
    throw new UsageError(
      `\`${folder}\` is not empty: there is ${found.slice(0, 3).join(", ")}${found.length > 3 ? ", …" : ""}`,
    );
  const name = packageName(basename(root));
  const fill = (text: string): string => text.replaceAll("NAME", name).replaceAll("VERSION", host.version);
  writeAll(Object.entries(templates).map(([path, text]) => ({ path: join(root, path), text: fill(text) })));
  const shown = relative(host.directory, root);
  host.stderr(`made ${Object.keys(templates).length} files in ${shown === "" ? "this folder" : shown}\n\n`);
  host.stderr(`Next:\n${shown === "" ? "" : `  cd ${shown}\n`}  npm install\n  npm run dev\n`);
  return exitCode.ok;
}

/** What stands in a folder, which is made where there is none. */
function namesIn(root: string, folder: string): string[] {
  try {
    mkdirSync(root, { recursive: true });
    return readdirSync(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new UsageError(`\`${folder}\` is a file`);
    throw new UsageError(`cannot make \`${folder}\`: ${(error as Error).message}`);
  }
}

/** The name of a folder as npm allows names. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "");
  return name === "" ? "my-model" : name;
}
