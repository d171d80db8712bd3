import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import * as compiler from "../../src/index.ts";
import { temporaryFolder, world } from "./world.ts";
import type { World } from "./world.ts";

let folder: string;
let it: World;

const model = `model M {
  dim batch <= 4
  input x: [batch, 3]
  output p = x |> linear(2)
  loss mean(p^2)
  optimizer sgd(lr = 0.1)
}
`;

beforeEach(() => {
  folder = temporaryFolder();
  it = world(folder, { loadCompiler: () => Promise.resolve(compiler) });
  writeFileSync(join(folder, "m.nn"), model);
});

test.each([
  ["svg", /^<svg /],
  ["dot", /^digraph "M" \{/],
  ["mmd", /^flowchart LR\n/],
])("the name of the file decides what is drawn: .%s", async (ending, start) => {
  expect(await it.nnc("graph", "m.nn", "-o", `g.${ending}`)).toBe(0);
  expect(readFileSync(join(folder, `g.${ending}`), "utf8")).toMatch(start);
  expect([it.out, it.err]).toEqual(["", ""]);
});

test("without a file, the picture is printed", async () => {
  expect(await it.nnc("graph", "m.nn", "--as", "mermaid")).toBe(0);
  expect(it.out).toMatch(/^flowchart LR\n/);
});

test("a name that says no format, or another one than was asked for, is a mistake of usage", async () => {
  expect(await it.nnc("graph", "m.nn", "-o", "g.png")).toBe(2);
  expect(it.err).toBe("nnc: cannot write `g.png`: the name must end in .svg, .dot or .mmd\n");
  it.err = "";
  expect(await it.nnc("graph", "m.nn", "-o", "g.svg", "--as", "dot")).toBe(2);
  expect(it.err).toBe("nnc: cannot write dot to `g.svg`: the name says svg\n");
});

test("a model with mistakes is reported, and nothing is written", async () => {
  writeFileSync(join(folder, "m.nn"), model.replace("linear", "linaer"));
  expect(await it.nnc("graph", "m.nn", "-o", "g.svg")).toBe(1);
  expect(it.err).toContain("linaer");
  expect(existsSync(join(folder, "g.svg"))).toBe(false);
});
