/** What `npm run bench` measured, as tables for docs/performance.md. */
import { digits, table } from "./markdown.mjs";
import { median } from "./measure.mjs";

const isOwn = (name) => name.startsWith("nnc");
const contestantsOf = (workloads) => [...new Set(Object.values(workloads).flatMap((w) => Object.keys(w)))];

/** A row for each workload, a column for each of `names`. */
const perWorkload = (workloads, names, cell) =>
  table(
    ["", ...names],
    Object.entries(workloads).map(([workload, measured]) => [
      `\`${workload}\``,
      ...names.map((name) => (measured[name] ? cell(measured[name], measured, name) : "–")),
    ]),
  );

/** How many times as long as `mine` a step of a peer takes, with the least and the most of all rounds. */
function ratios(workloads, mine) {
  const peers = contestantsOf(workloads).filter((name) => !isOwn(name));
  return perWorkload(workloads, peers, ({ rounds }, measured) => {
    const each = rounds.map((time, round) => time / measured[mine].rounds[round]);
    return `${digits(median(each))} (${digits(Math.min(...each))}–${digits(Math.max(...each))})`;
  });
}

function sizes(libraries, modules) {
  const kilobytes = (bytes) => digits(bytes / 1000);
  return table(
    ["kB of code", "minified", "gzip"],
    Object.entries({ ...libraries, ...modules }).map(([name, s]) => [
      name,
      kilobytes(s.minified + (s.besides ?? 0)),
      kilobytes(s.gzip + (s.besidesGzip ?? 0)),
    ]),
  );
}

function collections(workloads) {
  const collect = (name) => Object.values(workloads).some((w) => w[name]?.collections);
  return perWorkload(workloads, contestantsOf(workloads).filter(collect), (measured) => {
    const { steps, minor, other } = measured.collections;
    return digits((1000 * (minor + other)) / steps);
  });
}

const compared = (workloads) =>
  contestantsOf(workloads)
    .filter((name) => isOwn(name) && /wasm(-\d+)?$/.test(name))
    .map(
      (name) =>
        `How many times as long as a step of ${name} it takes, with the least and the most of the rounds:\n\n${ratios(workloads, name)}`,
    )
    .join("\n\n");

export function processorText({ date, machine, versions, options, workloads, peaks, modules, libraries }) {
  const all = contestantsOf(workloads);
  const gigas = (pick) => digits(median(Object.values(peaks).map(pick)) / 1e9);
  return `
${machine.processor}, ${machine.cores} cores, load ${machine.load[0].toFixed(1)} at the start; Node ${machine.node}, jax-js ${versions["jax-js"]},
TensorFlow.js ${versions.tfjs}, PyTorch ${versions.torch ?? "not installed"}. ${date.slice(0, 10)}, ${options.rounds} rounds of ${options.seconds} s.
Peak of one core: ${gigas((p) => p.scalar)} billion operations a second one by one, ${gigas((p) => p.vector)} in vectors of four.

A step in milliseconds, the median of the rounds:

${perWorkload(workloads, all, (m) => digits(m.milliseconds))}

${compared(workloads)}

A step over its floor, which is that of one core without fused multiplication:

${perWorkload(workloads, all.filter(isOwn), (m) => digits(m.milliseconds / m.floor))}

From before the import until the first step is done, in milliseconds:

${perWorkload(workloads, all, (m) => digits(m.startup))}

What an application brings along:

${sizes(libraries, modules)}

Collections of garbage in a thousand steps, those of measuring included:

${collections(workloads)}

`;
}
