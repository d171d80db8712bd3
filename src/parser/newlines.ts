/**
 * Lines: where a statement ends, and what belongs together in brackets.
 *
 * A line break ends a statement unless a bracket is open, the line ends in an operator, or the next one starts with
 * one; `;` always does. Brackets are paired here, so the grammar never meets an unpaired one and a forgotten `)` costs
 * one line, not the rest of the file. A `{ … }` becomes one token that holds its own lines.
 */
import type { IToken, TokenType } from "chevrotain";
import type { DiagnosticCode, DiagnosticParameters } from "../ir/diagnostic-table.ts";
import type { Diagnostics } from "../ir/diagnostics.ts";
import { endsLine } from "./line-ends.ts";
import * as t from "./tokens.ts";
import type { Tokens } from "./words.ts";
import { describeTokens, startsDeclaration, startsGradientClause, wordType } from "./words.ts";

/** Brackets, blocks and open `if`s may nest this deep, so that no later recursion overflows. */
export const nestingLimit = 200;

/** The tokens of one statement or declaration; the last is an `End`. */
export interface Line {
  readonly tokens: readonly IToken[];
  /** A mistake in this line is already reported; what it leads to is not. */
  readonly reported: boolean;
}

export interface BlockToken extends IToken {
  readonly lines: readonly Line[];
}

/** What the lexer gives: the tokens, and the places where it could read nothing, whose mistakes are reported. */
export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly unread: readonly number[];
  readonly text: string;
}

export function readLines(lexed: Lexed, file: string, diagnostics: Diagnostics): Line[] {
  return new LineReader(lexed, file, diagnostics).read();
}

const closers: ReadonlyMap<TokenType, TokenType> = new Map([
  [t.LeftParenthesis, t.RightParenthesis],
  [t.LeftBracket, t.RightBracket],
  [t.LeftBrace, t.RightBrace],
]);
const openers = new Set(closers.keys());
const closing = new Set(closers.values());

/** An open block: the line it stands in, and the lines read so far. */
interface Frame {
  readonly open: IToken;
  readonly outer: IToken[];
  readonly lines: Line[];
  readonly reported: boolean;
  readonly nested: IToken[];
}

class LineReader {
  private readonly frames: Frame[] = [];
  private lines: Line[] = [];
  private line: IToken[] = [];
  private reported = false;
  /** Open brackets and `if`s of the line. */
  private nested: IToken[] = [];
  private depth = 0;

  private readonly tokens: Tokens;
  private readonly text: string;
  private readonly unread: number[];
  /** The end of the file could not be read, so what is open there may be closed. */
  private readonly cut: boolean;

  constructor(
    { tokens, text, unread }: Lexed,
    private readonly file: string,
    private readonly diagnostics: Diagnostics,
  ) {
    this.tokens = describeTokens(tokens, text);
    this.text = text;
    this.unread = [...unread].sort((a, b) => b - a);
    this.cut = (unread.at(-1) ?? -1) > (tokens.at(-1)?.startOffset ?? -1);
  }

  read(): Line[] {
    const { all, firstOfLine } = this.tokens;
    for (let i = 0; i < all.length; i++) {
      if (firstOfLine.has(i)) {
        this.noteUnread(this.text.lastIndexOf("\n", all[i]!.startOffset));
        this.lineBreak(i);
      }
      this.noteUnread(all[i]!.startOffset);
      i = this.readToken(i);
    }
    this.noteUnread(this.text.length);
    this.closeBlocks("", this.text.length);
    this.endLine("", this.text.length);
    return this.lines;
  }

  /** Returns the position of the last token read. */
  private readToken(i: number): number {
    const token = this.classified(i);
    const type = token.tokenType;
    if (type === t.Semicolon) this.endLine(";", token.startOffset);
    else if (openers.has(type) || type === t.If) return this.open(token, i);
    else if (closing.has(type)) this.close(token, i);
    else this.take(token);
    return i;
  }

  /** What could not be read before this place is a mistake of the line. */
  private noteUnread(before: number): void {
    while (this.unread.length > 0 && this.unread[this.unread.length - 1]! < before) {
      this.unread.pop();
      this.reported = true;
    }
  }

  private classified(i: number): IToken {
    const token = this.tokens.all[i]!;
    if (token.tokenType === t.StringToken && !/^".*"$/.test(token.image)) this.report("NN1006", token, {});
    if (token.tokenType !== t.Name) return token;
    const place = { line: this.line, topLevel: this.frames.length === 0, inBrackets: this.inBrackets() };
    return t.retype(token, wordType(this.tokens, i, place));
  }

  private take(token: IToken): void {
    if (token.tokenType === t.Else && this.top()?.tokenType === t.If) this.leave();
    this.line.push(token);
  }

  // ----------------------------------------------------------------------------------------------------- line breaks

  private lineBreak(i: number): void {
    const { all } = this.tokens;
    if (this.atMargin(i) && this.frames.length > 0 && startsDeclaration(all, i))
      this.closeBlocks("\n", t.endOf(all[i - 1]!));
    if (this.line.length === 0) this.reported = false;
    if (this.line.length === 0) return;
    if (endsLine(this.tokens, i, this.line, this.nested)) this.endLine("\n", t.endOf(all[i - 1]!));
  }

  /** A declaration at the margin is not inside a block, whatever the braces say. */
  private atMargin(i: number): boolean {
    const { startOffset } = this.tokens.all[i]!;
    return startOffset === 0 || this.text[startOffset - 1] === "\n";
  }

  /** Ends the line; what ended it is the image of its last token. */
  private endLine(image: string, offset: number): void {
    this.closeBrackets(0);
    if (this.line.length > 0) {
      this.line.push(t.makeToken(t.End, image, offset));
      this.lines.push({ tokens: this.line, reported: this.reported });
    }
    this.line = [];
    this.reported = false;
  }

  // -------------------------------------------------------------------------------------------------------- brackets

  private open(token: IToken, i: number): number {
    if (this.depth >= nestingLimit) return this.skip(token, i);
    this.depth++;
    if (token.tokenType === t.LeftBrace && !this.opensImport()) {
      this.closeBrackets(0);
      const { line: outer, lines, reported, nested } = this;
      this.frames.push({ open: token, outer, lines, reported, nested });
      this.line = [];
      this.lines = [];
      this.nested = [];
      this.reported = false;
    } else {
      this.line.push(token);
      this.nested.push(token);
    }
    return i;
  }

  private opensImport(): boolean {
    return this.line.length === 1 && this.line[0]!.tokenType === t.Import;
  }

  private close(token: IToken, i: number): void {
    const at = this.nested.findLastIndex((open) => closers.get(open.tokenType) === token.tokenType);
    if (at >= 0) {
      this.closeBrackets(at + 1);
      this.leave();
      this.line.push(token);
    } else if (token.tokenType === t.RightBrace && this.frames.length > 0) {
      this.endLine("}", token.startOffset);
      this.closeBlock(t.endOf(token));
      if (!startsGradientClause(this.tokens.all, i + 1)) this.endLine("\n", t.endOf(token));
    } else {
      this.report("NN1004", token, { closer: token.image });
    }
  }

  /** Supplies the closing brackets that the line forgot; the first that lacks one is reported. */
  private closeBrackets(keep: number): void {
    const unclosed = this.nested.slice(keep);
    const first = unclosed.find((open) => open.tokenType !== t.If);
    if (first !== undefined) this.report("NN1003", first, { opener: first.image });
    for (const open of unclosed.reverse()) {
      const closer = closers.get(open.tokenType);
      const last = this.line[this.line.length - 1]!;
      if (closer !== undefined) this.line.push(t.makeToken(closer, "", t.endOf(last)));
      this.leave();
    }
  }

  private closeBlock(end: number): void {
    const { open, outer, lines, reported, nested } = this.frames.pop()!;
    const start = open.startOffset;
    const block: BlockToken = {
      ...t.makeToken(t.Block, this.text.slice(start, end), start),
      lines: this.lines,
    };
    this.lines = lines;
    this.line = [...outer, block];
    this.reported = reported;
    this.nested = nested;
    this.depth--;
  }

  private closeBlocks(image: string, end: number): void {
    if (this.frames.length === 0) return;
    const opener = this.frames[this.frames.length - 1]!.open;
    this.endLine(image, end);
    if (!this.cut) this.report("NN1003", opener, { opener: "{" });
    while (this.frames.length > 0) {
      this.endLine(image, end);
      this.closeBlock(end);
      this.reported = true;
    }
    this.endLine(image, end);
  }

  /** Leaves out what is nested too deep: up to its closing bracket, or in an `if` the word alone. */
  private skip(token: IToken, i: number): number {
    this.report("NN1007", token, { limit: nestingLimit });
    if (token.tokenType === t.If) return i;
    const { all } = this.tokens;
    let depth = 0;
    let braces = 0;
    for (let j = i; j < all.length; j++) {
      const type = all[j]!.tokenType;
      if (type === t.LeftBrace) braces++;
      if (type === t.RightBrace && --braces < 0) return j - 1;
      if (openers.has(type)) depth++;
      if (closing.has(type) && --depth === 0) return j;
    }
    return all.length;
  }

  private inBrackets(): boolean {
    return this.nested.some((open) => open.tokenType !== t.If);
  }

  private top(): IToken | undefined {
    return this.nested[this.nested.length - 1];
  }

  private leave(): void {
    this.nested.pop();
    this.depth--;
  }

  private report<C extends DiagnosticCode>(
    code: C,
    token: IToken,
    parameters: DiagnosticParameters<C>,
  ): void {
    if (!this.reported) this.diagnostics.report(code, t.spanOf(token, this.file), parameters);
    this.reported = true;
  }
}
