/** Diagnostics for people: a headline, the place, a frame of the source with carets, notes and help. */
import { codeFrameColumns } from "@babel/code-frame";
import picocolors from "picocolors";
import type { Diagnostic, Note } from "../ir/diagnostics.ts";
import type { Sources } from "../ir/source.ts";
import type { Span } from "../ir/types.ts";

/** What decides about colours. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the output is a terminal. */
  readonly terminal: boolean;
}

/** https://no-color.org; FORCE_COLOR as Node reads it; otherwise colour is for terminals. */
export function wantsColour(host: Terminal): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = host.environment;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return host.terminal && TERM !== "dumb";
}

/** One diagnostic, with a line feed at its end. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: Sources, colour: boolean): string {
  const paint = picocolors.createColors(colour);
  const { severity, code, message, span, notes, help } = diagnostic;
  const tint = severity === "error" ? paint.red : paint.yellow;
  const { line, column } = sources.start(span);
  const lines = [
    `${paint.bold(tint(`${severity}[${code}]`))}${paint.bold(`: ${message}`)}`,
    `  ${paint.dim("-->")} ${span.file}:${line}:${column}`,
    ...frame(span, sources).map((l) =>
      l.replace(
        /^( *\d* \|)(.*)$/s,
        (_, gutter: string, rest: string) =>
          paint.dim(gutter) + (/^[ \t]*\^+$/.test(rest) ? tint(rest) : rest),
      ),
    ),
    ...notes.map((note) => `  ${paint.cyan("note:")} ${noteText(note, span, sources)}`),
    ...(help === undefined ? [] : [`  ${paint.green("help:")} ${help}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** All of them, a blank line between each two. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  colour: boolean,
): string {
  return diagnostics.map((d) => renderDiagnostic(d, sources, colour)).join("\n");
}

/** The first line of the span, and carets under it; a span that goes on is marked to the end of its first line. */
function frame(span: Span, sources: Sources): string[] {
  if (!sources.has(span.file)) return [];
  const { line, column } = sources.start(span);
  // Only \n ends a line for positions, so other separators must not end one for the frame.
  const text = sources.text(span.file).replace(/[\r\u2028\u2029]/g, " ");
  const lineEnd = (text.split("\n")[line - 1] ?? "").trimEnd().length + 1;
  const to = sources.position(span.file, span.end);
  const endColumn = Math.max(column + 1, to.line === line ? to.column : lineEnd);
  const location = { start: { line, column }, end: { line, column: endColumn } };
  const raw = codeFrameColumns(text, location, { linesAbove: 0, linesBelow: 0, highlightCode: false });
  return raw.split("\n").map((l) => ` ${l.replace(/^>/, " ")}`);
}

/** The message and its place: `at 8:24`, or `at block.nn:8:24` in another file. */
function noteText(note: Note, from: Span, sources: Sources): string {
  if (note.span === undefined) return note.message;
  const { line, column } = sources.start(note.span);
  const place = note.span.file === from.file ? `${line}:${column}` : `${note.span.file}:${line}:${column}`;
  return `${note.message} at ${place}`;
}
