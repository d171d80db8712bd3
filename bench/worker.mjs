/**
 * One contestant in a process of its own, which speaks lines of JSON: `node worker.mjs <file> <variant> <workload>
 * <folder>`. It waits in between, so that all can be measured in turns.
 */
import { PerformanceObserver, constants } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { readTensors } from "./data.mjs";

const [file, variant, workload, path] = process.argv.slice(2);
const folder = pathToFileURL(`${path}/`);
const data = readTensors(`${path}/${workload}`);
let step;

/** Loads the library, makes the model and takes the first steps: their losses, and the time until the first is done. */
async function start({ steps }) {
  const began = performance.now();
  const { create } = await import(pathToFileURL(file).href);
  step = await create({ ...data, workload, variant, folder });
  const losses = [step()];
  const startup = performance.now() - began;
  while (losses.length < steps) losses.push(step());
  return { losses, startup };
}

function timeSteps(count) {
  const began = performance.now();
  for (let i = 0; i < count; i++) step();
  return performance.now() - began;
}

/** How many steps take about a millisecond, at least one. */
function stepsPerSample() {
  let count = 1;
  while (count < 2 ** 20 && timeSteps(count) < 1) count *= 2;
  return count;
}

/** Milliseconds of a step, several times, those of processors, and what the garbage collector did meanwhile. */
async function measure({ seconds }) {
  const count = stepsPerSample();
  const collections = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  const samples = [];
  const used = process.cpuUsage();
  const began = performance.now();
  do {
    samples.push(timeSteps(count) / count);
  } while (performance.now() - began < 1000 * seconds);
  const ended = performance.now();
  const { user, system } = process.cpuUsage(used);
  // Entries are delivered by the event loop.
  await new Promise((resolve) => setTimeout(resolve, 5));
  collections.push(...observer.takeRecords());
  observer.disconnect();
  const during = collections.filter(({ startTime }) => startTime >= began && startTime < ended);
  const minor = during.filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR);
  const milliseconds = during.reduce((sum, { duration }) => sum + duration, 0);
  const gc = { minor: minor.length, other: during.length - minor.length, milliseconds };
  const steps = samples.length * count;
  return { samples, steps, processor: (user + system) / 1000 / steps, gc };
}

function retained() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many bytes more are held after many steps than before. */
function heap({ seconds }) {
  timeSteps(3);
  const before = retained();
  const began = performance.now();
  let steps = 0;
  while (steps < 1000 && (steps < 3 || performance.now() - began < 1000 * seconds)) {
    step();
    steps++;
  }
  return { steps, bytes: retained() - before };
}

const commands = { start, measure, heap };

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = await commands[request.command](request);
  } catch (error) {
    reply = { error: error.stack };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
// What a library left running must not keep the process.
process.exit();
