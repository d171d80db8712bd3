/** What stands between two neighbouring tokens of a line: nothing, a space, or a place where the line may break. */
import type { IToken, TokenType } from "../parser/tokens.ts";
import * as t from "../parser/tokens.ts";

const opening: ReadonlySet<TokenType> = new Set([t.LeftParenthesis, t.LeftBracket]);
const closing: ReadonlySet<TokenType> = new Set([t.RightParenthesis, t.RightBracket]);

/** After these, an expression begins: a minus is a sign there, and a bracket belongs to nothing before it. */
const beforeOperand: ReadonlySet<TokenType> = new Set([
  t.Equals,
  t.Comma,
  t.Colon,
  t.Tilde,
  t.Pipe,
  t.Arrow,
  t.Range,
  t.If,
  t.Then,
  t.Else,
  t.Not,
  t.Return,
  t.Loss,
  t.Require,
  t.In,
  t.StringToken,
  ...opening,
]);

const startsOperand = (type: TokenType): boolean => beforeOperand.has(type) || t.isOperator(type);

/** Whether the minus at `n` is a sign, and not a subtraction. */
function isSign(line: readonly IToken[], n: number): boolean {
  const token = line[n];
  if (token?.tokenType !== t.Minus) return false;
  const before = line[n - 1];
  return before === undefined || startsOperand(before.tokenType) || closesReducer(line, n - 1);
}

/** Whether the bracket at `n` ends the indices of a reducer: `sum[k] …`. */
function closesReducer(line: readonly IToken[], n: number): boolean {
  if (line[n]?.tokenType !== t.RightBracket) return false;
  let depth = 0;
  for (let at = n; at >= 0; at--) {
    const type = line[at]!.tokenType;
    if (type === t.RightBracket) depth++;
    if (type === t.LeftBracket && --depth === 0) return line[at - 1]?.tokenType === t.Reducer;
  }
  return false;
}

/** An exponent stays with its base. */
const isPower = (token: IToken): boolean => token.image === "^";

/** Whether a space stands between token `n` of a line and the next. */
export function isSpaced(line: readonly IToken[], n: number): boolean {
  const left = line[n]!.tokenType;
  const right = line[n + 1]!.tokenType;
  if (opening.has(left) || closing.has(right)) return false;
  if (right === t.Comma || right === t.Colon) return false;
  if (left === t.Rest || left === t.Range || right === t.Range) return false;
  if (isSign(line, n) || isPower(line[n]!) || isPower(line[n + 1]!)) return false;
  if (opening.has(right)) return startsOperand(left) || closesReducer(line, n);
  return true;
}

/** Whether a line that is too long may break between token `n` and the next, outside of brackets of its own. */
export function mayBreak(line: readonly IToken[], n: number): boolean {
  return t.isOperator(line[n]!.tokenType) && !isSign(line, n) && !isPower(line[n]!);
}
