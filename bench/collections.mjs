/**
 * What long runs leave behind: collections of garbage while steps are taken, bytes that are held afterwards, and whether
 * late steps are slower than early ones. `npm run collections -- --targets wasm --workloads xor`. See README.md.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, compileModel, integerInputs, loadCompiler, modelOf, targets } from "./compile.mjs";
import { makeTensors, writeTensors } from "./data.mjs";
import { table } from "./report.mjs";

/** How many steps of each; where `timed`, a step around the 200th is compared with one around the 2,000th. */
const runs = {
  xor: { steps: 100_000 },
  mnist_mlp: { steps: 1000 },
  cnn: { steps: 2050, timed: true },
};
const worker = fileURLToPath(new URL("collections-worker.mjs", import.meta.url));

/** The targets of the benchmark, and threads. */
const variants = { ...targets, "wasm-2-threads": { ...targets.wasm, threads: 2 } };

/** Runs one model in a process of its own, and gives what it and the collector said. */
function run(name, target, { steps, timed = false }) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--expose-gc",
      "--trace-gc",
      worker,
      variants[target].threads ? `${name}-wasm?threads=${variants[target].threads}` : `${name}-${target}`,
      `${build}/${name}`,
      String(steps),
      timed ? "timed" : "",
    ],
    { encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(`${name}, ${target}: ${stderr}`);
  const during = stdout.slice(stdout.indexOf("{begin}"), stdout.indexOf("{end}"));
  const collections = during.split("\n").filter((line) => / ms: \S/.test(line)).length;
  return { collections, ...JSON.parse(stdout.slice(stdout.indexOf("{end}") + 5).match(/^\{.*\}$/m)[0]) };
}

const { values } = parseArgs({
  options: {
    targets: { type: "string", default: Object.keys(variants).join(",") },
    workloads: { type: "string", default: Object.keys(runs).join(",") },
  },
});
for (const [option, known] of [
  ["targets", variants],
  ["workloads", runs],
]) {
  const wrong = values[option].split(",").find((part) => !(part in known));
  if (wrong === undefined) continue;
  console.error(`--${option}: "${wrong}" is none of ${Object.keys(known).join(", ")}`);
  process.exit(2);
}

const compiler = await loadCompiler();
const rows = [];
for (const name of values.workloads.split(",")) {
  const { default: workload } = await import(`./workloads/${name}.mjs`);
  for (const target of values.targets.split(",")) {
    const { path } = await compileModel(compiler, name, variants[target].threads ? "wasm" : target);
    const { shapes } = await modelOf(pathToFileURL(path).href);
    writeTensors(
      `${build}/${name}`,
      workload.optimizer,
      makeTensors(workload, shapes, integerInputs(name), 1),
    );
    const { collections, bytes, ratio } = run(name, target, runs[name]);
    rows.push([
      `${name}, nnc ${target}`,
      String(runs[name].steps),
      String(collections),
      String(bytes),
      ratio === undefined ? "" : ratio.toFixed(2),
    ]);
  }
}
console.log(
  table(["", "steps", "collections", "bytes kept by a tenth of them", "step 2000 ÷ step 200"], rows),
);
