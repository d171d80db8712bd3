/**
 * Writes the figures of `results.json` into docs/performance.md, between its two marks: `npm run document`, after a run.
 * No figure there is typed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { median } from "./measure.mjs";

const page = new URL("../docs/performance.md", import.meta.url);
const [from, to] = ["<!-- measured -->\n", "<!-- end -->"];

const results = JSON.parse(readFileSync(new URL("results.json", import.meta.url), "utf8"));
const { machine, versions, options, workloads, peaks, modules, libraries } = results;

const digits = (value) => (value >= 99.5 ? value.toFixed(0) : String(Number(value.toPrecision(2))));
const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (header, rows) =>
  [row(header), row(header.map((_, c) => (c === 0 ? "---" : "--:"))), ...rows.map(row)].join("\n");

const contestants = [...new Set(Object.values(workloads).flatMap((w) => Object.keys(w)))];
const own = contestants.filter((name) => name.startsWith("nnc"));
const peers = contestants.filter((name) => !own.includes(name));
const perWorkload = (names, cell) =>
  table(
    ["", ...names],
    Object.entries(workloads).map(([workload, measured]) => [
      `\`${workload}\``,
      ...names.map((name) => (measured[name] ? cell(measured, name, workload) : "–")),
    ]),
  );

function times() {
  return perWorkload(contestants, (measured, name) => digits(measured[name].milliseconds));
}

/** How many times as long as `mine` a step of a peer takes, with the least and the most of all rounds. */
function ratios(mine) {
  return perWorkload(peers, (measured, name) => {
    const each = measured[name].rounds.map((time, round) => time / measured[mine].rounds[round]);
    return `${digits(median(each))} (${digits(Math.min(...each))}–${digits(Math.max(...each))})`;
  });
}

function floors() {
  return perWorkload(own, (measured, name) => digits(measured[name].milliseconds / measured[name].floor));
}

function starts() {
  return perWorkload(contestants, (measured, name) => digits(measured[name].startup));
}

function sizes() {
  const kilobytes = (bytes) => digits(bytes / 1000);
  const all = { ...libraries, ...modules };
  return table(
    ["kB of code", "minified", "gzip"],
    Object.entries(all).map(([name, s]) => [
      name,
      kilobytes(s.minified + (s.besides ?? 0)),
      kilobytes(s.gzip + (s.besidesGzip ?? 0)),
    ]),
  );
}

function collections() {
  return perWorkload(
    contestants.filter((name) => Object.values(workloads).some((w) => w[name]?.collections)),
    (measured, name) => {
      const { steps, minor, other } = measured[name].collections;
      return digits((1000 * (minor + other)) / steps);
    },
  );
}

const compared = own
  .filter((name) => /wasm(-\d+)?$/.test(name))
  .map(
    (name) =>
      `How many times as long as a step of ${name} it takes, with the least and the most of the rounds:\n\n${ratios(name)}`,
  );
const gigas = (pick) => digits(median(Object.values(peaks).map(pick)) / 1e9);
const rounds = `${options.rounds} rounds of ${options.seconds} s`;
const text = `
${machine.processor}, ${machine.cores} cores, load ${machine.load[0].toFixed(1)} at the start; Node ${machine.node}, jax-js ${versions["jax-js"]},
TensorFlow.js ${versions.tfjs}, PyTorch ${versions.torch ?? "not installed"}. ${results.date.slice(0, 10)}, ${rounds}.
Peak of one core: ${gigas((p) => p.scalar)} billion operations a second one by one, ${gigas((p) => p.vector)} in vectors of four.

A step in milliseconds, the median of the rounds:

${times()}

${compared.join("\n\n")}

A step over its floor, which is that of one core without fused multiplication:

${floors()}

From before the import until the first step is done, in milliseconds:

${starts()}

What an application brings along:

${sizes()}

Collections of garbage in a thousand steps, those of measuring included:

${collections()}

`;

const document = readFileSync(page, "utf8");
const [begin, end] = [document.indexOf(from), document.lastIndexOf(to)];
if (begin < 0 || end < begin)
  throw new Error(`docs/performance.md has no place between ${from.trim()} and ${to}`);
writeFileSync(page, document.slice(0, begin + from.length) + text + document.slice(end));
