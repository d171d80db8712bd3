/** What `npm run build` made. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import packageFile from "../../package.json";
import { points, small } from "./training.ts";
import { temporaryFolder } from "./world.ts";

const dist = join(import.meta.dirname, "../../dist");
const cli = join(dist, "cli.mjs");

test("there is a build", () => {
  expect(existsSync(cli), "run `npm run build` first").toBe(true);
});

test("the command starts fast, by itself", () => {
  const start = performance.now();
  expect(execFileSync(cli, ["--version"], { encoding: "utf8" })).toBe(`${packageFile.version}\n`);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(statSync(cli).mode & 0o111).toBe(0o111);
});

test("the compiler is one file that needs neither Node nor a package, but to assemble WebAssembly and to read shaders back", () => {
  const index = readFileSync(join(dist, "index.mjs"), "utf8");
  expect(index.match(/^import .*/gm) ?? []).toEqual([]);
  expect(index).not.toMatch(/["']node:|createRequire/);
  expect(index.match(/\bimport\(["'].*?\)/g)).toEqual([
    'import("wabt")',
    'import("wgsl_reflect/wgsl_reflect.module.js")',
  ]);
});

test("a model compiles through a pipe that closes early", () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "m.nn"),
    "model M {\n  dim batch <= 4\n  input x: [batch, 2]\n  output y = x * 2\n}\n",
  );
  const run = spawnSync("bash", ["-c", `set -o pipefail; "${cli}" compile m.nn | head -n 1`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
});

test("--watch ends with exit code 0 at Ctrl-C", async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "m.nn"),
    "model M {\n  dim batch <= 4\n  input x: [batch, 2]\n  output y = x * 2\n}\n",
  );
  const process = spawn(cli, ["compile", "m.nn", "-o", "m.js", "--watch"], { cwd: folder });
  let err = "";
  process.stderr.on("data", (text) => (err += text));
  const ended = new Promise((done) => process.on("exit", (code, signal) => done(code ?? signal)));
  await vi.waitFor(() => expect(err).toContain("m.nn → m.js"), { timeout: 10_000, interval: 50 });
  process.kill("SIGINT");
  expect(await ended).toBe(0);
  expect(existsSync(join(folder, "m.d.ts"))).toBe(true);
});

test("training saves at Ctrl-C and ends with exit code 130", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "small.nn"), small);
  writeFileSync(join(folder, "train.csv"), points(40));
  const command = [
    "train",
    "small.nn",
    "--data",
    "train.csv",
    "--epochs",
    "1000000",
    "--save",
    "m.safetensors",
  ];
  const process = spawn(cli, command, { cwd: folder });
  let err = "";
  process.stderr.on("data", (text) => (err += text));
  const ended = new Promise((done) => process.on("exit", (code, signal) => done(code ?? signal)));
  await vi.waitFor(() => expect(err).toContain("epoch  train loss"), { timeout: 10_000, interval: 50 });
  process.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(err).toMatch(/interrupted; nnc train … --resume m\.safetensors goes on from here\n$/);
  expect(existsSync(join(folder, "m.safetensors"))).toBe(true);
});
