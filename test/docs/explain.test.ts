/** The guide to `nnc explain`: its model compiles, and what it shows is what is printed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { printDerivation } from "../../src/derivation/print.ts";
import { explain } from "../../src/index.ts";
import { temporaryFolder, world } from "../cli/world.ts";

const path = join(import.meta.dirname, "../../docs/explain.md");
const guide = readFileSync(path, "utf8");
const source = /```\n(model Neuron \{[^]*?\n\})\n```/.exec(guide)![1]!;
const excerpt = (name: string): RegExp => new RegExp(`(<!-- neuron ${name} -->\\n\`\`\`\\n)([^]*?)(\`\`\`)`);

/** What the guide shows of each notation. */
const cuts: Readonly<Record<string, (text: string) => string>> = {
  steps: (text) => text.slice(text.indexOf("Backward"), text.indexOf("✓")),
  index: (text) => text.slice(text.indexOf("\n(3) ") + 1, text.indexOf("\n(4) ")),
};

test.each(Object.keys(cuts))(
  "%s: what it shows is printed by the compiler; UPDATE_DOCS=1 writes it",
  (as) => {
    const { derivation } = explain(source, { file: "neuron.nn" });
    const cut = cuts[as]!(printDerivation(derivation!, { as: as as "steps" | "index" })).trimEnd();
    expect(cut).not.toBe("");
    const now = readFileSync(path, "utf8");
    if (process.env["UPDATE_DOCS"] === "1")
      writeFileSync(
        path,
        now.replace(excerpt(as), (_, a: string, __, c: string) => `${a}${cut}\n${c}`),
      );
    expect(excerpt(as).exec(readFileSync(path, "utf8"))![2]).toBe(`${cut}\n`);
  },
);

test("its commands run, and write what they say", { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "neuron.nn"), source);
  writeFileSync(join(folder, "sample.json"), /```json\n([^]*?)```/.exec(guide)![1]!);
  const commands = [...guide.matchAll(/^ {4}npx nnc (explain [^#\n]+)/gm)].map((m) =>
    m[1]!.trim().split(/ +/),
  );
  expect(commands.length).toBeGreaterThan(6);
  commands.push(/`nnc (explain NN\d+)`/.exec(guide)![1]!.split(" "));
  for (const words of commands) {
    const w = world(folder, { loadCompiler: () => import("../../src/index.ts") });
    expect(await w.nnc(...words), words.join(" ")).toBe(0);
    expect(w.err, words.join(" ")).toBe("");
    const output = words.indexOf("-o");
    const printed = output < 0 ? w.out : readFileSync(join(folder, words[output + 1]!), "utf8");
    expect(printed.length, words.join(" ")).toBeGreaterThan(50);
    if (words.includes("--at")) expect(printed).toContain("Central differences");
  }
});

test("its options exist", () => {
  const command = readFileSync(join(import.meta.dirname, "../../src/cli/explain-command.ts"), "utf8");
  const options = new Set([...guide.matchAll(/--[a-z]+/g)].map((m) => m[0]));
  expect(options.size).toBeGreaterThan(3);
  for (const option of options) expect(command).toContain(option);
});
