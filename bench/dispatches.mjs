/**
 * Which dispatches of a step take the time, on the adapter that Dawn finds: `npm run dispatches -- cnn 2`, after a run in
 * the browser. Each is repeated by itself; so its inputs are in caches, and what it computes is wrong.
 */
import { create, globals } from "webgpu";
import { build, modelOf } from "./compile.mjs";
import { readTensors } from "./data.mjs";
import { median } from "./measure.mjs";
import { significant, table } from "./report.mjs";

const [workload = "mnist_mlp", level = "2"] = process.argv.slice(2);

/** Makes the device note what its encoders are told, and gives the list. */
function record(device) {
  const names = new Map();
  const createPipeline = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = async (descriptor) => {
    const pipeline = await createPipeline(descriptor);
    names.set(pipeline, descriptor.label ?? descriptor.compute.module.label);
    return pipeline;
  };
  const dispatches = [];
  const createEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (...args) => {
    const encoder = createEncoder(...args);
    const beginPass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (...given) => recordPass(beginPass(...given), names, dispatches);
    return encoder;
  };
  return { dispatches, createEncoder };
}

function recordPass(pass, names, dispatches) {
  let pipeline;
  const groups = [];
  const wrap = (method, note) => {
    const original = pass[method].bind(pass);
    pass[method] = (...args) => {
      note(...args);
      return original(...args);
    };
  };
  wrap("setPipeline", (given) => (pipeline = given));
  wrap("setBindGroup", (n, ...given) => (groups[n] = given));
  wrap("dispatchWorkgroups", (x, y = 1, z = 1) =>
    dispatches.push({ name: names.get(pipeline), pipeline, groups: [...groups], counts: [x, y, z] }),
  );
  return pass;
}

/** Milliseconds of one dispatch, from `times` of them in a pass. */
async function timeOf(device, createEncoder, { pipeline, groups, counts }, times) {
  const encoder = createEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  groups.forEach((given, n) => pass.setBindGroup(n, ...given));
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...counts);
  pass.end();
  const began = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return (performance.now() - began) / times;
}

Object.assign(globalThis, globals);
const gpu = create([]);
const adapter = await gpu.requestAdapter();
if (adapter === null)
  throw new Error("Dawn finds no adapter; bench/README.md says how it finds one in software");
const device = await adapter.requestDevice();
const { dispatches, createEncoder } = record(device);

const Model = await modelOf(`${build}/${workload}-webgpu-${level}.mjs`);
const { inputs } = readTensors(`${build}/${workload}`);
const model = await Model.create({ device });
const batch = Object.fromEntries(inputs.map(({ name, values }) => [name, values]));
await model.step(batch);
dispatches.length = 0;
const began = performance.now();
await model.step(batch);
const whole = performance.now() - began;
const step = [...dispatches];

const timed = [];
for (const dispatch of step) {
  const once = await timeOf(device, createEncoder, dispatch, 1);
  const times = Math.max(1, Math.min(100, Math.round(10 / once)));
  const samples = [];
  for (let i = 0; i < 5; i++) samples.push(await timeOf(device, createEncoder, dispatch, times));
  timed.push({ ...dispatch, lowest: Math.min(...samples), middle: median(samples) });
}
const sum = timed.reduce((total, { lowest }) => total + lowest, 0);
console.log(
  table(
    ["dispatch", "workgroups", "lowest ms", "median", "share"],
    timed
      .toSorted((a, b) => b.lowest - a.lowest)
      .map(({ name, counts, lowest, middle }) => [
        String(name),
        counts.join("×"),
        significant(lowest),
        significant(middle),
        `${((100 * lowest) / sum).toFixed(1)} %`,
      ]),
  ),
);
console.log(
  `${step.length} dispatches, ${significant(sum)} ms by themselves; a step ${significant(whole)} ms`,
);
process.exit();
