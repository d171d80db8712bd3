/** What was measured in a browser, as tables for docs/performance.md. */
import { digits, table } from "../markdown.mjs";
import { median } from "../measure.mjs";
import { middle, ratioToPeers } from "./report.mjs";

export function browserText({ date, machine, versions, options, workloads }) {
  const measured = Object.entries(workloads);
  const names = [
    ...new Set(measured.flatMap(([, w]) => [...Object.keys(w.measured), ...Object.keys(w.failed)])),
  ];
  const own = names.filter((name) => name.startsWith("nnc"));
  const perWorkload = (columns, cell) =>
    table(
      ["", ...columns],
      measured.map(([workload, w]) => [
        `\`${workload}\``,
        ...columns.map((name) => (w.measured[name] ? cell(w.measured[name], w.measured, name) : "–")),
      ]),
    );
  const times = (mode) => perWorkload(names, (m) => digits(middle(m, mode)));
  const failures = measured.flatMap(([workload, w]) =>
    Object.entries(w.failed).map(([name, reason]) => `${name} can't run \`${workload}\`: ${reason}\n`),
  );
  const [adapter] = measured.flatMap(([, w]) => Object.values(w.measured).map((m) => m.adapter));
  const ratios = table(
    ["", ...own.flatMap((name) => [`${name}, queued`, `${name}, awaited`])],
    measured.map(([workload, w]) => [
      `\`${workload}\``,
      ...own.flatMap((name) =>
        ["queued", "awaited"].map((mode) => {
          const ratio = w.measured[name] && ratioToPeers(w.measured, name, mode);
          return ratio === undefined ? "–" : digits(ratio);
        }),
      ),
    ]),
  );
  return `
Adapter: ${adapter}, in headless Chromium; ${machine.processor}, ${machine.cores} cores, load ${machine.load[0].toFixed(1)} at the start; jax-js ${versions["jax-js"]},
TensorFlow.js ${versions.tfjs}. ${date.slice(0, 10)}, ${options.rounds} rounds of ${options.seconds} s.

A step in milliseconds where many are given to the GPU before the loss of the last is awaited, the median of the rounds:

${times("queued")}

The same where the loss of every step is awaited:

${times("awaited")}

A step of nnc over one of the best of the others:

${ratios}

Dispatches of a step:

${perWorkload(names, (m) => digits(m.counts.dispatches))}

From before the import until the first loss is read, in milliseconds, in a fresh browser:

${perWorkload(names, (m) => digits(median(m.startups)))}

During which shaders were compiled for so many milliseconds, measured in a run of its own:

${perWorkload(names, (m) => `${digits(m.compiling)} (${m.pipelines})`)}

In brackets: how many pipelines.
${failures.length === 0 ? "" : `\n${failures.join("\n")}`}
`;
}
