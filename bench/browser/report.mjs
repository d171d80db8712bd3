/** What was measured in a browser, as a table for the terminal. */
import { median } from "../measure.mjs";
import { significant, table } from "../report.mjs";

/** How long a step takes in units of the best peer's: the median over rounds, each compared with its own. */
export function ratioToPeers(measured, name, mode) {
  const peers = Object.keys(measured).filter((other) => !other.startsWith("nnc"));
  if (peers.length === 0) return undefined;
  const best = peers.toSorted((a, b) => lowest(measured[a], mode) - lowest(measured[b], mode))[0];
  return median(measured[name].turns.map((times, round) => times[mode] / measured[best].turns[round][mode]));
}

export const middle = ({ turns }, mode) => median(turns.map((times) => times[mode]));
export const lowest = ({ turns }, mode) => Math.min(...turns.map((times) => times[mode]));

const header = [
  "",
  "ms/step",
  "lowest",
  "÷ best peer",
  "awaited",
  "lowest",
  "÷ best peer",
  "dispatches",
  "passes",
  "submits",
  "start ms",
  "compile ms",
  "pipelines",
];

export function browserTable(measured) {
  const ratio = (name, mode) => {
    const found = name.startsWith("nnc") ? ratioToPeers(measured, name, mode) : undefined;
    return found === undefined ? "" : significant(found, 2);
  };
  const rows = Object.entries(measured).map(([name, m]) => [
    name,
    ...["queued", "awaited"].flatMap((mode) => [
      significant(middle(m, mode)),
      significant(lowest(m, mode)),
      ratio(name, mode),
    ]),
    ...["dispatches", "passes", "submits"].map((what) => significant(m.counts[what])),
    significant(median(m.startups)),
    significant(m.compiling),
    String(m.pipelines),
  ]);
  return table(header, rows);
}
