/** Figures and tables as docs/performance.md has them. */

export const digits = (value) => (value >= 99.5 ? value.toFixed(0) : String(Number(value.toPrecision(2))));
const row = (cells) => `| ${cells.join(" | ")} |`;
export const table = (header, rows) =>
  [row(header), row(header.map((_, c) => (c === 0 ? "---" : "--:"))), ...rows.map(row)].join("\n");
