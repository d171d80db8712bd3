/**
 * Tables as text: fields between commas, semicolons or tabs, quoted where they hold one (RFC 4180). The text is scanned
 * once into columns of numbers; what is not a number, and where a field stands, is looked up in the text when it is
 * asked for, so that a table of numbers takes four bytes a field.
 */
import type { Arrays, DataArray, Numbers, Texts } from "./arrays.ts";
import { DataError, once, TextCollector } from "./arrays.ts";

/** One field: the text between `start` and `end`, without the quotes around it. */
type Visit = (row: number, column: number, start: number, end: number, quoted: boolean) => void;

const quote = 34;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;

/** Fields that say that nothing is known: empty, and as R and pandas write it. */
const missing = new Set(["", "NA", "NaN", "nan"]);

/**
 * Reads a table. Its first line names the columns, unless a field of it is a number: then they are called 1, 2, … .
 * Empty lines count as none. Throws a `DataError` with file and line where a line has another number of fields.
 */
export function readCsv(text: string, file: string): Arrays {
  const start = text.startsWith("\ufeff") ? 1 : 0;
  const delimiter = delimiterOf(text, start);
  const first = firstLine(text, start, delimiter, file);
  const hasHeader = first.fields.every(
    (field) => field !== "" && parseNumber(field, 0, field.length) === null,
  );
  const names = hasHeader ? first.fields : first.fields.map((_, column) => String(column + 1));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new DataError(`${file}:1: two columns are called \`${twice}\``);
  const table = new Table(text, file, hasHeader ? first.end : start, delimiter, names);
  if (table.rows === 0) throw new DataError(`${file}: no line of data`);
  return new Map(table.columns().map((column) => [column.name, column]));
}

/** Which of tab, semicolon and comma occurs most in the first line, outside of quotes. */
function delimiterOf(text: string, start: number): number {
  const counts = new Map([..."\t;,"].map((c) => [c.charCodeAt(0), 0]));
  let inside = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) inside = !inside;
    else if (code === lineFeed && !inside) break;
    else if (!inside && counts.has(code)) counts.set(code, counts.get(code)! + 1);
  }
  return [...counts].reduce((best, next) => (next[1] >= best[1] ? next : best))[0];
}

function firstLine(
  text: string,
  start: number,
  delimiter: number,
  file: string,
): { readonly fields: string[]; readonly end: number } {
  const fields: string[] = [];
  const end = scan(text, start, delimiter, file, 1, (_row, _column, from, to, quoted) =>
    fields.push(fieldText(text, from, to, quoted)),
  );
  if (fields.length === 0) throw new DataError(`${file}: the file is empty`);
  return { fields, end };
}

/** Calls `visit` for every field of at most `rows` lines, and gives the place behind them. */
function scan(
  text: string,
  start: number,
  delimiter: number,
  file: string,
  rows: number,
  visit: Visit,
): number {
  let at = start;
  let row = 0;
  while (at < text.length && row < rows) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || (code === carriageReturn && text.charCodeAt(at + 1) === lineFeed)) {
      at += code === lineFeed ? 1 : 2;
      continue;
    }
    at = scanLine(text, at, delimiter, file, row, visit);
    row++;
  }
  return at;
}

/** One line, and the place where the next begins. */
function scanLine(
  text: string,
  start: number,
  delimiter: number,
  file: string,
  row: number,
  visit: Visit,
): number {
  let at = start;
  for (let column = 0; ; column++) {
    while (text.charCodeAt(at) === space) at++;
    if (text.charCodeAt(at) === quote) {
      const end = closingQuote(text, at, file);
      visit(row, column, at + 1, end, true);
      at = end + 1;
      while (at < text.length && text.charCodeAt(at) !== delimiter && text.charCodeAt(at) !== lineFeed) {
        const code = text.charCodeAt(at++);
        if (code !== space && code !== carriageReturn)
          throw new DataError(`${lineAndColumn(text, at - 1, file)}: text behind a closing quote`);
      }
    } else {
      const from = at;
      let code = text.charCodeAt(at);
      while (at < text.length && code !== delimiter && code !== lineFeed) code = text.charCodeAt(++at);
      let to = at;
      while (to > from && (text.charCodeAt(to - 1) === space || text.charCodeAt(to - 1) === carriageReturn))
        to--;
      visit(row, column, from, to, false);
    }
    if (at >= text.length) return at;
    if (text.charCodeAt(at++) === lineFeed) return at;
  }
}

function closingQuote(text: string, open: number, file: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text.charCodeAt(at) !== quote) continue;
    if (text.charCodeAt(at + 1) !== quote) return at;
    at++;
  }
  throw new DataError(`${lineAndColumn(text, open, file)}: this quote is never closed`);
}

function fieldText(text: string, start: number, end: number, quoted: boolean): string {
  const field = text.slice(start, end);
  return quoted ? field.replaceAll('""', '"') : field;
}

/** The number that a field holds; NaN where it holds none because nothing is known, null where it holds text. */
function parseNumber(text: string, start: number, end: number): number | null {
  // Most fields are short whole numbers.
  if (end > start && end - start <= 9) {
    let value = 0;
    let at = start;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === end) return value;
  }
  const field = text.slice(start, end);
  if (missing.has(field)) return NaN;
  return /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(field) ? Number(field) : null;
}

/** `train.csv:17:3`, counted from 1 as editors do. */
function lineAndColumn(text: string, offset: number, file: string): string {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return `${file}:${line}:${offset - lineStart + 1}`;
}

/** Numbers of which nobody knows how many will come: 32-bit floats, unless one of them is a large whole number. */
class Growing {
  values: Float32Array | Float64Array = new Float32Array(1024);
  textCount = 0;

  push(at: number, value: number | null): void {
    if (at === this.values.length) this.resize(2 * at, this.values instanceof Float64Array);
    if (value === null) {
      this.textCount++;
      this.values[at] = NaN;
      return;
    }
    if (Number.isInteger(value) && Math.fround(value) !== value && this.values instanceof Float32Array) {
      this.resize(this.values.length, true);
    }
    this.values[at] = value;
  }

  private resize(length: number, wide: boolean): void {
    const grown = wide ? new Float64Array(length) : new Float32Array(length);
    grown.set(this.values);
    this.values = grown;
  }
}

class Table {
  rows = 0;
  private readonly found: Growing[];

  constructor(
    private readonly content: string,
    private readonly file: string,
    private readonly start: number,
    private readonly delimiter: number,
    private readonly names: readonly string[],
  ) {
    this.found = names.map(() => new Growing());
    const width = names.length;
    let last = { row: 0, column: width - 1, at: start };
    const endOfLine = (): void => {
      if (last.column === width - 1) return;
      const place = lineAndColumn(content, last.at, file).replace(/:[0-9]+$/, "");
      const fields = `${last.column + 1} ${last.column === 0 ? "field" : "fields"}`;
      throw new DataError(`${place}: ${fields}, but the first line has ${width}`);
    };
    this.each((row, column, from, to) => {
      if (column === 0 && row > 0) endOfLine();
      last = { row, column, at: from };
      this.found[column]?.push(row, parseNumber(content, from, to));
      this.rows = row + 1;
    });
    if (this.rows > 0) endOfLine();
  }

  columns(): DataArray[] {
    return this.names.map((name, column): DataArray => {
      const { values, textCount } = this.found[column]!;
      const trimmed: Numbers = values.subarray(0, this.rows);
      return {
        name,
        shape: [this.rows],
        values: trimmed,
        textCount,
        isBytes: false,
        texts: once(() => this.texts(column)),
        place: (row) => lineAndColumn(this.content, this.find(row, column).from, this.file),
        text: (row) => {
          const { from, to, quoted } = this.find(row, column);
          return fieldText(this.content, from, to, quoted);
        },
      };
    });
  }

  private texts(column: number): Texts {
    const collector = new TextCollector(this.rows);
    this.each((row, c, from, to, quoted) => {
      if (c !== column) return;
      const text = fieldText(this.content, from, to, quoted);
      if (!missing.has(text)) collector.add(row, text);
    });
    return collector.finish();
  }

  private each(visit: Visit, rows = Infinity): void {
    scan(this.content, this.start, this.delimiter, this.file, rows, visit);
  }

  private find(row: number, column: number): { from: number; to: number; quoted: boolean } {
    let found = { from: 0, to: 0, quoted: false };
    this.each((r, c, from, to, quoted) => {
      if (r === row && c === column) found = { from, to, quoted };
    }, row + 1);
    return found;
  }
}
