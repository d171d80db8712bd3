/** The bundle of each bundler is built and run. */
import { SourceMap } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { OptionError } from "../../src/project/model-options.ts";
import type { PluginOptions } from "../../src/plugin/options.ts";
import rollupPlugin from "../../src/plugin/rollup.ts";
import { load } from "../support/generated.ts";
import { bundlers, project } from "./bundlers.ts";

const layers = `layer twice(x: [...s, n]) -> [...s, n] {\n  return x * 2\n}\n`;
const model = `import { twice } from "./layers.nn"
model M(hidden: int = 3) {
  dim batch <= 4
  input x: [batch, 2]
  input t: [batch, hidden]
  y = x |> linear(hidden) |> twice()
  output y
  loss mse(y, t)
  optimizer sgd(lr = 0.1)
}
`;
const several = `model A { input x: [2];  output y = x + 1 }\nmodel B { input x: [2];  output y = x + 2 }\n`;
const main = `import { M } from "./models/m.nn";
import { A, B } from "./models/several.nn";
import { B as Alone } from "./models/several.nn?model=B";
import { M as Wide } from "./models/m.nn?target=wasm&level=2&sizes.hidden=5";
import text from "./models/m.nn?raw";
import derivation from "./models/m.nn?derivation";
const predict = (Class) => [...Class.create({ seed: 1 }).forward({ x: [[1, 2]] }).y];
export const narrow = predict(M);
export const wide = predict(Wide);
export const derived = derivation.model;
export const each = [A, B, Alone].map((Class) => Class.create().forward({ x: [1, 2] }).y[0]);
export { text };
`;
const files = {
  "main.js": main,
  "models/m.nn": model,
  "models/layers.nn": layers,
  "models/several.nn": several,
};

interface Results {
  readonly narrow: number[];
  readonly wide: number[];
  readonly text: string;
  readonly derived: string;
  readonly each: number[];
}

async function expected(sizes: Record<string, number>): Promise<number[]> {
  const { outputs } = await compile(model, {
    language: "javascript",
    sizes,
    resolveImport: () => ({ file: "layers.nn", text: layers }),
  });
  const M = await load(outputs[0]!.text, "M");
  return [...(M.create({ seed: 1 }).forward({ x: [1, 2] })["y"] as Float32Array)];
}

const run = async (folder: string): Promise<Results> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(folder, "dist/main.mjs")).href)) as Results;

/** The lines of the bundle that come from this line of a source, counted from 1. */
function linesFrom(code: string, map: string, source: string, line: number): string[] {
  const parsed = new SourceMap(JSON.parse(map));
  return code.split("\n").filter((text, i) => {
    const entry = parsed.findEntry(i, text.length - text.trimStart().length);
    return (
      "originalSource" in entry &&
      entry.generatedLine === i &&
      entry.originalLine === line - 1 &&
      entry.originalSource.endsWith(source)
    );
  });
}

describe.each(Object.entries(bundlers))("%s", (_, bundle) => {
  test("builds models that run, with queries, imports to watch, and a source map", async () => {
    const folder = project(files);
    const { errors, warnings, watched, code, map } = await bundle(folder, {
      root: folder,
      level: 1,
      target: "typescript",
    });
    expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
    const results = await run(folder);
    expect(results.narrow).toEqual(await expected({}));
    const wide = await expected({ hidden: 5 });
    expect(results.wide.length).toBe(5);
    results.wide.forEach((value, i) => expect(value).toBeCloseTo(wide[i]!, 5));
    expect(results.text).toBe(model);
    expect(results.derived).toBe("M");
    expect(results.each).toEqual([2, 3, 3]);
    if (watched) {
      expect(watched).toContain(join(folder, "models/m.nn"));
      expect(watched).toContain(join(folder, "models/layers.nn"));
    }
    const fromModel = linesFrom(code, map, "models/m.nn", 6).join("\n");
    expect(fromModel).toMatch(/\+= x\[b \* 2 \+ k\]/);
  });

  test("shows all mistakes, with their frames", async () => {
    const wrong = model.replace("x |>", "z |>").replace("[batch, hidden]", "[batch, hiden]");
    const folder = project({ ...files, "models/m.nn": wrong });
    const { errors } = await bundle(folder, { root: folder });
    const text = errors.join("\n");
    expect(text).toContain("error[NN2001]: `z` is not defined");
    expect(text).toContain("--> models/m.nn:6:7");
    expect(text).toMatch(/6 \| {3}y = z \|> linear\(hidden\) \|> twice\(\)\n.*\| {7}\^/);
    expect(text).toMatch(/--> models\/m\.nn:5:/);
  });

  test("shows warnings, and takes options for all models and for one", async () => {
    const unused = "model U(n: int = 2) {\n  input x: [n]\n  loss sum(x)\n  optimizer sgd()\n}\n";
    const folder = project({
      "main.js": `import { U } from "./u.nn";\nexport const inputs = U.shapes.inputs;\n`,
      "u.nn": unused,
    });
    const options: PluginOptions = { root: folder, sizes: { n: 3 }, models: { "u.nn": { sizes: { n: 4 } } } };
    const { errors, warnings } = await bundle(folder, options);
    expect(errors).toEqual([]);
    expect(warnings.join("\n")).toContain("warning[NN2042]");
    expect(await run(folder)).toMatchObject({ inputs: { x: [4] } });
  });
});

describe("a mistake in the options", () => {
  const of = (options: object): string => {
    try {
      rollupPlugin(options);
      return "";
    } catch (error) {
      expect(error).toBeInstanceOf(OptionError);
      return error instanceof Error ? error.message : "";
    }
  };

  test.each([
    [{ levels: 2 }, "there is no option `levels`; there are level, target, sizes, "],
    [{ level: 3 }, "`level` must be 0, 1 or 2, but it is 3"],
    [{ level: "2" }, '`level` must be 0, 1 or 2, but it is "2"'],
    [{ target: "gpu" }, '`target` must be "typescript"'],
    [{ sizes: { hidden: "8" } }, "`sizes` must be numbers, true or false by name"],
    [{ models: { "m.nn": { lvel: 1 } } }, 'models["m.nn"]: there is no option `lvel`'],
  ])("%j", (options, message) => expect(of(options)).toContain(message));

  test("in an import, and for a file that is not there", async () => {
    const of = async (query: string, options: PluginOptions): Promise<string> => {
      const folder = project({ ...files, "main.js": `import "./models/m.nn${query}";\n` });
      return (await bundlers["rollup"]!(folder, options)).errors.join("\n");
    };
    expect(await of("?size.hidden=3", {})).toContain("there is no option `size.hidden`");
    expect(await of("?level=9", {})).toContain("`level` must be 0, 1 or 2, but it is 9");
    expect(await of("?sizes.hiden=3", {})).toContain("error[NN2030]: there is no size `hiden` to set");
    expect(await of("", { models: { "n.nn": {} } })).toContain('models["n.nn"]: there is no such file');
  });
});
