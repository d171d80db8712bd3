/** Measures a training step on WebGPU in a browser, beside other libraries: `npm run browser`. See README.md. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { unrun } from "unrun";
import { contestants, peers } from "./browser/contestants.mjs";
import { measureInBrowser } from "./browser/measure.mjs";
import { browserTable } from "./browser/report.mjs";
import { siteOf } from "./browser/site.mjs";
import {
  build,
  compileModel,
  integerInputs,
  loadCompiler,
  modelOf,
  pageTargets,
  versionOf,
  yardstick,
} from "./compile.mjs";
import { makeTensors, writeTensors } from "./data.mjs";
import { chosen, given, positive } from "./options.mjs";

const adapters = { software: ["--use-webgpu-adapter=swiftshader"], any: [] };
const seed = 1;

function readOptions() {
  const all = {
    workloads: yardstick.join(","),
    targets: Object.keys(pageTargets).join(","),
    peers: peers.join(","),
    rounds: "3",
    seconds: "0.3",
    startups: "2",
    adapter: "software",
  };
  const { workloads, targets, peers: peerNames, rounds, seconds, startups, adapter } = given(all);
  return {
    workloads: chosen("workloads", workloads, yardstick),
    targets: chosen("targets", targets, Object.keys(pageTargets)),
    peers: chosen("peers", peerNames, peers),
    rounds: Math.ceil(positive("rounds", rounds)),
    seconds: positive("seconds", seconds),
    startups: Math.ceil(positive("startups", startups)),
    adapter: chosen("adapter", adapter, Object.keys(adapters))[0],
  };
}

const options = readOptions();
const say = (text) => console.log(text);
const progress = (text) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/** Writes a workload's data, and gives the file of each target. */
async function prepare(compiler, name) {
  const { default: workload } = await import(`./workloads/${name}.mjs`);
  // Modules for a page are not for Node; their shapes are those of the others.
  const { path } = await compileModel(compiler, name, "1");
  const tensors = makeTensors(workload, (await modelOf(path)).shapes, integerInputs(name), seed);
  writeTensors(`${build}/${name}`, workload.optimizer, tensors);
  const files = {};
  for (const target of options.targets) files[target] = (await compileModel(compiler, name, target)).path;
  return files;
}

/** Who runs a workload, and why others don't. */
function line(workload) {
  const names = [];
  for (const [name, { target, peer, cannot }] of Object.entries(contestants)) {
    if (!(target ? options.targets.includes(target) : options.peers.includes(peer))) continue;
    const reason = cannot?.(workload);
    if (reason === undefined) names.push(name);
    else say(`${name} ${reason}`);
  }
  return names;
}

const compiler = await loadCompiler();
const modules = {};
for (const name of options.workloads) modules[name] = await prepare(compiler, name);
const site = await siteOf(modules);
// The tests have a web server and a browser; nothing of them is compiled.
const { serve } = (await unrun({ path: "../test/support/site.ts" })).module;
const { launchChromium } = (await unrun({ path: "../test/support/chromium.ts" })).module;
const server = await serve(site);
const launch = () =>
  launchChromium(["--enable-unsafe-webgpu", "--enable-features=Vulkan,WebGPU", ...adapters[options.adapter]]);

const results = {
  date: new Date().toISOString(),
  machine: { processor: cpus()[0].model, cores: cpus().length, load: loadavg() },
  versions: { "jax-js": versionOf("@jax-js/jax"), tfjs: versionOf("@tensorflow/tfjs-backend-webgpu") },
  options,
  workloads: {},
};
try {
  for (const name of options.workloads) {
    say(`\n${name}`);
    const found = await measureInBrowser(launch, server.origin, name, line(name), options, progress);
    progress("");
    results.workloads[name] = found;
    for (const [contestant, reason] of Object.entries(found.failed)) say(`${contestant} can't: ${reason}`);
    const [first] = Object.values(found.measured);
    if (first === undefined) continue;
    say(`adapter ${first.adapter}; first loss ${first.losses[0].toPrecision(6)}, the same in all`);
    say(`\n${browserTable(found.measured)}`);
    writeFileSync(`${build}/browser.json`, `${JSON.stringify(results, null, 2)}\n`);
  }
} finally {
  await server.close();
}
say(`\nload of the machine at the end: ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`);
