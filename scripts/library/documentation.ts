/** The declarations of the standard library with what their `///` comments say. The generator and the tests read them. */
import { readdirSync, readFileSync } from "node:fs";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import type { SourceText } from "../../src/parser/elaborate/files.ts";
import { parse } from "../../src/parser/parse.ts";
import type { Declaration, ModelDeclaration } from "../../src/parser/syntax.ts";

/** What a `///` comment says, in the form that the library's comments have. */
export interface Documentation {
  /** One or two sentences; empty where the comment is missing. */
  readonly summary: string;
  /** The formula, in lines. */
  readonly formula: string | undefined;
  /** Paragraphs after the formula. */
  readonly remarks: readonly string[];
  readonly shapes: string | undefined;
  /** Who published it. */
  readonly source: string | undefined;
  /** The body of a model that shows it. */
  readonly example: string | undefined;
  /** It says `Used by …`, perhaps instead of an example: a part of others that readers need not know. */
  readonly isHelper: boolean;
}

export interface LibraryDeclaration extends Documentation {
  /** `std/losses.nn` */
  readonly file: string;
  readonly kind: "fn" | "layer" | "optimizer";
  readonly name: string;
  /** `fn huber(y, t, delta = 1.0)` */
  readonly signature: string;
  /** The whole declaration, without its comment. */
  readonly definition: string;
}

const standardLibrary = new URL("../../src/std/", import.meta.url);

/** The files of the library, as `src/std/index.ts` has them; that one needs a bundler. */
export function readLibrary(): SourceText[] {
  return readdirSync(standardLibrary)
    .filter((file) => file.endsWith(".nn"))
    .sort()
    .map((file) => ({
      file: `std/${file}`,
      text: readFileSync(new URL(file, standardLibrary), "utf8").replace(/\r\n/g, "\n"),
    }));
}

/** Every function, layer and optimizer, in the order of the files. */
export function declarationsOf(library: readonly SourceText[]): LibraryDeclaration[] {
  return library.flatMap(({ file, text }) => {
    const diagnostics = new Diagnostics();
    const { declarations } = parse(text, file, diagnostics);
    const [mistake] = diagnostics.all;
    if (mistake) throw new Error(`${file}: ${mistake.message}`);
    return declarations.flatMap((d) => (d.kind === "model" ? [] : [describe(d, file, text)]));
  });
}

function describe(
  declaration: Exclude<Declaration, ModelDeclaration>,
  file: string,
  text: string,
): LibraryDeclaration {
  const { kind, name, span, doc = "" } = declaration;
  return {
    file,
    kind: kind === "function" ? "fn" : kind,
    name: name.text,
    signature: signatureOf(declaration, text),
    definition: text.slice(span.start, span.end).trimEnd(),
    ...readDocumentation(doc),
  };
}

/** From the first word to what is in front of the body. */
function signatureOf(declaration: Exclude<Declaration, ModelDeclaration>, text: string): string {
  const { span, name } = declaration;
  let end = name.span.end;
  for (let start = nextSign(text, end); text[start] === "("; start = nextSign(text, end)) {
    end = closing(text, start) + 1;
  }
  if (declaration.kind !== "optimizer" && declaration.result) end = declaration.result.span.end;
  return text
    .slice(span.start, end)
    .replace(/\s+/g, " ")
    .replace(/(?<=[([]) | (?=[)\]])/g, "");
}

const nextSign = (text: string, from: number): number => from + /^\s*/.exec(text.slice(from))![0].length;

/** Where the parenthesis that opens at `start` closes. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0) return i;
  }
  throw new Error("the parser gave a declaration whose parentheses do not close");
}

/** Takes a comment apart: summary, formula, remarks, `Shapes:`, `Source:`, `Used by`, and the lines that are indented by four. */
export function readDocumentation(doc: string): Documentation {
  const lines = doc.split("\n");
  const from = lines.findIndex((line) => line.startsWith("    "));
  const prose = (from < 0 ? lines : lines.slice(0, from)).join("\n");
  const example = from < 0 ? undefined : unindented(lines.slice(from));
  const paragraphs: string[] = [];
  const users: string[] = [];
  const fields = new Map<string, string>();
  for (const paragraph of prose.split(/\n\s*\n/).map((p) => p.trim())) {
    for (const part of paragraph.split(/^(?=(?:Shapes: |Source: |Used by ))/m)) {
      const field = /^(Shapes|Source): ([^]*)$/.exec(part);
      if (field) fields.set(field[1]!, joined(field[2]!));
      else if (part.trim() !== "") (part.startsWith("Used by ") ? users : paragraphs).push(part.trimEnd());
    }
  }
  const [summary = "", formula, ...remarks] = paragraphs;
  return {
    summary: joined(summary),
    formula,
    remarks: [...remarks, ...users].map(joined),
    shapes: fields.get("Shapes"),
    source: fields.get("Source"),
    example,
    isHelper: /\bUsed by /.test(prose),
  };
}

const joined = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");

function unindented(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/^ {4}/, ""))
    .join("\n")
    .trimEnd();
}
