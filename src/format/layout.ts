/** Lays out a file: its statements and comments in order, blocks indented, at most one empty line between two of them. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type { BlockToken, Line } from "../parser/newlines.ts";
import type { Comment, Written } from "../parser/parse.ts";
import type { IToken } from "../parser/tokens.ts";
import { Block, endOf } from "../parser/tokens.ts";
import { layOutLine } from "./lines.ts";

const { breakParent, group, hardline, indent, line, lineSuffix } = builders;

export function layOutFile(text: string, written: Written): Doc {
  const body = new FileLayout(text, written.comments).statements(written.lines, 0, text.length);
  return body.length === 0 ? "" : [...body, hardline];
}

/** A statement, or a comment on a line of its own, and where it stands in the text. */
interface Entry {
  readonly doc: Doc;
  readonly start: number;
  readonly end: number;
}

class FileLayout {
  constructor(
    private readonly text: string,
    private readonly comments: readonly Comment[],
  ) {}

  /** The statements between two places of the text, with the comments around them. */
  statements(lines: readonly Line[], from: number, to: number): Doc[] {
    const entries = lines.map((l) => this.statement(l));
    const outside = this.comments.filter(
      (c) => from <= c.start && c.start < to && entries.every((e) => c.start < e.start || c.start >= e.end),
    );
    const own = outside.filter((c) => !entries.some((e) => this.trails(c, e)));
    const trailing = (e: Entry): Doc[] =>
      outside.filter((c) => this.trails(c, e)).map((c) => lineSuffix(` ${tidy(c)}`));
    const all = [
      ...entries.map((e) => ({ ...e, doc: [e.doc, ...trailing(e)], end: this.endWith(e, outside) })),
      ...own.map((c) => ({ doc: this.ownLine(c), start: c.start, end: c.start + c.text.length })),
    ].toSorted((a, b) => a.start - b.start);
    return all.flatMap((entry, n) => {
      const before = all[n - 1];
      if (!before) return [entry.doc];
      return [hardline, ...(this.isApart(before.end, entry.start) ? [hardline] : []), entry.doc];
    });
  }

  private statement({ tokens }: Line): Entry {
    const inside = tokens.slice(0, -1);
    const doc = layOutLine(inside, {
      block: (token) => this.block(token),
      commentsAfter: (token, next) => this.commentsBetween(endOf(token), next?.startOffset),
    });
    return { doc, start: inside[0]!.startOffset, end: endOf(inside.at(-1)!) };
  }

  /** A block of one short statement that stood on one line stays there. */
  private block(token: BlockToken): Doc {
    const [from, to] = [token.startOffset + 1, endOf(token) - 1];
    const statements = this.statements(token.lines, from, to);
    if (statements.length === 0) return "{}";
    const isShort = token.lines.length === 1 && !token.image.includes("\n") && statements.length === 1;
    if (isShort && !hasBlock(token.lines[0]!.tokens))
      return group(["{", indent([line, ...statements]), line, "}"]);
    return ["{", indent([hardline, ...statements]), hardline, "}"];
  }

  // -------------------------------------------------------------------------------------------------------- comments

  /** Inside of a statement a comment stays behind the token that it follows. */
  private commentsBetween(from: number, to: number | undefined): Doc {
    if (to === undefined) return "";
    return this.comments
      .filter((c) => from <= c.start && c.start < to)
      .map((c) => (isBlock(c) ? [" ", tidy(c)] : [lineSuffix(` ${tidy(c)}`), breakParent]));
  }

  /** Whether a comment stands behind a statement, on its last line. */
  private trails(c: Comment, e: Entry): boolean {
    return c.start >= e.end && /^[^\S\n]*;?[^\S\n]*$/.test(this.text.slice(e.end, c.start));
  }

  private endWith(e: Entry, outside: readonly Comment[]): number {
    return Math.max(e.end, ...outside.filter((c) => this.trails(c, e)).map((c) => c.start + c.text.length));
  }

  /** A comment of several lines keeps its shape, moved to where it stands now. */
  private ownLine(c: Comment): Doc {
    const column = c.start - (this.text.lastIndexOf("\n", c.start) + 1);
    const [first, ...others] = tidy(c).split("\n");
    return [first!, ...others.flatMap((l) => [hardline, withoutMargin(l, column).trimEnd()])];
  }

  private isApart(from: number, to: number): boolean {
    return (this.text.slice(from, to).match(/\n/g) ?? []).length > 1;
  }
}

const isBlock = (c: Comment): boolean => c.text.startsWith("/*");

const tidy = (c: Comment): string => c.text.replace(/\r/g, "").trimEnd();

const hasBlock = (tokens: readonly IToken[]): boolean => tokens.some((token) => token.tokenType === Block);

function withoutMargin(text: string, column: number): string {
  const margin = /^\s*/.exec(text)![0].length;
  return text.slice(Math.min(margin, column));
}
