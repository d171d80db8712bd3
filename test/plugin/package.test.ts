/** The package as users get it: packed, judged by the tools of the ecosystem, and installed into an empty project. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageFile from "../../package.json";

const root = join(import.meta.dirname, "../..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "nnc-package-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const model = `model Small(hidden: int = 3) {
  dim batch <= 4
  input x: [batch, 2]
  input t: [batch, 1]
  output y = x |> linear(hidden) |> tanh |> linear(1)
  loss mse(y, t)
  optimizer sgd(lr = 0.1)
}
`;
const main = `import { Small } from "./small.nn";
const model = Small.create({ seed: 1 });
const batch = { x: [[1, 2]], t: [[3]] };
const first = model.step(batch);
for (let i = 0; i < 20; i++) model.step(batch);
console.log(model.step(batch) < first ? "learned" : "did not learn");
`;

let tarball = "";
beforeAll(() => {
  expect(existsSync(join(root, "dist/vite.mjs")), "run `npm run build` first").toBe(true);
  // What `prepack` would build is built.
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz"))!,
  );
}, 60_000);

describe("the package", () => {
  test("holds what its exports name, and no sources or tests", () => {
    const files = run("tar", "-tzf", tarball).trim().split("\n");
    for (const target of Object.values(packageFile.exports)) {
      const paths = typeof target === "string" ? [target] : Object.values(target);
      for (const path of paths) expect(files).toContain(path.replace("./", "package/"));
    }
    expect(
      files.filter((f) => !/^package\/(dist\/|client\.d\.ts|package\.json|README\.md|LICENSE)/.test(f)),
    ).toEqual([]);
  });

  test("is clean to publint", async () => {
    const { messages } = await publint({ pkgDir: root, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, packageFile))).toEqual([]);
  });

  test("has types that resolve", () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const entries = ["client"];
    const args = [tarball, "--profile", "esm-only", "--format", "json", "--exclude-entrypoints", ...entries];
    const { analysis } = JSON.parse(run(process.execPath, attw, ...args)) as {
      analysis: { problems: { kind: string; resolutionKind?: string }[] };
    };
    // CommonJS and the resolution of Node 10 are what a package of ES modules leaves behind.
    const left = analysis.problems.filter(
      (p) => p.resolutionKind !== "node10" && p.kind !== "CJSResolvesToESM",
    );
    expect(left).toEqual([]);
  }, 60_000);

  test("installs into an empty project, compiles, and builds with Vite", () => {
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name: "empty", private: true, type: "module" }),
    );
    run(
      "npm",
      "install",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--silent",
      tarball,
    );
    expect(run("npx", "--no-install", "nnc", "--version").trim()).toBe(packageFile.version);
    writeFileSync(join(folder, "small.nn"), model);
    writeFileSync(join(folder, "main.js"), main);
    run("npx", "--no-install", "nnc", "compile", "small.nn", "-o", "small.mjs");
    writeFileSync(join(folder, "direct.mjs"), main.replace("./small.nn", "./small.mjs"));
    expect(run(process.execPath, "direct.mjs")).toBe("learned\n");
    // Vite is the user's own; here that of this project.
    const vite = join(root, "node_modules/vite/dist/node/index.js");
    const build = `import { build } from ${JSON.stringify(vite)};
      import nnc from "nnc/vite";
      await build({
        configFile: false, logLevel: "silent", plugins: [nnc()],
        build: { ssr: "main.js", outDir: "out" },
      });`;
    writeFileSync(join(folder, "build.mjs"), build);
    run(process.execPath, "build.mjs");
    expect(run(process.execPath, "out/main.js")).toBe("learned\n");
    expect(existsSync(join(folder, ".nnc/types/small.d.nn.ts"))).toBe(true);
    expect(readFileSync(join(folder, "out/main.js"), "utf8")).not.toMatch(/from\s*"nnc/);
  }, 120_000);

  // The project is the one that the test above installed into.
  test.each(["typescript-5.9", "typescript", "typescript-7"])(
    "has types for models and their derivations: %s",
    (version) => {
      const right = `import { Small } from "./small.nn";
import { Small as Gpu } from "./small.nn?target=webgpu";
import derivation from "./small.nn?derivation";
import text from "./small.nn?raw";
export const y: Float32Array = Small.create().forward({ x: [[1, 2]] }).y;
export const later: Promise<Gpu> = Gpu.create();
export const steps: number = derivation.model.length + text.length;
`;
      const wrong = ["Small.create().then();", "Gpu.create().step;", "derivation.stepz;", "text.lines;"];
      writeFileSync(join(folder, "main.ts"), right + wrong.join("\n"));
      const settings = { allowArbitraryExtensions: true, rootDirs: [".", "./.nnc/types"] };
      const rest = {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        module: "nodenext",
        types: ["nnc/client"],
      };
      const include = ["main.ts", ".nnc/types"];
      const configuration = { compilerOptions: { ...settings, ...rest, target: "es2022" }, include };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
      run("npx", "--no-install", "nnc", "types");
      const tsc = join(root, "node_modules", version, "bin/tsc");
      const { stdout } = spawnSync(process.execPath, [tsc, "-p", ".", "--pretty", "false"], {
        cwd: folder,
        encoding: "utf8",
      });
      const found = stdout.trim().split("\n");
      expect(
        found.map((line) => Number(/\((\d+),/.exec(line)?.[1])),
        stdout,
      ).toEqual([8, 9, 10, 11]);
    },
    60_000,
  );
});
