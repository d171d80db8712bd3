import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { parse } from "../../src/parser/parse.ts";
import type { Declaration, Expression, SourceFile, Statement } from "../../src/parser/syntax.ts";
import { show, showStatement } from "./show.ts";

export interface Reading {
  readonly file: SourceFile;
  readonly text: string;
  /** `NN1002 3: message`: code, line and message of each mistake. */
  readonly mistakes: readonly string[];
  readonly diagnostics: Diagnostics;
}

export function read(text: string): Reading {
  const diagnostics = new Diagnostics();
  const file = parse(text, "test.nn", diagnostics);
  const line = (offset: number): number => text.slice(0, offset).split("\n").length;
  const mistakes = diagnostics.all.map((d) => `${d.code} ${line(d.span.start)}: ${d.message}`);
  return { file, text, mistakes, diagnostics };
}

/** What was read without a mistake. */
export function readWell(text: string): SourceFile {
  const { file, mistakes } = read(text);
  if (mistakes.length > 0) throw new Error(`${mistakes.join("\n")}\nin\n${text}`);
  return file;
}

export function only(text: string): Declaration {
  const [declaration] = readWell(text).declarations;
  if (declaration === undefined) throw new Error(`no declaration in ${text}`);
  return declaration;
}

/** The statements of a model of which `body` is the inside. */
export function statements(body: string): readonly Statement[] {
  return only(`model M {\n${body}\n}`).body;
}

export function expression(text: string): Expression {
  const [statement] = statements(`y = ${text}`);
  if (statement?.kind !== "definition" || statement.value === undefined) throw new Error(`no value: ${text}`);
  return statement.value;
}

export const showExpression = (text: string): string => show(expression(text));
export const showStatements = (body: string): string[] => statements(body).map(showStatement);

/** The mistakes in the body of a model; lines count from its first line. */
export function mistakesIn(body: string): string[] {
  const shifted = read(`model M {\n${body}\n}`).mistakes;
  return shifted.map((mistake) => mistake.replace(/ (\d+):/, (_, n: string) => ` ${Number(n) - 1}:`));
}

/** What was read of the body of a model in spite of its mistakes. */
export function salvaged(body: string): string[] {
  return (read(`model M {\n${body}\n}`).file.declarations[0]?.body ?? []).map(showStatement);
}
