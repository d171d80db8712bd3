/**
 * The TextMate grammar: how editors, and GitHub, colour `.nn` files. It reads one line at a time and knows no tree, so it
 * tells words from names by what stands around them, as the parser does. Every word comes from the parser's vocabulary.
 */
import { binaryOperators } from "../../src/parser/operators.ts";
import { reservedWords } from "../../src/parser/tokens.ts";
import { declarationWords, reducerNames, statementWords } from "../../src/parser/words.ts";

interface Rule {
  readonly match?: string;
  readonly name?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
  readonly include?: string;
}

const name = "[\\p{L}_][\\p{L}\\p{M}\\p{N}_]*";
/** Not within a longer name. */
const word = (words: Iterable<string>): string =>
  `(?<![\\p{L}\\p{M}\\p{N}_])(${[...words].join("|")})(?![\\p{L}\\p{M}\\p{N}_])`;
const escape = (sign: string): string => sign.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const isWord = (text: string): boolean => /^\p{L}+$/u.test(text);
const wordOperators = new Set(Object.keys(binaryOperators).filter(isWord));
const signs = [...Object.keys(binaryOperators).filter((s) => !isWord(s)), "...", "..", "->", "|>", "=", "~"];
const longestFirst = (a: string, b: string): number => b.length - a.length;

const comments: Rule[] = [
  { name: "comment.line.documentation.nn", match: "///(?!/).*$" },
  { name: "comment.line.double-slash.nn", match: "//.*$" },
  { name: "comment.block.nn", begin: "/\\*", end: "\\*/" },
];

/** A line that starts with one of these is a statement; `loss = …` and `loss[i] = …` define a tensor of that name. */
const statement: Rule = {
  match: `(?:^|(?<=[{;]))\\s*(${[...statementWords.keys()].join("|")})(?=\\s+[\\p{L}_"({\\-0-9\\[])(?!\\s*[=:\\[])`,
  captures: { "1": { name: "storage.modifier.nn" } },
};

const declarations: Rule[] = [
  {
    match: `^\\s*(${[...declarationWords.keys()].filter((w) => w !== "import").join("|")})\\s+(${name})`,
    captures: { "1": { name: "storage.type.nn" }, "2": { name: "entity.name.function.nn" } },
  },
  {
    match: `^\\s*(import)(?=\\s*\\{)`,
    captures: { "1": { name: "keyword.control.import.nn" } },
  },
  { match: `(?<=\\})\\s*(from)(?=\\s*")`, captures: { "1": { name: "keyword.control.import.nn" } } },
  {
    match: "(with)\\s+(gradient)(?=\\s*\\()",
    captures: { "1": { name: "storage.modifier.nn" }, "2": { name: "storage.modifier.nn" } },
  },
  {
    match: `(for)\\s+(${name})\\s+(in)(?![\\p{L}_])`,
    captures: {
      "1": { name: "keyword.control.nn" },
      "2": { name: "variable.other.nn" },
      "3": { name: "keyword.control.nn" },
    },
  },
  { match: `(?<=\\))\\s*(for)(?=\\s*")`, captures: { "1": { name: "storage.modifier.nn" } } },
];

const words: Rule[] = [
  { name: "constant.language.nn", match: word(["true", "false"]) },
  { name: "keyword.operator.word.nn", match: word([...wordOperators, "not"]) },
  {
    name: "keyword.control.nn",
    match: word(
      [...reservedWords.keys()].filter((w) => !wordOperators.has(w) && !["true", "false", "not"].includes(w)),
    ),
  },
  { name: "support.type.nn", match: `${word(["int", "bool", "float", "distribution"])}(?=\\s*[\\[,)=])` },
  {
    name: "keyword.operator.reduction.nn",
    match: `${word(reducerNames)}(?=\\s*\\[[^\\]]*\\]\\s*[\\p{L}\\p{N}_(\\-])`,
  },
];

const others: Rule[] = [
  { name: "string.quoted.double.nn", match: '"[^"]*"' },
  { name: "constant.numeric.nn", match: "(?:[0-9]+(?:\\.(?!\\.)[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?" },
  { match: `(?<=\\|>)\\s*(${name})`, captures: { "1": { name: "entity.name.function.call.nn" } } },
  { name: "entity.name.function.call.nn", match: `${name}(?=\\()` },
  { name: "variable.other.nn", match: name },
  { name: "keyword.operator.nn", match: [...signs].sort(longestFirst).map(escape).join("|") },
];

export function grammarText(): string {
  const grammar = {
    name: "nnc",
    scopeName: "source.nn",
    fileTypes: ["nn"],
    patterns: [...comments, ...declarations, statement, ...words, ...others],
  };
  return `${JSON.stringify(grammar, null, 2)}\n`;
}
