/** Lines of generated code, each with where it comes from. */
import type { Origin } from "../ir/types.ts";

export type Language = "typescript" | "javascript";

export interface Line {
  readonly text: string;
  readonly origin: Origin | null;
  /** It stands in a text that is not broken or indented. */
  readonly isVerbatim?: true;
}

/**
 * Collects indented lines. Code is written with its types between « and »: TypeScript keeps them, JavaScript leaves them
 * out. Text from the source file passes only through `comment` and `doc`, where nothing of it can become code.
 */
export class TextBuilder {
  private readonly collected: Line[] = [];
  private depth = 0;

  constructor(readonly language: Language) {}

  line(code: string, origin: Origin | null = null): void {
    this.push(typed(code, this.language), origin);
  }

  /** Several lines of fixed text after a blank one; nothing, where there are only types and no TypeScript. */
  block(code: string): void {
    const text = typed(code, this.language);
    if (text === "") return;
    this.blank();
    for (const line of text.split("\n")) this.push(line, null);
  }

  blank(): void {
    const last = this.collected[this.collected.length - 1];
    if (last !== undefined && last.text !== "" && !last.text.endsWith("{"))
      this.collected.push({ text: "", origin: null });
  }

  indented(body: () => void): void {
    this.depth++;
    body();
    this.depth--;
  }

  /** `head {`, the body, `}`; `head {}` around nothing. */
  braces(head: string, body: () => void, origin: Origin | null = null, close = "}"): void {
    this.line(`${head} {`, origin);
    const before = this.collected.length;
    this.indented(body);
    if (this.collected.length > before || close !== "}") return this.line(close);
    this.collected.pop();
    this.line(`${head} {}`, origin);
  }

  /** Whether this code has room on one line here. */
  fits(code: string): boolean {
    return 2 * this.depth + typed(code, this.language).length <= lineWidth;
  }

  /** `head(a, b)tail` on one line where it fits, else an item a line. */
  list(head: string, items: readonly string[], tail: string, origin: Origin | null = null): void {
    const whole = `${head}(${items.join(", ")})${tail}`;
    if (this.fits(whole) || items.length === 0) return this.line(whole, origin);
    this.line(`${head}(`, origin);
    this.indented(() => items.forEach((item) => this.line(`${item},`, origin)));
    this.line(`)${tail}`, origin);
  }

  comment(text: string, origin: Origin | null = null): void {
    for (const line of commentLines(text)) this.push(`// ${line}`.trimEnd(), origin);
  }

  /** A documentation comment; nothing where there is no text. */
  doc(texts: readonly (string | undefined)[], origin: Origin | null = null): void {
    const lines = texts.filter((t) => t !== undefined).flatMap(commentLines);
    if (lines.length === 0) return;
    if (lines.length === 1) return this.push(`/** ${lines[0]} */`, origin);
    this.push("/**", origin);
    for (const line of lines) this.push(` * ${line}`.trimEnd(), origin);
    this.push(" */", origin);
  }

  /** Lines of another language, as they are. */
  verbatim(text: string, origin: Origin | null = null): void {
    for (const line of text.split("\n")) this.collected.push({ text: line, origin, isVerbatim: true });
  }

  append(lines: readonly Line[]): void {
    for (const line of lines) {
      if (line.isVerbatim) this.collected.push(line);
      else this.push(line.text, line.origin);
    }
  }

  get lines(): readonly Line[] {
    return this.collected;
  }

  private push(text: string, origin: Origin | null): void {
    this.collected.push({ text: text === "" ? "" : "  ".repeat(this.depth) + text, origin });
  }
}

/** Where lines of generated code end. */
export const lineWidth = 100;

/** Keeps or drops what stands between « and ». */
function typed(code: string, language: Language): string {
  return language === "typescript" ? code.replace(/[«»]/g, "") : code.replace(/«[^»]*»/g, "");
}

/** The lines of a text, without what could end a comment. */
export function commentLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) =>
    line
      .replace(/\p{Cc}/gu, " ")
      .replaceAll("*/", "*\\/")
      .trimEnd(),
  );
}

/** A string literal. What isn't ASCII letters stays as it is, except what ends a line. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}
