/** What was measured, as tables for the terminal. */
import { ratio } from "./measure.mjs";

export const significant = (value, digits = 3) =>
  value >= 10 ** (digits - 1) ? value.toFixed(0) : String(Number(value.toPrecision(digits)));

/** Columns under their names, the first to the left and the others to the right. */
export function table(header, rows) {
  const all = [header, ...rows];
  const widths = header.map((_, c) => Math.max(...all.map((row) => row[c].length)));
  const line = (row) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join("  ");
  return [line(header), widths.map((w) => "─".repeat(w)).join("──"), ...rows.map(line)].join("\n");
}

function collectionsOf({ collections }) {
  if (!collections) return "";
  const { steps, minor, other } = collections;
  return significant((1000 * (minor + other)) / steps, 2);
}

function retainedOf({ retained }) {
  if (!retained) return "";
  return `${Math.round(retained.bytes / 1000)}/${retained.steps}`;
}

/** `own` are the contestants of nnc; each gets a column of ratios. */
export function workloadTable(results) {
  const names = Object.keys(results);
  const own = names.filter((name) => name.startsWith("nnc"));
  const header = [
    "",
    "ms/step",
    "lowest",
    "highest",
    "cpu ms",
    "÷ floor",
    "start ms",
    "GC/1000",
    "kept kB/steps",
    ...own.map((n) => `${n} ÷`),
  ];
  const rows = names.map((name) => {
    const r = results[name];
    return [
      name,
      significant(r.milliseconds),
      significant(r.lowest),
      significant(r.highest),
      significant(r.processor),
      r.floor === undefined ? "" : significant(r.milliseconds / r.floor, 2),
      significant(r.startup),
      collectionsOf(r),
      retainedOf(r),
      ...own.map((mine) => (mine === name ? "" : significant(ratio(results, mine, name), 2))),
    ];
  });
  return table(header, rows);
}

const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

export function sizeTable(modules, libraries) {
  const rows = [
    ...Object.entries(libraries).map(([name, s]) => [name, s.minified + s.besides, s.gzip + s.besidesGzip]),
    ...Object.entries(modules).map(([name, s]) => [name, s.minified, s.gzip]),
  ];
  return table(
    ["kB of code", "minified", "gzip"],
    rows.map(([name, minified, gzip]) => [name, kilobytes(minified), kilobytes(gzip)]),
  );
}
