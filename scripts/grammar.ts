/**
 * Writes the grammar into `docs/language.md`, from the parser itself. Run with `npx unrun scripts/grammar.ts`; a test
 * says when that is due.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { IProduction, TokenType } from "chevrotain";
import {
  Alternation,
  Alternative,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  Terminal,
  tokenLabel,
} from "chevrotain";
import { Grammar } from "../src/parser/grammar.ts";
import * as t from "../src/parser/tokens.ts";
import { reducerNames } from "../src/parser/words.ts";

const reference = new URL("../docs/language.md", import.meta.url);
const fence = /(<!-- grammar -->\n\n```ebnf\n)[^]*?(```\n\n<!-- end of grammar -->)/;

/** Tokens that stand for more than one text. The end of a line is left to the prose. */
const named = new Map<TokenType, string>([
  [t.Name, "Name"],
  [t.NumberToken, "Number"],
  [t.StringToken, "String"],
  [t.Block, "block"],
  [t.BinaryOperator, "operator"],
  [t.Reducer, "Reducer"],
  [t.End, ""],
]);

const quoted = (text: string): string => `"${text}"`;
const textOf = (type: TokenType): string => named.get(type) ?? quoted(tokenLabel(type).replaceAll("`", ""));

function sequence(parts: readonly IProduction[]): string {
  const texts = parts.map(textOfPart).filter((text) => text !== "");
  return texts.join(" ");
}

const bracketed = (open: string, text: string, close: string): string =>
  text === "" ? "" : `${open} ${text} ${close}`;

function textOfPart(part: IProduction): string {
  if (part instanceof Terminal) return textOf(part.terminalType);
  if (part instanceof NonTerminal) return part.nonTerminalName;
  if (part instanceof Option) return bracketed("[", sequence(part.definition), "]");
  if (part instanceof Repetition) return bracketed("{", sequence(part.definition), "}");
  if (part instanceof RepetitionWithSeparator) return bracketed("[", separated(part), "]");
  if (part instanceof RepetitionMandatoryWithSeparator) return separated(part);
  if (part instanceof Alternation) return bracketed("(", part.definition.map(textOfPart).join(" | "), ")");
  if (part instanceof Alternative) return sequence(part.definition);
  throw new Error("the grammar uses a construct that the reference has no notation for");
}

function separated({
  definition,
  separator,
}: RepetitionWithSeparator | RepetitionMandatoryWithSeparator): string {
  return `${sequence(definition)} { ${textOf(separator)} ${sequence(definition)} }`;
}

/** A rule; alternatives that make up all of it stand on lines of their own. */
function ruleText(name: string, definition: readonly IProduction[]): string {
  const [only] = definition;
  if (definition.length > 1 || !(only instanceof Alternation)) return `${name} = ${sequence(definition)} ;`;
  return `${name} =\n    ${only.definition.map(textOfPart).join("\n  | ")} ;`;
}

/** The names of the rules that a text mentions. */
const mentioned = (text: string): string[] => text.replaceAll(/"[^"]*"/g, "").match(/\w+/g) ?? [];

/** The grammar as text: `[ … ]` is optional, `{ … }` stands any number of times. */
export function grammarText(): string {
  const rules = new Grammar().getGAstProductions();
  const texts = new Map<string, string>();
  const add = (name: string): void => {
    const rule = rules[name];
    if (rule === undefined || texts.has(name)) return;
    const text = ruleText(name, rule.definition);
    texts.set(name, text);
    mentioned(text).forEach(add);
  };
  ["declaration", "statement"].forEach(add);
  const operators = t.vocabulary.filter((type) => type.CATEGORIES?.includes(t.BinaryOperator));
  return [
    "file = { declaration } ;",
    'block = "{" { statement } "}" ;',
    ...texts.values(),
    `operator = ${operators.map(textOf).join(" | ")} ;`,
    `Reducer = ${reducerNames.map(quoted).join(" | ")} ;`,
    "",
  ].join("\n");
}

export function withGrammar(markdown: string): string {
  return markdown.replace(fence, (_, before: string, after: string) => before + grammarText() + after);
}

export const readReference = (): string => readFileSync(reference, "utf8");

// `unrun` runs a bundle of this file, named after it.
if (process.argv[1]?.includes("grammar.ts")) {
  writeFileSync(reference, withGrammar(readReference()));
}
