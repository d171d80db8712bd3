import type { Span } from "./types.ts";

/** 1-based line and column, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The texts of one compilation, by file name, with positions on demand. */
export class Sources {
  private readonly texts = new Map<string, string>();
  private readonly lineStarts = new Map<string, number[]>();

  add(file: string, text: string): void {
    this.texts.set(file, text);
    const starts = [0];
    for (let i = 0; i < text.length; i++) if (text[i] === "\n") starts.push(i + 1);
    this.lineStarts.set(file, starts);
  }

  has(file: string): boolean {
    return this.texts.has(file);
  }

  text(file: string): string {
    return this.texts.get(file) ?? "";
  }

  files(): IterableIterator<string> {
    return this.texts.keys();
  }

  position(file: string, offset: number): Position {
    const starts = this.lineStarts.get(file) ?? [0];
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }

  start(span: Span): Position {
    return this.position(span.file, span.start);
  }

  /** `digits.nn:8`, for comments and messages. */
  line(span: Span): string {
    return `${span.file}:${this.start(span).line}`;
  }
}
