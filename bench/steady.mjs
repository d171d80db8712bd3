/**
 * Whether steps stay as fast as they begin: `npm run steady -- cnn wasm` trains 2,050 steps and compares those around
 * step 200 with those around step 2,000. Where units die, their moments fade to numbers that processors are slow with.
 * `npm run bench` has to have been run before, for the modules and the data.
 */
import { pathToFileURL } from "node:url";
import { build } from "./compile.mjs";
import { create } from "./contestants/nnc.mjs";
import { readTensors } from "./data.mjs";

const [workload, target = "2"] = process.argv.slice(2);
const step = await create({
  ...readTensors(`${build}/${workload}`),
  variant: `${workload}-${target}`,
  folder: pathToFileURL(`${build}/`),
});

const times = [];
for (let n = 0; n < 2050; n++) {
  const began = performance.now();
  step();
  times.push(performance.now() - began);
}

/** The shortest time around a step, which a busy machine disturbs least. */
const around = (n) => Math.min(...times.slice(n - 50, n + 50));
const [early, late] = [around(200), around(2000)];
console.log(
  `${workload}, target ${target}: step 200 ${early.toPrecision(3)} ms, step 2,000 ${late.toPrecision(3)} ms, ` +
    `${(late / early).toFixed(2)} times as long`,
);
