import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder, world } from "./world.ts";
import type { World } from "./world.ts";

let folder: string;
let it: World;
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder);
  write("m.nn", "model m\n");
});

describe("compile", () => {
  test("prints the module on standard output, and nothing else", async () => {
    expect(await it.nnc("compile", "m.nn")).toBe(0);
    expect([it.out, it.err]).toEqual(["MODEL M\n", ""]);
    expect(readdirSync(folder)).toEqual(["m.nn"]);
  });

  test("passes its flags on", async () => {
    await it.nnc(
      "compile",
      "m.nn",
      "-O0",
      "--set",
      "hidden=128",
      "--set",
      "bias=false",
      "--model",
      "M",
      "--no-simplify",
      "--exact",
    );
    await it.nnc("compile", "m.nn");
    expect(it.calls[0]!.settings).toMatchObject({
      file: "m.nn",
      level: 0,
      sizes: { hidden: 128, bias: false },
      model: "M",
      simplify: false,
      realOnlyRules: false,
      language: "typescript",
      version: "1.2.3",
    });
    expect(it.calls[1]!.settings).toMatchObject({ level: 1, sizes: {}, simplify: true, realOnlyRules: true });
    expect(it.calls[1]!.settings).not.toHaveProperty("model");
    expect(it.calls[1]!.settings).not.toHaveProperty("trace");
  });

  test("-o x.js writes the module, its declarations and a map that finds its sources", async () => {
    expect(await it.nnc("compile", "m.nn", "-o", "build/deep/x.js")).toBe(0);
    expect(it.out).toBe("");
    expect(it.calls[0]!.settings.language).toBe("javascript");
    expect(readdirSync(join(folder, "build/deep")).toSorted()).toEqual(["x.d.ts", "x.js", "x.js.map"]);
    expect(read("build/deep/x.js")).toBe("MODEL M\n//# sourceMappingURL=x.js.map\n");
    expect(JSON.parse(read("build/deep/x.js.map"))).toMatchObject({
      file: "x.js",
      sources: ["../../m.nn", "std/layers.nn"],
    });
  });

  test.each([
    ["x.ts", ["x.ts", "x.ts.map"]],
    ["x.mjs", ["x.d.mts", "x.mjs", "x.mjs.map"]],
  ])("-o %s writes %o", async (name, expected) => {
    expect(await it.nnc("compile", "m.nn", "-o", name)).toBe(0);
    expect(
      readdirSync(folder)
        .filter((f) => f !== "m.nn")
        .toSorted(),
    ).toEqual(expected);
  });

  test("--target wasm asks for WebAssembly; x.wat is its text, and stands alone", async () => {
    expect(await it.nnc("compile", "m.nn", "--target", "wasm", "-o", "x.ts")).toBe(0);
    expect(await it.nnc("compile", "m.nn", "--target", "wasm", "-o", "y.wat")).toBe(0);
    await it.nnc("compile", "m.nn", "-o", "z.ts");
    expect(it.calls.map((c) => c.settings.target)).toEqual(["wasm", "wasm", "typescript"]);
    expect(read("x.ts")).toContain("MODEL M");
    expect(read("y.wat")).toBe("(module)\n");
    expect(readdirSync(folder).filter((f) => f.startsWith("y"))).toEqual(["y.wat"]);
  });

  test("with -O2 the target is chosen, unless it is given or told by a name", async () => {
    for (const more of [[], ["--target", "typescript"], ["-o", "y.wat"]]) {
      expect(await it.nnc("compile", "m.nn", "-O2", ...more)).toBe(0);
    }
    await it.nnc("compile", "m.nn", "--target", "auto");
    expect(it.calls.map((c) => c.settings.target)).toEqual(["auto", "typescript", "wasm", "auto"]);
    expect(it.err).toBe("note: target wasm: it is faster\n".repeat(2));
  });

  test("errors go to standard error with exit code 1, and nothing is written", async () => {
    write("m.nn", "model\n  wrong\n");
    write("x.ts", "as it was");
    expect(await it.nnc("compile", "m.nn", "-o", "x.ts")).toBe(1);
    expect(it.out).toBe("");
    expect(it.err).toBe("error[NN1001]: this is wrong\n  --> m.nn:2:3\n   2 |   wrong\n     |   ^^^^^\n");
    expect(read("x.ts")).toBe("as it was");
    expect(readdirSync(folder).toSorted()).toEqual(["m.nn", "x.ts"]);
  });

  test("a file that would not change is not touched", async () => {
    await it.nnc("compile", "m.nn", "-o", "x.ts");
    utimesSync(join(folder, "x.ts"), 1, 1);
    await it.nnc("compile", "m.nn", "-o", "x.ts");
    expect(statSync(join(folder, "x.ts")).mtimeMs).toBe(1000);
    write("m.nn", "model other\n");
    await it.nnc("compile", "m.nn", "-o", "x.ts");
    expect(read("x.ts")).toContain("MODEL OTHER");
  });

  test("a symbolic link stays one", async () => {
    mkdirSync(join(folder, "real"));
    write("real/x.ts", "");
    symlinkSync("real/x.ts", join(folder, "x.ts"));
    await it.nnc("compile", "m.nn", "-o", "x.ts");
    expect(read("real/x.ts")).toContain("MODEL M");
  });

  test("where one output cannot be written, none is, and nothing is left behind", async () => {
    mkdirSync(join(folder, "x.ts.map"));
    expect(await it.nnc("compile", "m.nn", "-o", "x.ts")).toBe(2);
    expect(it.err).toMatch(/^nnc: cannot write `.*x\.ts\.map`: it is a directory\n$/);
    expect(readdirSync(folder).toSorted()).toEqual(["m.nn", "x.ts.map"]);
  });

  test("imports are read from beside the file that imports", async () => {
    mkdirSync(join(folder, "models/parts"), { recursive: true });
    write("models/m.nn", "import ./parts/a.nn");
    write("models/parts/a.nn", "import ../b.nn");
    expect(await it.nnc("compile", "models/m.nn")).toBe(0);
    expect(it.calls[0]!.settings.file).toBe("models/m.nn");
    const resolve = it.calls[0]!.settings.resolveImport!;
    expect(resolve("./parts/a.nn", "models/m.nn")?.file).toBe("models/parts/a.nn");
    expect(resolve("../b.nn", "models/parts/a.nn")).toBeNull();
    write("models/b.nn", "here");
    expect(resolve("../b.nn", "models/parts/a.nn")).toEqual({ file: "models/b.nn", text: "here" });
  });

  test("--trace prints the stages to standard error", async () => {
    await it.nnc("compile", "m.nn", "--trace");
    expect([it.out, it.err]).toEqual(["MODEL M\n", "// ---- parse\nmodel m\n\n"]);
  });
});

describe("--json", () => {
  test("one object says what was written", async () => {
    expect(await it.nnc("compile", "m.nn", "-o", "x.js", "--json")).toBe(0);
    expect(it.err).toBe("");
    const report = JSON.parse(it.out);
    expect(report).toMatchObject({ version: "1.2.3", diagnostics: [] });
    expect(report.outputs[0]).toEqual({ path: "x.js", bytes: read("x.js").length });
    expect(report.outputs.map((o: { path: string }) => o.path)).toEqual(["x.js", "x.d.ts", "x.js.map"]);
  });

  test("diagnostics have places, and nothing else is printed", async () => {
    write("m.nn", "a\n wrong");
    expect(await it.nnc("compile", "m.nn", "--json")).toBe(1);
    expect(it.err).toBe("");
    expect(JSON.parse(it.out).diagnostics).toEqual([
      {
        code: "NN1001",
        severity: "error",
        message: "this is wrong",
        file: "m.nn",
        start: { line: 2, column: 2, offset: 3 },
        end: { line: 2, column: 7, offset: 8 },
        notes: [],
      },
    ]);
  });
});

describe("check", () => {
  test("reports every file and writes nothing", async () => {
    write("a.nn", "wrong");
    write("b.nn", "wrong");
    expect(await it.nnc("check", "a.nn", "m.nn", "b.nn")).toBe(1);
    expect(it.out).toBe("");
    expect(it.err.match(/--> .*/g)).toEqual(["--> a.nn:1:1", "--> b.nn:1:1"]);
    expect(await it.nnc("check", "m.nn")).toBe(0);
  });

  test("--json gathers the diagnostics of all files", async () => {
    write("a.nn", "wrong");
    expect(await it.nnc("check", "--json", "a.nn", "m.nn", "a.nn")).toBe(1);
    expect(JSON.parse(it.out).diagnostics).toHaveLength(2);
  });
});

describe("bad usage is exit code 2 and one message", () => {
  test.each([
    [["compile"], "missing required argument 'model.nn'"],
    [["compile", "m.nn", "--outptu", "x.ts"], "(Did you mean --output?)"],
    [["compile", "m.nn", "-O3"], "Allowed choices are 0, 1"],
    [["compile", "m.nn", "--set", "hidden"], "Expected name=value"],
    [["compile", "m.nn", "--set", "hidden=many"], "neither a number nor true or false"],
    [["compile", "m.nn", "-o", "x.py"], "must end in .ts, .mts, .js or .mjs"],
    [["compile", "m.nn", "-o", "x.d.ts"], "must end in .ts, .mts, .js or .mjs"],
    [["compile", "m.nn", "-o", "x.wat"], "cannot write `x.wat`: .wat needs --target wasm"],
    [["compile", "m.nn", "--target", "wasm", "-o", "x.py"], "must end in .ts, .mts, .js, .mjs or .wat"],
    [["compile", "m.nn", "--target", "cuda"], "Allowed choices are typescript, wasm"],
    [["compile", "m.nn", "--watch"], "--watch needs a file to write"],
    [["compile", "gone.nn"], "nnc: cannot read `gone.nn`: no such file"],
    [["compile", "."], "nnc: cannot read `.`: it is a directory"],
    [["check", "m.nn", "gone.nn"], "nnc: cannot read `gone.nn`: no such file"],
    [["compiel", "m.nn"], "(Did you mean compile?)"],
    [[], "Usage: nnc"],
  ])("%o", async (argv, message) => {
    expect(await it.nnc(...argv)).toBe(2);
    expect(it.err).toContain(message);
    expect(it.err).not.toMatch(/^ +at /m);
    expect(it.out).toBe("");
    expect(it.calls).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)("a file that may not be read", async () => {
    chmodSync(join(folder, "m.nn"), 0);
    expect(await it.nnc("compile", "m.nn")).toBe(2);
    expect(it.err).toBe("nnc: cannot read `m.nn`: permission denied\n");
  });
});

test("help and version are exit code 0, and load no compiler", async () => {
  const asleep = world(folder, { loadCompiler: () => Promise.reject(new Error("loaded")) });
  expect(await asleep.nnc("--help")).toBe(0);
  expect(await asleep.nnc("compile", "--help")).toBe(0);
  expect(asleep.out).toContain("--set <name=value>");
  expect(await asleep.nnc("--version")).toBe(0);
  expect(asleep.out.endsWith("1.2.3\n")).toBe(true);
});

describe("a broken invariant", () => {
  beforeEach(() => write("m.nn", "broken"));

  test("is exit code 3, asks for a report, and shows no stack", async () => {
    expect(await it.nnc("compile", "m.nn", "-o", "x.ts")).toBe(3);
    expect(it.err).toMatch(/^nnc: internal error NN9001: the graph has a cycle\n.*please report/);
    expect(it.err).not.toMatch(/^ +at /m);
  });

  test("shows its stack with NNC_DEBUG=1", async () => {
    it = world(folder, { environment: { NNC_DEBUG: "1" } });
    expect(await it.nnc("check", "m.nn")).toBe(3);
    expect(it.err).toMatch(/^ +at /m);
  });
});
