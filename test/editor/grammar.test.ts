import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import oniguruma from "vscode-oniguruma";
import type { IGrammar } from "vscode-textmate";
import textmate from "vscode-textmate";
import { grammarText } from "../../scripts/editor/grammar.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "editors/vscode");
const require = createRequire(import.meta.url);
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

async function loadGrammar(): Promise<IGrammar> {
  await oniguruma.loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: () =>
      Promise.resolve(textmate.parseRawGrammar(read("syntaxes/nn.tmLanguage.json"), "grammar.json")),
  });
  return (await registry.loadGrammar("source.nn"))!;
}

const grammar = await loadGrammar();

/** The innermost scope of every piece of a text that is not white space. */
function scopes(text: string): string[] {
  const found: string[] = [];
  let state = textmate.INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes: all } of tokens) {
      const piece = line.slice(startIndex, endIndex).trim();
      if (piece !== "") found.push(`${piece}: ${all.at(-1)!.replace(/\.nn$/, "")}`);
    }
  }
  return found;
}

test("the grammar is the one that the vocabulary of the parser gives", () => {
  expect(read("syntaxes/nn.tmLanguage.json")).toBe(grammarText());
});

test("words are words where the parser reads them as such, and names elsewhere", () => {
  expect(scopes("loss mse(p, y)")).toContain("loss: storage.modifier");
  expect(scopes("loss = mse(p, y)")).toContain("loss: variable.other");
  expect(scopes("  state[i] = 0")).toContain("state: variable.other");
  expect(scopes("y = sum[k] x[k]")).toContain("sum: keyword.operator.reduction");
  expect(scopes("y = sum(x)")).toContain("sum: entity.name.function.call");
  expect(scopes("y = sum[k] + x")).toContain("sum: variable.other");
  expect(scopes("for l in 0..50 {")).toEqual(
    expect.arrayContaining([
      "for: keyword.control",
      "in: keyword.control",
      "0: constant.numeric",
      "..: keyword.operator",
    ]),
  );
  expect(scopes("in = 3")).toContain("in: variable.other");
  expect(scopes("input label: int[batch] < 10")).toEqual([
    "input: storage.modifier",
    "label: variable.other",
    ":: source",
    "int: support.type",
    "[: source",
    "batch: variable.other",
    "]: source",
    "<: keyword.operator",
    "10: constant.numeric",
  ]);
});

test("a layer, as it is coloured", () => {
  const text = `/// Doc.
layer linear(units: int, bias: bool = true)(x: [...s, n]) -> [...s, units] {
  param W: [n, units] ~ he_uniform // a start
  return if bias then x |> f else -1e-3
}`;
  expect(scopes(text).filter((s) => !s.endsWith(": source"))).toEqual([
    "/// Doc.: comment.line.documentation",
    "layer: storage.type",
    "linear: entity.name.function",
    "units: variable.other",
    "int: support.type",
    "bias: variable.other",
    "bool: support.type",
    "=: keyword.operator",
    "true: constant.language",
    "x: variable.other",
    "...: keyword.operator",
    "s: variable.other",
    "n: variable.other",
    "->: keyword.operator",
    "...: keyword.operator",
    "s: variable.other",
    "units: variable.other",
    "param: storage.modifier",
    "W: variable.other",
    "n: variable.other",
    "units: variable.other",
    "~: keyword.operator",
    "he_uniform: variable.other",
    "// a start: comment.line.double-slash",
    "return: keyword.control",
    "if: keyword.control",
    "bias: variable.other",
    "then: keyword.control",
    "x: variable.other",
    "|>: keyword.operator",
    "f: entity.name.function.call",
    "else: keyword.control",
    "-: keyword.operator",
    "1e-3: constant.numeric",
  ]);
});

test("nothing in the library is left without a scope, but brackets and commas", () => {
  const library = join(root, "src/std");
  for (const file of readdirSync(library).filter((name) => name.endsWith(".nn"))) {
    const plain = scopes(readFileSync(join(library, file), "utf8")).filter((s) => s.endsWith(": source"));
    expect(
      plain.filter((s) => !/^[[\](){},:\s]+: source$/.test(s)),
      file,
    ).toEqual([]);
  }
});

test("everything that the extension names is there", () => {
  const manifest = JSON.parse(read("package.json"));
  const { languages, grammars } = manifest.contributes;
  expect(JSON.parse(read(languages[0].configuration)).comments.lineComment).toBe("//");
  expect(JSON.parse(read(grammars[0].path)).scopeName).toBe(grammars[0].scopeName);
  for (const file of manifest.files as string[]) expect(readdirSync(folder)).toContain(file);
});
