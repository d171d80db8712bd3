/** What TypeScript knows of imports that ask for something behind a question mark. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildModel } from "../../src/plugin/build.ts";
import { declareImport } from "../../src/plugin/declare.ts";
import type { QueryImport } from "../../src/project/query-imports.ts";
import { queryImports } from "../../src/project/query-imports.ts";
import { queryKey, queryTypes } from "../../src/project/query-types.ts";
import { missingSettings } from "../../src/project/typescript-settings.ts";
import {
  complaints,
  configuration,
  model,
  project,
  resolutions,
  versions,
  write,
} from "./typescript-project.ts";

const file = ".nnc/types/queries.d.ts";
const wide = model.replace("Small", "Wide").replace("./layers", "../layers");

/** Where each line would be wrong if its import were `any`; the marked ones are wrong. */
const program = `import { Small } from "./small.nn";
import { Small as Gpu } from "./small.nn?target=webgpu";
import { Small as Fast } from "./small.nn?target=wasm&level=2";
import { Wide } from "@/wide/small.nn?target=wasm&level=2";
import text from "./small.nn?raw";
import derivation from "./small.nn?derivation";
import type { SmallInputs } from "./small.nn?target=webgpu";
const inputs: SmallInputs = { x: [[1, 2]] };
export const now: Float32Array = Small.create().forward(inputs).y;
export const later: Promise<Float32Array> = Gpu.create().then(async (m) => (await m.forward(inputs)).y);
export const ready: Promise<void> = Fast.create({ threads: 2 }).ready;
export const weights: Float32Array = Wide.create().parameters.y.linear.W;
export const length: number = text.length;
export const name: string = derivation.model;
Gpu.create().forward(inputs); // wrong
Fast.create().then(() => {}); // wrong
Wide.create().parameters.z; // wrong
text.lines; // wrong
derivation.nothing; // wrong
`;
const wrong = [...program.split("\n").entries()]
  .filter(([, line]) => line.endsWith("// wrong"))
  .map(([i]) => i + 1);

describe("imports with a question mark", () => {
  test.each(versions)(
    "are exact for %s, before the wildcards of nnc/client",
    async (version) => {
      const { folder, shell } = project({
        "package.json": { type: "module" },
        "src/wide/small.nn": wide,
        "src/main.ts": program,
        // The package itself, which test/plugin/package.test.ts installs.
        "nnc.d.ts": "export interface Derivation { readonly model: string }\n",
      });
      expect(await shell.nnc("types")).toBe(0);
      expect(shell.err).toContain("3 declarations are up to date");
      for (const modules of resolutions) {
        const paths = { "@/*": ["./src/*"], nnc: ["./nnc.d.ts"] };
        const options = { ...modules, paths, skipLibCheck: true };
        write(folder, { "tsconfig.json": configuration(options, { include: ["src", ".nnc/types"] }) });
        const lines = complaints(version, folder)
          .filter((line) => line.startsWith("src/main.ts") || line.includes("/src/main.ts"))
          .map((line) => Number(/main\.ts\((\d+),/.exec(line)![1]));
        expect(lines, complaints(version, folder).join("\n")).toEqual(wrong);
      }
    },
    60_000,
  );

  test("are written by the plugin as by nnc types", async () => {
    const { folder, shell } = project({
      "src/main.ts": `import { Small } from "./small.nn?level=1&target=wasm";\n`,
    });
    const path = join(folder, "src/small.nn");
    const { module } = await buildModel(path, { level: 1, target: "wasm" }, folder);
    const warnings: string[] = [];
    // Bundlers add marks of their own, and other orders mean the same.
    declareImport(
      `${path}?import&target=wasm&level=1&t=17`,
      module!.declaration,
      { root: folder, options: {} },
      (w) => warnings.push(w),
    );
    expect(warnings).toEqual([]);
    const written = readFileSync(join(folder, file), "utf8");
    expect(written).toContain(
      '// src/small.nn?level=1&target=wasm\ndeclare module ".*/small.nn?level=1&target=wasm" {\n',
    );
    expect(await shell.nnc("types")).toBe(0);
    expect(readFileSync(join(folder, file), "utf8")).toBe(written);
  });

  test("--check asks for the file, and for the setting that it needs", async () => {
    const { folder, shell } = project({ "src/main.ts": `import text from "./small.nn?raw";\n` });
    const sentence = 'tsconfig.json: add "include": ["**/*", ".nnc/types"]';
    expect(await shell.nnc("types", "--check")).toBe(1);
    expect(shell.err).toContain(`nnc: ${file} is not up to date: run nnc types\n`);
    expect(shell.err).toContain(sentence);
    const { compilerOptions } = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8")) as object & {
      compilerOptions: object;
    };
    write(folder, { "tsconfig.json": { compilerOptions, include: ["src"] } });
    expect(missingSettings(folder, true)).toEqual(['tsconfig.json: add ".nnc/types" to "include"']);
    expect(missingSettings(folder, false)).toEqual([]);
    write(folder, { "tsconfig.json": { compilerOptions, include: ["src", ".nnc/types/**/*"] } });
    expect(await shell.nnc("types")).toBe(0);
    expect(await shell.nnc("types", "--check")).toBe(0);
    write(folder, { "src/main.ts": "" });
    expect(await shell.nnc("types", "--check")).toBe(1);
    expect(await shell.nnc("types")).toBe(0);
    expect(existsSync(join(folder, file))).toBe(false);
  });

  test("an option that does not exist is named, and a model with mistakes keeps its types", async () => {
    const { folder, shell } = project({ "src/main.ts": `import "./small.nn?target=wasm";\n` });
    await shell.nnc("types");
    const before = readFileSync(join(folder, file), "utf8");
    write(folder, { "src/small.nn": model.replace("x |>", "z |>") });
    expect(await shell.nnc("types")).toBe(1);
    expect(readFileSync(join(folder, file), "utf8")).toBe(before);
    write(folder, { "src/small.nn": model, "src/main.ts": `import "./small.nn?lvel=1";\n` });
    shell.err = "";
    expect(await shell.nnc("types")).toBe(1);
    expect(shell.err).toContain("./small.nn?lvel=1: an import of a model: there is no option `lvel`");
  });

  test("what TypeScript can't tell apart is any, and said", async () => {
    const importing = `import { M } from "./small.nn?target=wasm";\n`;
    const { folder, shell } = project({
      "src/main.ts": importing,
      "src/wide/main.ts": importing,
      "src/wide/small.nn": wide,
    });
    expect(await shell.nnc("types")).toBe(0);
    expect(shell.err).toContain(
      "src/small.nn and src/wide/small.nn are imported with ?target=wasm by the same path: TypeScript can't tell them apart",
    );
    expect(readFileSync(join(folder, file), "utf8")).toContain('declare module ".*/small.nn?target=wasm";\n');
  });

  test("follow the target that the plugin is told, folder by folder", async () => {
    const { folder, shell } = project({
      "src/main.ts": `import "./small.nn?level=1"; import "./wide/small.nn?level=1";\n`,
      "src/wide/small.nn": wide,
      "tsconfig.json": configuration({}, { include: ["src", ".nnc/types"] }),
    });
    const read = (path: string): string => readFileSync(join(folder, ".nnc/types", path), "utf8");
    const both = (): boolean[] =>
      [read("queries.d.ts"), read("src/wide/small.d.nn.ts")].map((t) => t.includes("Promise<Wide>"));
    expect(await shell.nnc("types")).toBe(0);
    expect(both()).toEqual([false, false]);
    expect(await shell.nnc("types", "src/wide", "--target", "webgpu")).toBe(0);
    expect(both()).toEqual([true, true]);
    expect(read("queries.d.ts")).not.toContain("Promise<Small>");
    expect(await shell.nnc("types", "src/wide", "--target", "webgpu", "--check")).toBe(0);
    expect(await shell.nnc("types", "src/small.nn", "--check")).toBe(0);
    expect(await shell.nnc("types", "--check")).toBe(1);
  });
});

describe("the imports of a project", () => {
  test("are found in programs, with what they mean", () => {
    const { folder } = project({
      "src/main.ts": `const text = await import('./small.nn?raw'); // "./nowhere.nn?raw"\n`,
      "src/App.vue": `<script setup>import { Small } from "@/small.nn?level=0"</script>`,
      "index.html": `<script type="module">import { Small } from "/src/small.nn?target=wasm"</script>`,
      "src/other.js": `import url from "./small.nn?url"; import "./layers.nn";`,
      "node_modules/a/index.js": `import text from "../../src/small.nn?raw";`,
    });
    const found = queryImports(folder);
    expect(found.map((f) => f.specifier).toSorted()).toEqual([
      "./small.nn?raw",
      "/src/small.nn?target=wasm",
      "@/small.nn?level=0",
    ]);
    expect(new Set(found.map((f) => f.model))).toEqual(new Set([join(folder, "src/small.nn")]));
  });

  test("become patterns that match what is written, the longest first", () => {
    const of = (specifier: string, model = "/p/a.nn"): QueryImport => ({ specifier, model });
    const imports = [
      "./a.nn?raw",
      "../x/a.nn?raw",
      "../../x/y/a.nn?raw",
      "@/y/a.nn?raw",
      "/y/a.nn?raw",
      "a.nn?raw",
    ].map((s) => of(s));
    const text = queryTypes(imports, new Map([[queryKey("/p/a.nn", "raw", "/p"), "body"]]), "/p");
    const patterns = [...text.matchAll(/declare module "(.*)"/g)].map((m) => m[1]!);
    expect(patterns).toEqual([
      "..*/x/y/a.nn?raw",
      "..*/x/a.nn?raw",
      "@*/y/a.nn?raw",
      "*/y/a.nn?raw",
      ".*/a.nn?raw",
      "a.nn?raw",
    ]);
    for (const { specifier } of imports) {
      const matches = (pattern: string): boolean => {
        const [before = "", after] = pattern.split("*");
        return after === undefined
          ? pattern === specifier
          : specifier.startsWith(before) &&
              specifier.endsWith(after) &&
              specifier.length >= before.length + after.length;
      };
      expect(patterns.some(matches), specifier).toBe(true);
    }
  });
});
