import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missingSettings, withoutComments } from "../../src/project/typescript-settings.ts";
import {
  complaints,
  configuration,
  model,
  project,
  resolutions,
  settings,
  versions,
  write,
} from "./typescript-project.ts";
import { temporaryFolder } from "./world.ts";

const declaration = ".nnc/types/src/small.d.nn.ts";

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
  test.each(versions)(
    "writes what %s reads",
    async (version) => {
      const { folder, shell } = project({
        "package.json": { type: "module" },
        "tsconfig.json": configuration({ module: "nodenext" }, { include: ["src", ".nnc/types"] }),
        "src/main.ts": untyped,
      });
      expect(complaints(version, folder)).toEqual([]);
      write(folder, { "src/main.ts": program });
      expect(await shell.nnc("types")).toBe(0);
      expect(shell.err).toBe("2 declarations are up to date in .nnc/types\n");
      for (const modules of resolutions) {
        write(folder, { "tsconfig.json": configuration(modules, { include: ["src", ".nnc/types"] }) });
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
    const two = model.replace("import { twice }", "import { twice as again }").replace("twice()", "again()");
    const { folder, shell } = project({
      "src/two.nn": `${two}\n${two.split("\n").slice(1).join("\n").replace("Small", "Other")}`,
    });
    expect(await shell.nnc("types")).toBe(0);
    const types = readFileSync(join(folder, ".nnc/types/src/two.d.nn.ts"), "utf8");
    expect(types.match(/export declare class \w+/g)).toEqual([
      "export declare class Small",
      "export declare class Other",
    ]);
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
