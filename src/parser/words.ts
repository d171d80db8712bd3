/** Where a name is a word of the language. Everywhere else `loss`, `state`, `in` and the others are plain names. */
import type { IToken, TokenType } from "chevrotain";
import type { ReduceExpression } from "./syntax.ts";
import {
  As,
  Colon,
  Dim,
  endOf,
  Equals,
  Fn,
  For,
  Freeze,
  From,
  Gradient,
  If,
  Import,
  In,
  Input,
  Layer,
  LeftBracket,
  LeftParenthesis,
  Loss,
  Metric,
  Minus,
  Model,
  Name,
  NumberToken,
  Not,
  Optimizer,
  Output,
  Param,
  Reducer,
  Require,
  reservedWords,
  LeftBrace,
  RightBrace,
  RightBracket,
  RightParenthesis,
  State,
  StringToken,
  True,
  False,
  Update,
  With,
} from "./tokens.ts";

export const declarationWords: ReadonlyMap<string, TokenType> = new Map([
  ["import", Import],
  ["model", Model],
  ["fn", Fn],
  ["layer", Layer],
  ["optimizer", Optimizer],
]);

export const statementWords: ReadonlyMap<string, TokenType> = new Map([
  ["dim", Dim],
  ["input", Input],
  ["output", Output],
  ["metric", Metric],
  ["param", Param],
  ["state", State],
  ["update", Update],
  ["loss", Loss],
  ["optimizer", Optimizer],
  ["for", For],
  ["freeze", Freeze],
  ["require", Require],
]);

const reducers: { readonly [R in ReduceExpression["reducer"]]: true } = {
  sum: true,
  prod: true,
  max: true,
  min: true,
  argmax: true,
  argmin: true,
  mean: true,
};

export const reducerNames: readonly string[] = Object.keys(reducers);

export function isReducer(text: string): text is ReduceExpression["reducer"] {
  return Object.hasOwn(reducers, text);
}

const startsOperand: ReadonlySet<TokenType> = new Set([
  Name,
  NumberToken,
  LeftParenthesis,
  Minus,
  Not,
  If,
  True,
  False,
]);

/** What the word would mean at the start of a line of a block, whatever follows. */
export function isStatementWord(token: IToken): boolean {
  return token.tokenType === Name && statementWords.has(token.image);
}

/** `fn`, `layer`, `model` before a name, or `import` before a brace: no statement of a block starts so. */
export function startsDeclaration(tokens: readonly IToken[], i: number): boolean {
  const { image, tokenType } = tokens[i]!;
  if (tokenType !== Name || !declarationWords.has(image) || image === "optimizer") return false;
  return image === "import" ? tokens[i + 1]?.image === "{" : tokens[i + 1]?.tokenType === Name;
}

/** `name =` and `name :` outside brackets: a definition starts here, whatever came before. */
export function startsDefinition(tokens: readonly IToken[], i: number): boolean {
  const next = tokens[i + 1]?.tokenType;
  return tokens[i]!.tokenType === Name && (next === Equals || next === Colon);
}

export function startsGradientClause(tokens: readonly IToken[], i: number): boolean {
  return tokens[i]?.image === "with" && tokens[i + 1]?.image === "gradient" && tokens[i + 2]?.image === "(";
}

/** `for "*.b"` goes on with the optimizer above; `for i in …` is a statement of its own. */
export function startsGroup(tokens: readonly IToken[], i: number): boolean {
  return tokens[i]?.image === "for" && tokens[i + 1]?.tokenType === StringToken;
}

/** The tokens of a file and what the reading of lines depends on. */
export interface Tokens {
  readonly all: readonly IToken[];
  /** The tokens that begin a line of the text. */
  readonly firstOfLine: ReadonlySet<number>;
  /** For each opening bracket, the position of the closing one, where it has one within its block. */
  readonly closing: ReadonlyMap<IToken, number>;
}

const bracketPairs: ReadonlyMap<TokenType, TokenType> = new Map([
  [RightParenthesis, LeftParenthesis],
  [RightBracket, LeftBracket],
]);

export function describeTokens(all: readonly IToken[], text: string): Tokens {
  const firstOfLine = new Set<number>();
  const closing = new Map<IToken, number>();
  let open: IToken[] = [];
  let end = 0;
  all.forEach((token, i) => {
    if (text.slice(end, token.startOffset).includes("\n")) firstOfLine.add(i);
    end = endOf(token);
    const type = token.tokenType;
    if (type === LeftParenthesis || type === LeftBracket) open.push(token);
    if (type === LeftBrace || type === RightBrace) open = [];
    const pair = bracketPairs.get(type);
    const at = pair === undefined ? -1 : open.findLastIndex((opener) => opener.tokenType === pair);
    if (at < 0) return;
    closing.set(open[at]!, i);
    open.length = at;
  });
  return { all, firstOfLine, closing };
}

/** Where a name stands. */
interface Place {
  /** The line so far. */
  readonly line: readonly IToken[];
  readonly topLevel: boolean;
  readonly inBrackets: boolean;
}

/**
 * The type of the name at `i`. A word at the start of a line is a name after all where a definition of it follows:
 * `loss = …`, `state: [n]`, `input[i] = …`.
 */
export function wordType(tokens: Tokens, i: number, { line, topLevel, inBrackets }: Place): TokenType {
  const { image } = tokens.all[i]!;
  const next = tokens.all[i + 1]?.tokenType;
  const reserved = reservedWords.get(image);
  if (reserved !== undefined) return reserved;
  if (line.length === 0) {
    if (topLevel) return declarationWords.get(image) ?? Name;
    if (next === Equals || next === Colon || next === LeftBracket) return Name;
    if (startsDeclaration(tokens.all, i)) return declarationWords.get(image) ?? Name;
    return statementWords.get(image) ?? Name;
  }
  const first = line[0]!.tokenType;
  const previous = line[line.length - 1]!.tokenType;
  if (first === Optimizer && line.length > 1 && image === "for" && !inBrackets) return For;
  if (first === For && line.length === 2 && image === "in") return In;
  if (first === Import && image === "from" && previous === RightBrace) return From;
  if (first === Import && image === "as" && previous === Name) return As;
  if (startsGradientClause(tokens.all, i)) return With;
  if (previous === With) return Gradient;
  return startsReduction(tokens, i, inBrackets) ? Reducer : Name;
}

/** `sum[k] x` reduces; `sum[k] + x` and `f(sum[k])` subscript a tensor called `sum`. */
function startsReduction(tokens: Tokens, i: number, inBrackets: boolean): boolean {
  if (!isReducer(tokens.all[i]!.image)) return false;
  const bracket = tokens.all[i + 1];
  const close = bracket?.tokenType === LeftBracket ? tokens.closing.get(bracket) : undefined;
  if (close === undefined || (tokens.firstOfLine.has(close + 1) && !inBrackets)) return false;
  const after = tokens.all[close + 1];
  if (after === undefined) return false;
  const reserved = after.tokenType === Name ? reservedWords.get(after.image) : undefined;
  return startsOperand.has(reserved ?? after.tokenType);
}
