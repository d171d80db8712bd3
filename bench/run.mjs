/** Measures one training step of each workload: `npm run bench -- --workloads xor,cnn --rounds 5`. See README.md. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { bundleTfjs, librarySize, moduleSize } from "./bundle.mjs";
import {
  build,
  compileModel,
  integerInputs,
  loadCompiler,
  modelOf,
  targets,
  versionOf,
  yardstick,
} from "./compile.mjs";
import { contestants, torchVersion } from "./contestants.mjs";
import { makeTensors, writeTensors } from "./data.mjs";
import { measureWorkload } from "./measure.mjs";
import { chosen, given, positive } from "./options.mjs";
import { peaks } from "./peak.mjs";
import { sizeTable, workloadTable } from "./report.mjs";

const own = ["lstm", "resnet", "tabular"];
const peers = [...new Set(Object.values(contestants).flatMap(({ peer }) => peer ?? []))];
const seed = 1;

function readOptions() {
  const all = {
    workloads: [...yardstick, ...own].join(","),
    targets: Object.keys(targets).join(","),
    peers: peers.join(","),
    rounds: "7",
    seconds: "0.5",
    startups: "3",
  };
  const { workloads, targets: targetNames, peers: peerNames, rounds, seconds, startups } = given(all);
  return {
    workloads: chosen("workloads", workloads, [...yardstick, ...own]),
    targets: chosen("targets", targetNames, Object.keys(targets)),
    peers: chosen("peers", peerNames, peers),
    rounds: Math.ceil(positive("rounds", rounds)),
    seconds: positive("seconds", seconds),
    startups: Math.ceil(positive("startups", startups)),
  };
}

const options = readOptions();
const say = (text) => console.log(text);
const progress = (text) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/** Compiles a workload for every target, writes its data, and gives the targets there are, with their files. */
async function prepare(compiler, name) {
  const { default: workload } = await import(`./workloads/${name}.mjs`);
  const files = {};
  const operations = {};
  for (const target of options.targets) {
    const made = await compileModel(compiler, name, target);
    if (made === null) say(`target ${target} is left out: this compiler does not know it`);
    else [files[target], operations[target]] = [made.path, made.operations];
  }
  const [any] = Object.values(files);
  if (any === undefined) throw new Error("there is no target left to measure");
  const tensors = makeTensors(workload, (await modelOf(any)).shapes, integerInputs(name), seed);
  writeTensors(`${build}/${name}`, workload.optimizer, tensors);
  return { workload, files, operations };
}

/** Who runs a workload, and why others don't. */
function line(name, files, torch) {
  const names = [];
  for (const [contestant, { needs, peer, cannot }] of Object.entries(contestants)) {
    if (needs ? !(needs in files) : !options.peers.includes(peer)) continue;
    const reason = peer === "torch" && torch === null ? "is not installed" : cannot?.(name);
    if (reason === undefined) names.push(contestant);
    else say(`${contestant} ${reason}`);
  }
  return names;
}

const gigas = (rate) => (rate / 1e9).toFixed(1);

const compiler = await loadCompiler();
const torch = options.peers.includes("torch") ? torchVersion() : null;
if (torch !== null) say(`PyTorch ${torch}`);
await bundleTfjs();

const results = {
  date: new Date().toISOString(),
  machine: { processor: cpus()[0].model, cores: cpus().length, load: loadavg(), node: process.version },
  versions: { "jax-js": versionOf("@jax-js/jax"), tfjs: versionOf("@tensorflow/tfjs-core"), torch },
  options,
  workloads: {},
  peaks: {},
  modules: {},
  libraries: {},
};
const save = () =>
  writeFileSync(new URL("results.json", import.meta.url), `${JSON.stringify(results, null, 2)}\n`);

for (const name of options.workloads) {
  const { workload, files, operations } = await prepare(compiler, name);
  say(`\n${name}, batch of ${workload.batch}`);
  const names = line(name, files, torch);
  const peak = await peaks();
  const measured = await measureWorkload(name, names, options, progress);
  progress("");
  for (const contestant of names) {
    const { needs } = contestants[contestant];
    const rate = needs === "wasm" ? peak.vector : peak.scalar;
    if (needs) measured[contestant].floor = (1000 * operations[needs]) / rate;
  }
  results.workloads[name] = measured;
  results.peaks[name] = peak;
  const [loss] = Object.values(measured)[0].losses;
  const { scalar, vector } = peak;
  say(`first loss ${loss.toPrecision(6)}, the same in all`);
  say(`peak of a core: ${gigas(scalar)} Gop/s one by one, ${gigas(vector)} in vectors of four`);
  say(`\n${workloadTable(measured)}`);
  for (const [target, path] of Object.entries(files)) {
    results.modules[`${name}, nnc ${target}`] = await moduleSize(path);
  }
  save();
}
for (const peer of options.peers) if (peer !== "torch") results.libraries[peer] = await librarySize(peer);
save();
say(`\n${sizeTable(results.modules, results.libraries)}`);
say(
  `\nload of the machine at the end: ${loadavg()[0].toFixed(1)} on ${cpus().length} cores; all numbers: bench/results.json`,
);
