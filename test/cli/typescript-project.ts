/** Projects of TypeScript with a model, and what its compilers say of them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { World } from "./world.ts";
import { temporaryFolder, world } from "./world.ts";

const root = join(import.meta.dirname, "../..");
export const client = join(root, "client.d.ts");
export const model = `import { twice } from "./layers.nn"
model Small(hidden: int = 3) {
  dim batch <= 4
  input x: [batch, 2]
  input t: int[batch] < hidden
  y = x |> linear(hidden) |> twice()
  output y
  loss cross_entropy(y, t)
  optimizer sgd(lr = 0.1)
}
`;
export const settings = { allowArbitraryExtensions: true, rootDirs: [".", "./.nnc/types"] };

export function write(folder: string, files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

export function project(more: Readonly<Record<string, string | object>> = {}): {
  folder: string;
  shell: World;
} {
  const folder = temporaryFolder();
  write(folder, {
    "src/small.nn": model,
    "src/layers.nn": "layer twice(x: [...s]) -> [...s] { return x * 2 }\n",
    "tsconfig.json": { compilerOptions: settings },
    ...more,
  });
  return { folder, shell: world(folder, { loadCompiler: () => import("../../src/index.ts") }) };
}

/** What `tsc -p` of a version says, a complaint a line. */
export function complaints(version: string, folder: string): string[] {
  const tsc = join(root, "node_modules", version, "bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line !== "");
}

/** The versions of TypeScript that are supported, as they are installed here. */
export const versions = ["typescript-5.9", "typescript", "typescript-7"] as const;

/** A strict project that finds the types of models. */
export const configuration = (compilerOptions: object, more: object = {}): object => ({
  compilerOptions: {
    ...settings,
    strict: true,
    noEmit: true,
    target: "es2022",
    lib: ["es2022"],
    types: [],
    ...compilerOptions,
  },
  include: ["src"],
  files: [client],
  ...more,
});

/** How modules are found. */
export const resolutions = [
  { module: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
] as const;
