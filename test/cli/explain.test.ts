/** `nnc explain`: what it writes where, and how mistakes are told. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder, world } from "./world.ts";
import type { World } from "./world.ts";

let folder: string;
let it: World;

const model = `model M {
  input x: [2]
  param w: [2] ~ ones
  h = w * x
  loss sum(h^2)
}
`;

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder);
  writeFileSync(join(folder, "m.nn"), model);
});

test("without a file, the derivation is printed", async () => {
  expect(await it.nnc("explain", "m.nn")).toBe(0);
  expect(it.out).toContain("dw[i]       = dh[i]·x[i]");
  expect(it.err).toBe("");
});

test("one gradient: only the way to it", async () => {
  expect(await it.nnc("explain", "m.nn", "h")).toBe(0);
  expect(it.out).not.toContain("dw");
});

test.each([
  ["txt", /^M: the gradients of loss\n/],
  ["tex", /\\documentclass/],
  ["html", /^<!doctype html>/],
  ["json", /^\{\n {2}"version": 1,/],
])("the name of the file decides the format: .%s", async (ending, start) => {
  expect(await it.nnc("explain", "m.nn", "-o", `d.${ending}`)).toBe(0);
  expect(readFileSync(join(folder, `d.${ending}`), "utf8")).toMatch(start);
  expect([it.out, it.err]).toEqual(["", ""]);
});

test("a sample gives numbers", async () => {
  writeFileSync(join(folder, "s.json"), '{ "x": [1, 2], "w": [3, 4] }');
  expect(await it.nnc("explain", "m.nn", "--as", "steps", "--at", "s.json")).toBe(0);
  expect(it.out).toContain("= (6, 32)");
});

test("a gradient that is wrong ends with 1, and the page shows where", async () => {
  const wrong = `fn bad(x) = max(0, x)\n  with gradient(x, dy) = 3 * dy\n${model.replace("w * x", "bad(w * x)")}`;
  writeFileSync(join(folder, "m.nn"), wrong);
  expect(await it.nnc("explain", "m.nn", "-o", "d.txt")).toBe(1);
  expect(it.err).toContain("this derivation does not hold: ");
  expect(readFileSync(join(folder, "d.txt"), "utf8")).toContain("✗ does not agree");
});

test.each([
  [
    ["explain", "m.nn", "-o", "d.pdf"],
    "cannot write `d.pdf`: the name must end in .txt, .tex, .html or .json",
  ],
  [["explain", "m.nn", "v"], "there is no gradient by `v`: M has `w`"],
  [["explain", "m.nn", "--of", "h"], "`h` is no scalar number: a gradient is taken of one number"],
  [["explain", "m.nn", "--at", "none.json"], "cannot read `none.json`: no such file"],
  [["explain", "NN9999"], "there is no diagnostic NN9999"],
])("a mistake of usage is one line: %j", async (argv, message) => {
  expect(await it.nnc(...argv)).toBe(2);
  expect(it.err).toBe(`nnc: ${message}\n`);
});

test("a model with mistakes is reported, and nothing is written", async () => {
  writeFileSync(join(folder, "m.nn"), model.replace("w * x", "w * y"));
  expect(await it.nnc("explain", "m.nn", "-o", "d.html")).toBe(1);
  expect(it.err).toContain("`y` is not defined");
  expect(existsSync(join(folder, "d.html"))).toBe(false);
});

test("a diagnostic code is told", async () => {
  expect(await it.nnc("explain", "NN2003")).toBe(0);
  expect(it.out).toContain("cannot multiply ‹left› by ‹right›");
});
