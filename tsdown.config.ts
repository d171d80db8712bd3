import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { UserConfig } from "tsdown";
import { defineConfig } from "tsdown";

const suffix = "?raw";

/** `import text from "./file.nn?raw"`: the text of the file, as vite and vitest understand it. */
const rawText = {
  name: "raw-text",
  resolveId(source: string, importer: string | undefined) {
    if (!source.endsWith(suffix) || importer === undefined) return null;
    return resolve(dirname(importer), source.slice(0, -suffix.length)) + suffix;
  },
  load(id: string) {
    if (!id.endsWith(suffix)) return null;
    const text = readFileSync(id.slice(0, -suffix.length), "utf8");
    return { code: `export default ${JSON.stringify(text)};`, moduleType: "js" as const };
  },
};

/** The licences of what is bundled travel with it. */
const notices = {
  name: "third-party-notices",
  generateBundle(this: PluginContext, _: unknown, bundle: Record<string, OutputFile>) {
    const modules = Object.values(bundle).flatMap((file) =>
      file.type === "chunk" ? Object.keys(file.modules) : [],
    );
    const packages = new Set(
      modules.flatMap((id) => id.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []),
    );
    const named = new Map<string, string[]>();
    for (const folder of [...packages].toSorted()) {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name} brings no licence text`);
      const text = readFileSync(join(folder, file), "utf8").trim();
      named.set(text, [...(named.get(text) ?? []), `${name} ${version}`]);
    }
    const texts = [...named].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
    if (texts.length === 0) return;
    this.emitFile({
      type: "asset",
      fileName: "third-party-licences.txt",
      source: texts.join(`\n${"-".repeat(80)}\n\n`),
    });
  },
};

interface PluginContext {
  emitFile(file: { type: "asset"; fileName: string; source: string }): string;
}

type OutputFile = { type: "chunk"; modules: Record<string, unknown> } | { type: "asset" };

const bundlers = ["vite", "rollup", "rolldown", "webpack", "rspack", "esbuild"];

const shared: UserConfig = {
  format: "esm",
  target: "node20.19",
  platform: "node",
  dts: true,
  // What the compiler itself needs is bundled, so that `dist/index.mjs` starts fast and runs in a browser as it is.
  deps: { alwaysBundle: [/^chevrotain$/, /^fastest-levenshtein$/, /^@jridgewell\//, /^prettier\/doc$/] },
};

export default defineConfig([
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      cli: "src/cli/nnc.ts",
      ...Object.fromEntries(bundlers.map((name) => [name, `src/plugin/${name}.ts`])),
    },
    clean: true,
    plugins: [rawText, notices],
  },
  // By itself, with a parser of its own: the compiler would no longer be one file if they shared one.
  { ...shared, entry: { prettier: "src/format/prettier.ts" }, clean: false, plugins: [rawText] },
]);
