/** `--report` and `--at`, with the compiler itself. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { World } from "./world.ts";
import { temporaryFolder, world } from "./world.ts";

let folder: string;
let it: World;

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder, { loadCompiler: () => import("../../src/index.ts") });
  writeFileSync(
    join(folder, "m.nn"),
    "model M {\n  dim batch <= 8\n  input x: [batch, 5]\n  output y = exp(x)\n}\n",
  );
});

test("stands in place of the module on standard output", async () => {
  expect(await it.nnc("compile", "m.nn", "--report")).toBe(0);
  expect(it.err).toBe("");
  expect(it.out).toMatch(/^M, level 1, batch = 8\n/);
  expect(it.out).toMatch(/^y +0 +40 +160 B +160 B +160 B +160 B +100\.0 % +y\[b, i\] = exp\(x\[b, i\]\)$/m);
  expect(it.out).not.toContain("export class");
});

test("stands on standard output where the module goes to a file", async () => {
  expect(await it.nnc("compile", "m.nn", "--report", "-o", "m.ts")).toBe(0);
  expect(it.out).toMatch(/^M, level 1, batch = 8\n/);
  expect(readdirSync(folder).toSorted()).toEqual(["m.nn", "m.ts", "m.ts.map"]);
});

test("--at says for which counts, and --json prints exact numbers", async () => {
  expect(await it.nnc("compile", "m.nn", "--report", "--at", "batch=3", "--json")).toBe(0);
  const { report } = JSON.parse(it.out);
  expect(report.dimensions).toEqual([{ name: "batch", count: 3, maximum: 8 }]);
  const forward = report.procedures.find((p: { name: string }) => p.name === "forward");
  expect(forward).toMatchObject({ operations: 0, functions: { exp: 15 }, bytesRead: 60, bytesWritten: 60 });
  expect(forward.calls[0].computes).toEqual(["y[b, i] = exp(x[b, i])"]);
});

test("there is no report without --report", async () => {
  await it.nnc("compile", "m.nn", "--json");
  expect(JSON.parse(it.out)).not.toHaveProperty("report");
});

test("a count that the dimension does not take is a mistake, and nothing is printed", async () => {
  expect(await it.nnc("compile", "m.nn", "--report", "--at", "batch=9")).toBe(1);
  expect(it.out).toBe("");
  expect(it.err).toContain("error[NN2024]: the dimension `batch` must be an integer from 1 to 8, but is 9\n");
});

test.each([
  [["--at", "batch=3"], "nnc: --at needs --report\n"],
  [["--report", "--at", "batch"], "Expected name=count"],
  [["--report", "--at", "batch=many"], "Expected name=count"],
])("%o is bad usage", async (flags, message) => {
  expect(await it.nnc("compile", "m.nn", ...flags)).toBe(2);
  expect(it.err).toContain(message);
  expect(it.out).toBe("");
});
