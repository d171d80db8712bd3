/** The guide to `nnc explain`: its model compiles, and what it shows is what is printed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { printDerivation } from "../../src/derivation/print.ts";
import { explain } from "../../src/index.ts";

const path = join(import.meta.dirname, "../../docs/explain.md");
const guide = readFileSync(path, "utf8");
const source = /```\n(model Neuron \{[^]*?\n\})\n```/.exec(guide)![1]!;
const shown = /(<!-- neuron steps -->\n```\n)([^]*?)(```)/;

test("the steps that it shows are printed by the compiler; UPDATE_DOCS=1 writes them", () => {
  const { derivation } = explain(source, { file: "neuron.nn" });
  const text = printDerivation(derivation!, { as: "steps" });
  const cut = text.slice(text.indexOf("Backward"), text.indexOf("✓")).trimEnd();
  if (process.env["UPDATE_DOCS"] === "1")
    writeFileSync(
      path,
      guide.replace(shown, (_, a: string, __, c: string) => `${a}${cut}\n${c}`),
    );
  expect(shown.exec(readFileSync(path, "utf8"))![2]).toBe(`${cut}\n`);
});

test("its sample fits its model", () => {
  const sample: unknown = JSON.parse(/```json\n([^]*?)```/.exec(guide)![1]!);
  expect(explain(source, { sample }).problem).toBeUndefined();
});

test("its options exist", () => {
  const command = readFileSync(join(import.meta.dirname, "../../src/cli/explain-command.ts"), "utf8");
  const options = new Set([...guide.matchAll(/--[a-z]+/g)].map((m) => m[0]));
  expect(options.size).toBeGreaterThan(3);
  for (const option of options) expect(command).toContain(option);
});
