import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { temporaryFolder, world } from "./world.ts";
import type { World } from "./world.ts";

let folder: string;
let it: World;
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder);
});

test("makes a project, and says what comes next", async () => {
  expect(await it.nnc("init", "My Model")).toBe(0);
  expect(it.err).toContain("cd My Model\n  npm install\n  npm run dev\n");
  const manifest = JSON.parse(read("My Model/package.json"));
  expect([manifest.name, manifest.devDependencies.nnc]).toEqual(["my-model", "^1.2.3"]);
  expect(readdirSync(join(folder, "My Model"))).toContain(".gitignore");
  for (const file of ["index.html", "README.md", "src/main.ts"])
    expect(read(`My Model/${file}`)).not.toMatch(/NAME|VERSION/);
  const { diagnostics } = await compile(read("My Model/src/moons.nn"));
  expect(diagnostics).toEqual([]);
});

test("here, where nothing but a repository is", async () => {
  mkdirSync(join(folder, ".git"));
  expect(await it.nnc("init")).toBe(0);
  expect(existsSync(join(folder, "src/moons.nn"))).toBe(true);
  expect(it.err).toMatch(/^made \d+ files in this folder\n\nNext:\n {2}npm install\n/);
});

test("touches nothing that is there", async () => {
  writeFileSync(join(folder, "notes.txt"), "mine");
  expect(await it.nnc("init")).toBe(2);
  expect(it.err).toBe("nnc: `.` is not empty: there is notes.txt\n");
  it.err = "";
  expect(await it.nnc("init", "notes.txt")).toBe(2);
  expect(it.err).toBe("nnc: `notes.txt` is a file\n");
  expect(readdirSync(folder)).toEqual(["notes.txt"]);
});
