import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { missingSettings, withoutComments } from "../../src/project/typescript-settings.ts";
import type { World } from "./world.ts";
import { temporaryFolder, world } from "./world.ts";

const root = join(import.meta.dirname, "../..");
const client = join(root, "client.d.ts");
const model = `import { twice } from "./layers.nn"
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
const settings = { allowArbitraryExtensions: true, rootDirs: [".", "./.nnc/types"] };

function write(folder: string, files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

function project(more: Readonly<Record<string, string | object>> = {}): { folder: string; shell: World } {
  const folder = temporaryFolder();
  write(folder, {
    "src/small.nn": model,
    "src/layers.nn": "layer twice(x: [...s]) -> [...s] { return x * 2 }\n",
    "tsconfig.json": { compilerOptions: settings },
    ...more,
  });
  return { folder, shell: world(folder, { loadCompiler: () => import("../../src/index.ts") }) };
}

const declaration = ".nnc/types/src/small.d.nn.ts";

/** What `tsc -p` of a version says, a complaint a line. */
function complaints(version: string, folder: string): string[] {
  const tsc = join(root, "node_modules", version, "bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line !== "");
}

const program = `import { Small } from "./small.nn";
import type { SmallOutputs, SmallTrainingInputs } from "./small.nn";
import text from "./small.nn?raw";
const inputs: SmallTrainingInputs = { x: [[1, 2]], t: [0] };
const small: Small = Small.create({ seed: 1 });
export const loss: number = small.step(inputs);
export const outputs: SmallOutputs = small.forward({ x: inputs.x });
export const W: Float32Array = small.parameters.y.linear.W;
export const length: number = text.length;
small.forward({ z: inputs.x });
small.parameters.y.V;
`;

/** What needs no types of its own: the wildcard of nnc/client stands in. */
const untyped = `import { Small } from "./small.nn";
import { Small as Fast } from "./small.nn?target=wasm&level=2";
export const losses = [Small, Fast].map((Model) => Model.create().step({ x: [[1, 2]], t: [0] }));
`;

describe("nnc types", () => {
  test.each(["typescript-5.9", "typescript", "typescript-7"])(
    "writes what %s reads",
    async (version) => {
      const options = {
        ...settings,
        strict: true,
        noEmit: true,
        target: "es2022",
        lib: ["es2022"],
        types: [],
      };
      const configuration = (modules: object): object => ({
        compilerOptions: { ...options, ...modules },
        include: ["src"],
        files: [client],
      });
      const { folder, shell } = project({
        "package.json": { type: "module" },
        "tsconfig.json": configuration({ module: "nodenext" }),
        "src/main.ts": untyped,
      });
      expect(complaints(version, folder)).toEqual([]);
      expect(await shell.nnc("types")).toBe(0);
      expect(shell.err).toBe("1 declaration is up to date in .nnc/types\n");
      write(folder, { "src/main.ts": program });
      for (const modules of [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }]) {
        write(folder, { "tsconfig.json": configuration(modules) });
        const found = complaints(version, folder);
        expect(found.length, found.join("\n")).toBe(2);
        expect(found[0]).toContain(
          "main.ts(10,17): error TS2353: Object literal may only specify known properties",
        );
        expect(found[1]).toContain("main.ts(11,20): error TS2339: Property 'V' does not exist");
      }
    },
    60_000,
  );

  test("--check finds what is missing, changed and left over", async () => {
    const { folder, shell } = project();
    expect(await shell.nnc("types", "--check")).toBe(1);
    expect(shell.err).toBe(`nnc: ${declaration} is not up to date: run nnc types\n`);
    expect(existsSync(join(folder, ".nnc"))).toBe(false);
    expect(await shell.nnc("types")).toBe(0);
    expect(await shell.nnc("types", "--check")).toBe(0);
    write(folder, { "src/small.nn": model.replace("output y", "output y\n  output z = y + 1") });
    expect(await shell.nnc("types", "--check")).toBe(1);
    expect(await shell.nnc("types")).toBe(0);
    expect(readFileSync(join(folder, declaration), "utf8")).toContain("readonly z: Float32Array");
    rmSync(join(folder, "src/small.nn"));
    shell.err = "";
    expect(await shell.nnc("types", "--check")).toBe(1);
    expect(shell.err).toBe(`nnc: ${declaration} has no model any more: run nnc types\n`);
    expect(await shell.nnc("types")).toBe(0);
    expect(existsSync(join(folder, declaration))).toBe(false);
  });

  test("a model with mistakes keeps its last types", async () => {
    const { folder, shell } = project();
    await shell.nnc("types");
    const before = readFileSync(join(folder, declaration), "utf8");
    write(folder, { "src/small.nn": model.replace("x |>", "z |>") });
    expect(await shell.nnc("types")).toBe(1);
    expect(shell.err).toContain("error[NN2001]");
    expect(readFileSync(join(folder, declaration), "utf8")).toBe(before);
  });

  test("files with no model, several, and outside are told apart", async () => {
    const { folder, shell } = project({ "two.nn": `${model}\n${model.replace("Small", "Other")}` });
    expect(await shell.nnc("types")).toBe(0);
    expect(shell.err).toContain("nnc: two.nn holds several models (Small, Other)");
    expect(await shell.nnc("types", "../elsewhere.nn")).toBe(2);
    expect(existsSync(join(folder, ".nnc/types/src/layers.d.nn.ts"))).toBe(false);
  });
});

describe("the settings of TypeScript", () => {
  const missing = (files: Readonly<Record<string, string | object>>): string[] => {
    const folder = temporaryFolder();
    write(folder, files);
    return missingSettings(folder);
  };
  const arbitrary = 'tsconfig.json: add "allowArbitraryExtensions": true to "compilerOptions"';
  const folders = 'tsconfig.json: add "rootDirs": [".", "./.nnc/types"] to "compilerOptions"';

  test("each that is missing is named", () => {
    expect(missing({})).toEqual(["there is no tsconfig.json here: run nnc types where it is"]);
    expect(missing({ "tsconfig.json": {} })).toEqual([arbitrary, folders]);
    expect(missing({ "tsconfig.json": { compilerOptions: { ...settings, rootDirs: ["src"] } } })).toEqual([
      'tsconfig.json: "rootDirs" must hold ".", "./.nnc/types"',
    ]);
    const parts = { ...settings, rootDirs: ["./src", ".nnc/types/src"] };
    expect(missing({ "tsconfig.json": { compilerOptions: parts } })).toEqual([]);
  });

  test("comments, inherited settings and references are followed", () => {
    const text = '{ // "a"\n "x": "// /* , }", /* , */ "list": [1, 2,], }';
    expect(JSON.parse(withoutComments(text))).toEqual({ x: "// /* , }", list: [1, 2] });
    expect(
      missing({
        "tsconfig.json": '{ "extends": ["./base", "shared/tsconfig"], /* all */ }',
        "base.json": { compilerOptions: { rootDirs: settings.rootDirs } },
        "node_modules/shared/tsconfig.json": { compilerOptions: { allowArbitraryExtensions: true } },
      }),
    ).toEqual([]);
    const solution = { files: [], references: [{ path: "./tsconfig.app.json" }, { path: "./tools" }] };
    const app = (compilerOptions: object): Record<string, object> => ({
      "tsconfig.json": solution,
      "tsconfig.app.json": { compilerOptions },
      "tools/tsconfig.json": {},
    });
    expect(missing(app(settings))).toEqual([]);
    expect(missing(app({}))[0]).toContain("tsconfig.app.json: add");
  });
});
