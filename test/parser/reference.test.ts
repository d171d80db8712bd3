/** The language reference says what the parser does: its grammar is the parser's, and its examples are read. */
import { expect, test } from "vitest";
import { grammarText, readReference, withGrammar } from "../../scripts/grammar.ts";
import { atoms } from "../../src/ir/atoms.ts";
import { mistakesIn, read } from "./read.ts";

test("the grammar in docs/language.md is that of the parser (npx unrun scripts/grammar.ts)", () => {
  expect(readReference()).toContain(grammarText());
  expect(withGrammar(readReference())).toBe(readReference());
});

test("the table of what is built in has every function of the atom table", () => {
  for (const [name, row] of Object.entries(atoms)) {
    if (row.callable) expect(readReference()).toContain(`| \`${name}\` | ${row.doc} |`);
  }
});

const examples = [...readReference().matchAll(/```nn\n([^]*?)```/g)].map(([, text]) => text ?? "");

test("there are examples", () => expect(examples.length).toBeGreaterThan(15));

test.each(examples)("%s", (example) => {
  const whole = /^(model|fn|layer|optimizer|import|\/)/.test(example) && !/^optimizer .*\)\n/.test(example);
  expect(whole ? read(example).mistakes : mistakesIn(example)).toEqual([]);
});
