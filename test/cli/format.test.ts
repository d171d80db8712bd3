import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import * as compiler from "../../src/index.ts";
import { temporaryFolder, world } from "./world.ts";
import type { World } from "./world.ts";

let folder: string;
let it: World;
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder, { loadCompiler: () => Promise.resolve(compiler) });
  mkdirSync(join(folder, "inner/node_modules"), { recursive: true });
  writeFileSync(join(folder, "a.nn"), "fn f(x)=x\n");
  writeFileSync(join(folder, "inner/b.nn"), "fn f(x) = x\n");
  writeFileSync(join(folder, "inner/node_modules/c.nn"), "fn f(x)=x\n");
});

test("lays out all models below a folder, and names those that changed", async () => {
  expect(await it.nnc("fmt")).toBe(0);
  expect([it.out, it.err]).toEqual(["", "changed a.nn\n"]);
  expect(read("a.nn")).toBe("fn f(x) = x\n");
  expect(read("inner/node_modules/c.nn")).toBe("fn f(x)=x\n");
});

test("--check writes nothing, and fails where a file would change", async () => {
  expect(await it.nnc("fmt", "--check", "a.nn", "inner")).toBe(1);
  expect(it.err).toBe("would change a.nn\n");
  expect(read("a.nn")).toBe("fn f(x)=x\n");
  expect(await it.nnc("fmt", "--check", "inner")).toBe(0);
});

test("a file with mistakes is reported and left alone; the others are laid out", async () => {
  writeFileSync(join(folder, "b.nn"), "fn f(x = x\n");
  expect(await it.nnc("fmt")).toBe(1);
  expect(it.err).toContain("b.nn:1:");
  expect([read("a.nn"), read("b.nn")]).toEqual(["fn f(x) = x\n", "fn f(x = x\n"]);
});

test("files that are not there, and folders without models, are mistakes of usage", async () => {
  expect(await it.nnc("fmt", "nowhere.nn")).toBe(2);
  expect(it.err).toBe("nnc: cannot read `nowhere.nn`: no such file\n");
  it.err = "";
  mkdirSync(join(folder, "empty"));
  expect(await it.nnc("fmt", "empty")).toBe(2);
  expect(it.err).toBe("nnc: there is no .nn file here\n");
});
