import type { ILexingResult, IRecognitionException, Lexer } from "chevrotain";
import type { Diagnostics } from "../ir/diagnostics.ts";
import { Grammar } from "./grammar.ts";
import { anyDeclaration, describe, hint } from "./messages.ts";
import type { Line } from "./newlines.ts";
import { readLines } from "./newlines.ts";
import type { Rule } from "./grammar-base.ts";
import type { Declaration, ImportDeclaration, SourceFile, Statement } from "./syntax.ts";
import { createLexer, endOf, spanOf } from "./tokens.ts";

/** Built once, on first use: analysing the grammar takes longer than reading a file. Each use starts afresh. */
let tools: { readonly lexer: Lexer; readonly grammar: Grammar } | undefined;

/** Reads a `.nn` file. There is always a tree, of as much as could be read; mistakes are reported. */
export function parse(text: string, file: string, diagnostics: Diagnostics): SourceFile {
  return read(text, file, diagnostics).tree;
}

/** What stands between the lines of a statement, and what a tree leaves out. */
export interface Comment {
  readonly text: string;
  readonly start: number;
}

/** The text as it was written, for what lays it out anew: its lines, with their blocks, and its comments in order. */
export interface Written {
  readonly lines: readonly Line[];
  readonly comments: readonly Comment[];
}

/** The lines and comments of a file that has no mistakes of syntax; what there is of them is reported. */
export function readWritten(text: string, file: string, diagnostics: Diagnostics): Written {
  return read(text, file, diagnostics).written;
}

function read(
  text: string,
  file: string,
  diagnostics: Diagnostics,
): { readonly tree: SourceFile; readonly written: Written } {
  tools ??= { lexer: createLexer(), grammar: new Grammar() };
  const lexed = tools.lexer.tokenize(text);
  const unread = reportUnread(lexed, text, file, diagnostics);
  const reader = new FileReader(tools.grammar, documentation(lexed, text), file, diagnostics);
  const lines = readLines({ tokens: lexed.tokens, unread, text }, file, diagnostics);
  const comments = commentGroups
    .flatMap((group) => lexed.groups[group] ?? [])
    .map(({ image, startOffset }) => ({ text: image, start: startOffset }))
    .toSorted((a, b) => a.start - b.start);
  return { tree: reader.read(lines), written: { lines, comments } };
}

const commentGroups = ["docs", "lineComments", "blockComments"];

class FileReader {
  /** The last mistake is a line that is no declaration. */
  private misplaced = false;

  constructor(
    private readonly grammar: Grammar,
    private readonly docs: ReadonlyMap<number, string>,
    private readonly file: string,
    private readonly diagnostics: Diagnostics,
  ) {}

  read(lines: readonly Line[]): SourceFile {
    this.grammar.begin(this.file, this.diagnostics);
    const imports: ImportDeclaration[] = [];
    const declarations: Declaration[] = [];
    for (const line of lines) {
      const read = this.readLine(line, this.grammar.declaration);
      if (read?.kind === "import") imports.push(read);
      else if (read !== undefined) declarations.push(read);
    }
    return { file: this.file, imports, declarations };
  }

  /** One line, then the blocks it holds. */
  private readLine<Tree extends Statement | Declaration | ImportDeclaration>(
    line: Line,
    rule: Rule<Tree | undefined>,
  ): Tree | undefined {
    const { grammar } = this;
    grammar.beginLine(line);
    const tree = rule.call(grammar);
    const [mistake] = grammar.errors;
    if (mistake !== undefined && !line.reported) this.reportMistake(mistake, line);
    for (const { lines, into } of grammar.takePending()) {
      for (const inner of lines) {
        const statement = this.readLine(inner, grammar.statement);
        if (statement !== undefined) into.push(statement);
      }
    }
    const doc = this.docs.get(line.tokens[0]!.startOffset);
    return tree === undefined || doc === undefined ? tree : { ...tree, doc };
  }

  private reportMistake({ message: expected, token }: IRecognitionException, { tokens }: Line): void {
    // Where the model around them is missing, every one of its statements is misplaced.
    if (expected === anyDeclaration && this.misplaced) return;
    this.misplaced = expected === anyDeclaration;
    const more = { help: hint(expected, token, tokens[tokens.indexOf(token) - 1]) };
    this.diagnostics.report("NN1002", spanOf(token, this.file), { expected, found: describe(token) }, more);
  }
}

/** Signs that other languages and textbooks use. */
const meant: ReadonlyMap<string, string> = new Map([
  ["×", "*"],
  ["·", "*"],
  ["⋅", "*"],
  ["÷", "/"],
  ["−", "-"],
  ["–", "-"],
  ["≤", "<="],
  ["≥", ">="],
  ["≠", "!="],
  ["→", "->"],
  ["←", "="],
  ["∑", "sum"],
  ["∏", "prod"],
  ["√", "sqrt"],
  ["∧", "and"],
  ["∨", "or"],
  ["¬", "not"],
  ["…", "..."],
  ["!", "not"],
  ["&&", "and"],
  ["||", "or"],
  ["%", "mod"],
  ["#", "//"],
]);

/** Signs that stand for something else than another sign. */
const explained: ReadonlyMap<string, string> = new Map([
  [".", "functions are applied as `f(x)` or `x |> f`"],
  ["?", "write `if c then a else b`"],
]);

const shortened = (text: string): string => (text.length > 20 ? `${text.slice(0, 20)}…` : text);

/** Reports what the lexer could not read, and returns where. */
function reportUnread(lexed: ILexingResult, text: string, file: string, diagnostics: Diagnostics): number[] {
  // One sign that is meant for another language is one mistake, however often a line has it.
  const reported = new Set<string>();
  for (const { offset, length } of lexed.errors) {
    const found = text.slice(offset, offset + length);
    const key = `${text.lastIndexOf("\n", offset)} ${found}`;
    if (reported.has(key)) continue;
    reported.add(key);
    const better = meant.get(found);
    const help = better === undefined ? explained.get(found) : `write \`${better}\``;
    const more = help === undefined ? {} : { help };
    diagnostics.report(
      "NN1001",
      { file, start: offset, end: offset + length },
      { text: shortened(found) },
      more,
    );
  }
  const comments = lexed.groups["blockComments"] ?? [];
  const unended = comments.filter(({ image }) => image.length < 4 || !image.endsWith("*/"));
  for (const { startOffset } of unended) {
    diagnostics.report("NN1005", { file, start: startOffset, end: startOffset + 2 }, {});
  }
  return [...lexed.errors.map((error) => error.offset), ...unended.map((comment) => comment.startOffset)];
}

/** The `///` lines above each token that has some, by the token's place. Behind other text they document nothing. */
function documentation({ tokens, groups }: ILexingResult, text: string): ReadonlyMap<number, string> {
  const docs = new Map<number, string>();
  let i = 0;
  for (const { image, startOffset } of groups["docs"] ?? []) {
    if (text.slice(text.lastIndexOf("\n", startOffset) + 1, startOffset).trim() !== "") continue;
    while (i < tokens.length && endOf(tokens[i]!) <= startOffset) i++;
    const next = tokens[i];
    if (next === undefined) break;
    const line = image.slice(3).replace(/^ /, "").trimEnd();
    const earlier = docs.get(next.startOffset);
    docs.set(next.startOffset, earlier === undefined ? line : `${earlier}\n${line}`);
  }
  return docs;
}
