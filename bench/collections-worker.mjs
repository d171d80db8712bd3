/**
 * One model for collections.mjs: `node --expose-gc --trace-gc collections-worker.mjs <module> <data> <steps> [timed]`. The
 * module may have options, `xor-wasm?threads=2`.
 */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "./compile.mjs";
import { create } from "./contestants/nnc.mjs";
import { readTensors } from "./data.mjs";
import { median } from "./measure.mjs";

const [variant, data, count, timed] = process.argv.slice(2);
const steps = Number(count);
const step = await create({ ...readTensors(data), variant, folder: pathToFileURL(`${build}/`) });

// The collector prints at once, past the streams of Node.
const say = (text) => writeSync(1, `${text}\n`);

function run(number) {
  for (let i = 0; i < number; i++) step();
}

const times = new Float64Array(steps);
function runTimed(from, to) {
  for (let i = from; i < to; i++) {
    const began = performance.now();
    step();
    times[i] = performance.now() - began;
  }
}

/** What is held when everything that can be collected is. */
function held() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// The first steps are compiled; what compilation leaves behind is no step's.
const tenth = steps / 10;
if (timed) runTimed(0, tenth);
else run(tenth);
held();
if (!timed) run(tenth);
say("{begin}");
if (timed) runTimed(tenth, steps);
else run(steps);
say("{end}");

function grown(number) {
  const before = held();
  run(number);
  return held() - before;
}

// V8 keeps some bytes of its own, whether steps are many or few; what a step kept would be kept by each of the many.
const parts = Array.from({ length: 9 }, () => [grown(1), grown(tenth)]);
const bytes = median(parts.map(([one, many]) => many - one));
const around = (at) => median([...times.subarray(at - 50, at + 50)]);
say(JSON.stringify({ bytes, ...(timed && { ratio: around(2000) / around(200) }) }));
process.exit();
