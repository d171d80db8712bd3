/** Numbers, tables and curves as plain text, at most 100 columns wide. */

const widest = 100;
const width = (text: string): number => [...text.normalize("NFC")].length;
const padded = (text: string, to: number, right: boolean): string => {
  const blanks = " ".repeat(Math.max(0, to - width(text)));
  return right ? blanks + text : text + blanks;
};

/** A number with so many significant digits, without trailing zeros. */
export function figure(value: number, digits = 6): string {
  const rounded = Number(value.toPrecision(digits));
  return Object.is(rounded, -0) ? "0" : String(rounded);
}

/** A whole number, raised: `⁻³`. */
export function superscript(n: number): string {
  return [...String(n)].map((c) => (c === "-" ? "⁻" : [..."⁰¹²³⁴⁵⁶⁷⁸⁹"][Number(c)]!)).join("");
}

/** `(0.8, -1.3)`, a few numbers at most; a single one stands alone. */
export function figures(values: ArrayLike<number>, digits = 6, most = 6): string {
  const list = Array.from(values);
  if (list.length === 1) return figure(list[0]!, digits);
  const shown = list.slice(0, most).map((v) => figure(v, digits));
  return `(${[...shown, ...(list.length > most ? ["…"] : [])].join(", ")})`;
}

/** A matrix, a row a line. */
export function rows(values: ArrayLike<number>, columns: number, digits = 6): string {
  const list = Array.from(values, (v) => figure(v, digits));
  const wide = Math.max(...list.map(width));
  const count = Math.ceil(list.length / columns);
  return Array.from({ length: count }, (_, i) =>
    list
      .slice(i * columns, (i + 1) * columns)
      .map((v) => padded(v, wide, true))
      .join("  "),
  ).join("\n");
}

/** A table with a head; columns that hold numbers only stand to the right. The last column is cut at the page's edge. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const numeric = head.map((_, c) => body.every((row) => /^(-?[\d.]+(e[+-]?\d+)?%?|)$/.test(row[c] ?? "")));
  const widths = head.map((title, c) => Math.max(width(title), ...body.map((row) => width(row[c] ?? ""))));
  const line = (cells: readonly string[]): string => {
    const text = head
      .map((_, c) => padded(cells[c] ?? "", widths[c]!, numeric[c]!))
      .join("  ")
      .trimEnd();
    return width(text) > widest ? `${[...text].slice(0, widest - 1).join("")}…` : text;
  };
  const rule = widths.map((w) => "─".repeat(w)).join("  ");
  return [line(head), [...rule].slice(0, widest).join(""), ...body.map(line)].join("\n");
}

const levels = [..."▁▂▃▄▅▆▇█"];

/** A curve in one line; `log` shows orders of magnitude. What is not finite (the logarithm of 0) is a blank. */
export function sparkline(
  values: ArrayLike<number>,
  options: { readonly log?: boolean; readonly range?: readonly [number, number] } = {},
): string {
  const scale = (v: number): number => (options.log ? Math.log10(v) : v);
  const list = Array.from(values, scale);
  const finite = (options.range ?? Array.from(values)).map(scale).filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const level = (v: number): string => {
    const place = high === low ? 0 : Math.min(1, Math.max(0, (v - low) / (high - low)));
    return levels[Math.round(place * (levels.length - 1))]!;
  };
  return list.map((v) => (Number.isFinite(v) ? level(v) : " ")).join("");
}
