/**
 * The words and signs of the language. The lexer knows names, numbers, strings, comments and signs; which names are
 * words of the language is decided later, where they stand (words.ts), so that few words are reserved.
 */
import type { ILexingResult, IToken, TokenType } from "chevrotain";
import { createToken, Lexer } from "chevrotain";

export type { IToken, TokenType } from "chevrotain";
import type { Span } from "../ir/types.ts";

// ------------------------------------------------------------------------------------------- names, numbers, comments

/** ASCII letters, then one code of each block of 255 by which the lexer sorts what lies beyond Latin 1. */
const firstCharacters: (string | number)[] = [..."_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];
for (let code = 128; code < 256; code++) firstCharacters.push(code);
for (let code = 256; code < 65536; code += 255) firstCharacters.push(code);

const namePattern = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;

function matchName(text: string, offset: number): RegExpExecArray | null {
  namePattern.lastIndex = offset;
  return namePattern.exec(text);
}

/** Written as a search, because a pattern for it would recurse on long comments. An unended one takes the rest. */
function matchBlockComment(text: string, offset: number): [string] | null {
  if (!text.startsWith("/*", offset)) return null;
  const close = text.indexOf("*/", offset + 2);
  return [text.slice(offset, close < 0 ? text.length : close + 2)];
}

export const Name = createToken({
  name: "Name",
  label: "a name",
  pattern: { exec: matchName },
  start_chars_hint: firstCharacters,
  line_breaks: false,
});

export const NumberToken = createToken({
  name: "Number",
  label: "a number",
  // `0..50` is a range: a point that another point follows is no decimal point.
  pattern: /(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/,
});

/** The closing quote may be missing: reported when the lines are read. */
export const StringToken = createToken({
  name: "String",
  label: "a text in quotes",
  pattern: /"[^"\n\r]*"?/,
});

const Space = createToken({ name: "Space", pattern: /[\s\uFEFF]+/, group: Lexer.SKIPPED, line_breaks: true });
const DocComment = createToken({ name: "DocComment", pattern: /\/\/\/(?!\/)[^\n\r]*/, group: "docs" });
const LineComment = createToken({ name: "LineComment", pattern: /\/\/[^\n\r]*/, group: "lineComments" });
const BlockComment = createToken({
  name: "BlockComment",
  pattern: { exec: matchBlockComment },
  start_chars_hint: ["/"],
  group: "blockComments",
  line_breaks: true,
});

// --------------------------------------------------------------------------------------------------------------- signs

/** Every operator between two operands; `operators.ts` has their precedence. */
export const BinaryOperator = createToken({
  name: "BinaryOperator",
  label: "an operator",
  pattern: Lexer.NA,
});

const sign = (name: string, text: string, categories: TokenType[] = []): TokenType =>
  createToken({ name, label: `\`${text}\``, pattern: text, categories });
const operator = (name: string, text: string): TokenType => sign(name, text, [BinaryOperator]);

export const Rest = sign("Rest", "...");
export const Range = sign("Range", "..");
export const Arrow = sign("Arrow", "->");
export const Pipe = sign("Pipe", "|>");
export const LessEqual = operator("LessEqual", "<=");
export const Less = operator("Less", "<");
export const Minus = operator("Minus", "-");
const otherOperators = [
  operator("GreaterEqual", ">="),
  operator("EqualEqual", "=="),
  operator("NotEqual", "!="),
  operator("Greater", ">"),
  operator("Plus", "+"),
  operator("Times", "*"),
  operator("Over", "/"),
  operator("At", "@"),
  operator("Power", "^"),
];
export const Equals = sign("Equals", "=");
export const Tilde = sign("Tilde", "~");
export const Colon = sign("Colon", ":");
export const Comma = sign("Comma", ",");
export const Semicolon = sign("Semicolon", ";");
export const LeftParenthesis = sign("LeftParenthesis", "(");
export const RightParenthesis = sign("RightParenthesis", ")");
export const LeftBracket = sign("LeftBracket", "[");
export const RightBracket = sign("RightBracket", "]");
export const LeftBrace = sign("LeftBrace", "{");
export const RightBrace = sign("RightBrace", "}");

// --------------------------------------------------------------------------------------------------------------- words

const word = (text: string, categories: TokenType[] = []): TokenType =>
  createToken({
    name: text[0]!.toUpperCase() + text.slice(1),
    label: `\`${text}\``,
    pattern: Lexer.NA,
    categories,
  });

export const If = word("if");
export const Then = word("then");
export const Else = word("else");
export const Not = word("not");
export const True = word("true");
export const False = word("false");
export const Return = word("return");

/** The only words that can never be names. */
export const reservedWords: ReadonlyMap<string, TokenType> = new Map([
  ["if", If],
  ["then", Then],
  ["else", Else],
  ["not", Not],
  ["true", True],
  ["false", False],
  ["return", Return],
  ["and", word("and", [BinaryOperator])],
  ["or", word("or", [BinaryOperator])],
  ["div", word("div", [BinaryOperator])],
  ["mod", word("mod", [BinaryOperator])],
]);

// Words in their place only.
export const Import = word("import");
export const Model = word("model");
export const Fn = word("fn");
export const Layer = word("layer");
export const Optimizer = word("optimizer");
export const Dim = word("dim");
export const Input = word("input");
export const Output = word("output");
export const Metric = word("metric");
export const Param = word("param");
export const State = word("state");
export const Update = word("update");
export const Loss = word("loss");
export const For = word("for");
export const Freeze = word("freeze");
export const Require = word("require");
export const In = word("in");
export const From = word("from");
export const As = word("as");
export const With = word("with");
export const Gradient = word("gradient");

/** `sum`, `max`, … where indices in brackets and a product follow. */
export const Reducer = createToken({ name: "Reducer", label: "a reducer", pattern: Lexer.NA });

// --------------------------------------------------------------------------------------- what the reading of lines adds

/** The end of a logical line. Its image is what ended it: a line break, `;`, `}`, or nothing at the end of the file. */
export const End = createToken({ name: "End", label: "the end of the line", pattern: Lexer.NA });

/** A whole `{ … }`, read into lines. It is one token, so that a mistake before or inside it stays where it is. */
export const Block = createToken({ name: "Block", label: "`{`", pattern: Lexer.NA });

const lexed: TokenType[] = [
  Space,
  DocComment,
  LineComment,
  BlockComment,
  Name,
  Rest,
  Range,
  NumberToken,
  StringToken,
  Arrow,
  Pipe,
  LessEqual,
  Less,
  Minus,
  ...otherOperators,
  Equals,
  Tilde,
  Colon,
  Comma,
  Semicolon,
  LeftParenthesis,
  RightParenthesis,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
];

/** The words that the lexer gives as names and the lines turn into keywords. */
const placed: TokenType[] = [
  Import,
  Model,
  Fn,
  Layer,
  Optimizer,
  Dim,
  Input,
  Output,
  Metric,
  Param,
  State,
  Update,
  Loss,
  For,
  Freeze,
  Require,
  In,
  From,
  As,
  With,
  Gradient,
  Reducer,
  End,
  Block,
  BinaryOperator,
];

export const vocabulary: TokenType[] = [...lexed, ...reservedWords.values(), ...placed];

export const createLexer = (skipValidations = true): Lexer =>
  new Lexer(vocabulary, { positionTracking: "onlyOffset", ensureOptimizations: true, skipValidations });

// --------------------------------------------------------------------------------------------------------------- tools

export type Lexed = ILexingResult;

export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

export function spanOf(token: IToken, file: string): Span {
  return { file, start: token.startOffset, end: endOf(token) };
}

export function makeToken(type: TokenType, image: string, startOffset: number): IToken {
  return { tokenType: type, tokenTypeIdx: type.tokenTypeIdx ?? -1, image, startOffset };
}

export function retype(token: IToken, type: TokenType): IToken {
  return makeToken(type, token.image, token.startOffset);
}

export function isOperator(type: TokenType): boolean {
  return type.CATEGORIES?.includes(BinaryOperator) ?? false;
}
