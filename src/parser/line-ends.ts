/** Whether a line break of the text ends a statement. */
import type { IToken, TokenType } from "chevrotain";
import * as t from "./tokens.ts";
import type { Tokens } from "./words.ts";
import { isReducer, isStatementWord, startsDefinition, startsGradientClause, startsGroup } from "./words.ts";

/** Signs and words that join the lines on both sides. */
const joining: ReadonlySet<TokenType> = new Set([
  t.Equals,
  t.Comma,
  t.Arrow,
  t.Pipe,
  t.Then,
  t.Else,
  t.Tilde,
  t.Colon,
  t.Range,
]);

const joiningAfter: ReadonlySet<TokenType> = new Set([...joining, t.Not, t.If, t.Rest]);

const endsOperand: ReadonlySet<TokenType> = new Set([
  t.Name,
  t.NumberToken,
  t.RightParenthesis,
  t.True,
  t.False,
]);

/** Whether the break before token `i` ends `line`, which has the brackets and `if`s of `nested` open. */
export function endsLine(
  tokens: Tokens,
  i: number,
  line: readonly IToken[],
  nested: readonly IToken[],
): boolean {
  const last = line[line.length - 1];
  if (last === undefined) return false;
  const brackets = nested.filter((open) => open.tokenType !== t.If);
  if (brackets.length === 0) return endsOutside(tokens.all, i, last);
  return brackets.some((open) => !tokens.closing.has(open)) && showsForgotten(tokens.all, i, line, last);
}

function endsOutside(all: readonly IToken[], i: number, last: IToken): boolean {
  if (startsDefinition(all, i) || startsStatement(all, i)) return true;
  const continued = joiningAfter.has(last.tokenType) || t.isOperator(last.tokenType);
  return !continued && !continuesBefore(all, i);
}

function continuesBefore(all: readonly IToken[], i: number): boolean {
  const token = all[i]!;
  if (startsGradientClause(all, i) || startsGroup(all, i)) return true;
  const type = t.reservedWords.get(token.image) ?? token.tokenType;
  return joining.has(type) || type === t.LeftBrace || t.isOperator(type);
}

/**
 * Whether token `i` shows that a closing bracket was forgotten: no operand follows another inside brackets, so a new
 * line that starts with one is a new statement.
 */
function showsForgotten(all: readonly IToken[], i: number, line: readonly IToken[], last: IToken): boolean {
  const next = all[i]!;
  if (next.image === "return" || startsStatement(all, i)) return true;
  if (next.tokenType !== t.Name || t.reservedWords.has(next.image)) return false;
  if (last.tokenType === t.RightBracket) return !endsReducer(line);
  return endsOperand.has(last.tokenType) && next.image !== "as";
}

function startsStatement(all: readonly IToken[], i: number): boolean {
  const next = all[i + 1]?.tokenType;
  return isStatementWord(all[i]!) && (next === t.Name || (next === t.StringToken && !startsGroup(all, i)));
}

/** Whether the `]` at the end closes the indices of a reducer: its operand may follow on the next line. */
function endsReducer(line: readonly IToken[]): boolean {
  let depth = 0;
  for (let j = line.length - 1; j >= 0; j--) {
    const type = line[j]!.tokenType;
    if (type === t.RightBracket) depth++;
    if (type === t.LeftBracket && --depth === 0) return isReducer(line[j - 1]?.image ?? "");
  }
  return false;
}
