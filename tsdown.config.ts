import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
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

export default defineConfig({
  entry: { index: "src/index.ts", cli: "src/cli/nnc.ts" },
  format: "esm",
  target: "node20.19",
  platform: "node",
  dts: true,
  clean: true,
  plugins: [rawText],
  // What the compiler itself needs is bundled, so that `dist/index.mjs` starts fast and runs in a browser as it is.
  deps: { alwaysBundle: [/^chevrotain$/, /^fastest-levenshtein$/, /^@jridgewell\//] },
});
