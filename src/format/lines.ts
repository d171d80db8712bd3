/**
 * Lays out one statement: its tokens as they were written, with spaces and line breaks of our own. Parentheses, numbers
 * and names stay as they are; only white space changes.
 */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type { BlockToken } from "../parser/newlines.ts";
import type { IToken, TokenType } from "../parser/tokens.ts";
import * as t from "../parser/tokens.ts";
import { isSpaced, mayBreak } from "./spacing.ts";

const { fill, group, indent, line, softline } = builders;

/** What the layout of a statement asks of the layout of the file. */
export interface Surroundings {
  block(token: BlockToken): Doc;
  /** The comments that stand between a token and the next of its line. */
  commentsAfter(token: IToken, next: IToken | undefined): Doc;
}

const closers: ReadonlyMap<TokenType, TokenType> = new Map([
  [t.LeftParenthesis, t.RightParenthesis],
  [t.LeftBracket, t.RightBracket],
  [t.LeftBrace, t.RightBrace],
]);

/** One bracket with all that is in it, or one token; and what stands behind it. */
interface Piece {
  readonly doc: Doc;
  readonly token: IToken;
  readonly next: "nothing" | "space" | "break";
}

/** `tokens`: one logical line without its end. */
export function layOutLine(tokens: readonly IToken[], around: Surroundings): Doc {
  return new LineLayout(tokens, around).whole();
}

class LineLayout {
  constructor(
    private readonly tokens: readonly IToken[],
    private readonly around: Surroundings,
  ) {}

  whole(): Doc {
    const pieces = this.pieces(0, this.tokens.length);
    const clauses = splitBefore(pieces, (p) => p.token.tokenType === t.With || isGroupWord(p));
    const [first, ...others] = clauses.map((clause) => this.clause(clause));
    if (others.length === 0) return first!;
    return group([first!, indent(others.flatMap((clause) => [line, clause]))]);
  }

  /** `name = value`: a value that does not fit goes to the next line, or breaks inside of its last brackets. */
  private clause(pieces: readonly Piece[]): Doc {
    const at = pieces.findIndex((p) => p.token.tokenType === t.Equals);
    if (at < 0) return this.value(pieces);
    const [head, value] = [pieces.slice(0, at + 1), pieces.slice(at + 1)];
    if (value.length === 0) return this.run(head);
    const hugs = value.length <= 2 || value.some((p) => p.token.tokenType === t.Pipe);
    if (hugs) return group([this.run(head), " ", this.value(value)]);
    return group([this.run(head), group(indent([line, this.value(value)]))]);
  }

  /** A chain of pipes stands on one line, or each of them on its own. */
  private value(pieces: readonly Piece[]): Doc {
    const [first, ...pipes] = splitBefore(pieces, (p) => p.token.tokenType === t.Pipe);
    if (pipes.length === 0) return this.choices(first!);
    return group([this.choices(first!), indent(pipes.map((pipe) => [line, this.choices(pipe)]))]);
  }

  /** So do the cases of `if … then … else …`. */
  private choices(pieces: readonly Piece[]): Doc {
    const [first, ...others] = splitBefore(pieces, (p) => p.token.tokenType === t.Else);
    if (others.length === 0) return this.run(first!);
    return group([this.run(first!), indent(others.map((other) => [line, this.run(other)]))]);
  }

  /** Neighbouring pieces; a line that is too long breaks behind operators. */
  private run(pieces: readonly Piece[]): Doc {
    const [first, ...others] = splitAfter(pieces, (p) => p.next === "break").map((content) =>
      content.map(({ doc, next }, n) => (next === "space" && n < content.length - 1 ? [doc, " "] : doc)),
    );
    if (others.length === 0) return first!;
    return [first!, indent(fill(["", ...others.flatMap((content) => [line, content])]))];
  }

  // ---------------------------------------------------------------------------------------------------------- pieces

  private pieces(from: number, to: number): Piece[] {
    const found: Piece[] = [];
    for (let n = from; n < to;) {
      const end = this.endOf(n, to);
      const doc = end > n ? this.brackets(n, end) : this.token(n);
      found.push({ doc, token: this.tokens[n]!, next: this.between(end) });
      n = end + 1;
    }
    return found;
  }

  private between(n: number): Piece["next"] {
    if (n + 1 >= this.tokens.length || !isSpaced(this.tokens, n)) return "nothing";
    return mayBreak(this.tokens, n) ? "break" : "space";
  }

  /** The position of the bracket that closes the one at `n`; `n` itself where none opens. */
  private endOf(n: number, to: number): number {
    const closer = closers.get(this.tokens[n]!.tokenType);
    if (closer === undefined) return n;
    let depth = 0;
    for (let at = n; at < to; at++) {
      if (closers.has(this.tokens[at]!.tokenType)) depth++;
      else if ([...closers.values()].includes(this.tokens[at]!.tokenType) && --depth === 0) return at;
    }
    return n;
  }

  private token(n: number): Doc {
    const token = this.tokens[n]!;
    const doc = token.tokenType === t.Block ? this.around.block(token as BlockToken) : token.image;
    return [doc, this.around.commentsAfter(token, this.tokens[n + 1])];
  }

  private brackets(from: number, to: number): Doc {
    const isBrace = this.tokens[from]!.tokenType === t.LeftBrace;
    const space = isBrace ? line : softline;
    if (to === from + 1) return [this.token(from), this.token(to)];
    const elements = splitAfter(this.pieces(from + 1, to), (p) => p.token.tokenType === t.Comma);
    const inside = elements.flatMap((element, n) =>
      n > 0 ? [line, this.value(element)] : [this.value(element)],
    );
    return group([this.token(from), indent([space, ...inside]), space, this.token(to)]);
  }
}

/** `for "*.b"` goes on with an optimizer; the word that begins a loop is the first of its line. */
const isGroupWord = (p: Piece): boolean => p.token.tokenType === t.For;

function splitBefore(pieces: readonly Piece[], starts: (p: Piece) => boolean): Piece[][] {
  const runs: Piece[][] = [[]];
  pieces.forEach((p, n) => {
    if (n > 0 && starts(p)) runs.push([]);
    runs.at(-1)!.push(p);
  });
  return runs;
}

function splitAfter(pieces: readonly Piece[], ends: (p: Piece) => boolean): Piece[][] {
  const runs: Piece[][] = [[]];
  pieces.forEach((p, n) => {
    runs.at(-1)!.push(p);
    if (ends(p) && n < pieces.length - 1) runs.push([]);
  });
  return runs;
}
