/**
 * Where the time of a step goes, by kernel: `npm run profile -- xor 2` profiles the workload at target 2 and lists what
 * took the most. `npm run bench` has to have been run before, for the modules and the data.
 */
import { existsSync, readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";
import { build } from "./compile.mjs";
import { create } from "./contestants/nnc.mjs";
import { readTensors } from "./data.mjs";

const [workload, target = "2", seconds = "3"] = process.argv.slice(2);
const step = await create({
  ...readTensors(`${build}/${workload}`),
  variant: `${workload}-${target}`,
  folder: pathToFileURL(`${build}/`),
});

function run(milliseconds) {
  const began = performance.now();
  let steps = 0;
  do {
    step();
    steps++;
  } while (performance.now() - began < milliseconds);
  return (performance.now() - began) / steps;
}

// Compiled code first.
run(1000);
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 200 });
await session.post("Profiler.start");
const time = run(1000 * Number(seconds));
const { profile } = await session.post("Profiler.stop");

/** The names of the functions of WebAssembly, which a profile numbers in the order of the text. */
function kernelNames() {
  const file = `${build}/${workload}-${target}.wat`;
  if (!existsSync(file)) return [];
  return Array.from(readFileSync(file, "utf8").matchAll(/\(func \$(\S+)/g), ([, name]) => name);
}

const kernels = kernelNames();

function readable(name) {
  const [, index] = name.match(/^wasm-function\[(\d+)\]$/) ?? [];
  return kernels[index] ?? (name || "(anonymous)");
}

const nameOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, readable(callFrame.functionName)]));
const counts = new Map();
for (const id of profile.samples) counts.set(nameOf.get(id), (counts.get(nameOf.get(id)) ?? 0) + 1);

console.log(`${workload}, target ${target}: ${time.toPrecision(3)} ms a step`);
const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 15);
for (const [name, count] of most) {
  const share = (100 * count) / profile.samples.length;
  console.log(`${share.toFixed(1).padStart(5)} %  ${name}`);
}
