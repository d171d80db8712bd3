/** One contestant in a frame of the page; `bench` is what the command calls. */
import { tensorsOf } from "../tensors.mjs";

let data;
let run;

/** Fetches what is given to all, and waits until the browser has started its GPU process. */
async function fetchData(workload) {
  const [json, bytes] = await Promise.all([fetch(`/${workload}.json`), fetch(`/${workload}.bin`)]);
  data = tensorsOf(await json.json(), new Uint8Array(await bytes.arrayBuffer()));
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("this browser gives no WebGPU adapter");
  (await adapter.requestDevice()).destroy();
  const { vendor, architecture, description } = adapter.info;
  return [vendor, architecture, description].filter(Boolean).join(" ");
}

/** Loads the library, makes the model and takes the first steps: their losses, and the time until the first is read. */
async function start({ workload, file, options, steps }) {
  const adapter = await fetchData(workload);
  const began = performance.now();
  const { createInPage } = await import(file);
  run = await createInPage({ ...data, ...options, workload });
  const losses = [await run(1)];
  const startup = performance.now() - began;
  const compiling = await watched.compiling();
  const { pipelines } = watched.counts;
  while (losses.length < steps) losses.push(await run(1));
  return { adapter, losses, startup, compiling, pipelines };
}

/** Milliseconds of a step: `count` of them are given to the GPU, and the loss of the last is awaited. */
async function timeSteps(count) {
  const began = performance.now();
  await run(count);
  return (performance.now() - began) / count;
}

/** Each step awaited, several times. */
async function measureAwaited({ seconds }) {
  const samples = [];
  const began = performance.now();
  do samples.push(await timeSteps(1));
  while (performance.now() - began < 1000 * seconds);
  return samples;
}

/** What one step gives to the GPU. */
async function count() {
  const before = { ...watched.counts };
  const steps = 4;
  await run(steps);
  return Object.fromEntries(
    Object.entries(watched.counts).map(([name, after]) => [name, (after - before[name]) / steps]),
  );
}

globalThis.bench = { start, timeSteps, measureAwaited, count };
