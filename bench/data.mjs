/** What all contestants are given: the initial parameters and one batch, made once from a seed, and a file of them. */
import { readFileSync, writeFileSync } from "node:fs";
import { size, tensorsOf } from "./tensors.mjs";

/** Uniform on [0, 1): Marsaglia's xorshift, 32 bits. */
function generator(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Weights are uniform within ±√(6/fan in), or within what the workload says; biases are 0 and gains 1. */
function startOf(path, shape, halfWidth, random) {
  const values = new Float32Array(size(shape));
  if (path.endsWith(".gain")) return values.fill(1);
  if (shape.length < 2) return values;
  const limit = halfWidth ?? Math.sqrt(6 / size(shape.slice(0, -1)));
  return values.map(() => limit * (2 * random() - 1));
}

function inputOf({ kind, below, values }, shape, isInteger, random) {
  const draw = {
    uniform: random,
    normal: () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
    integer: () => Math.floor(below * random()),
  }[kind];
  const array = isInteger ? new Int32Array(size(shape)) : new Float32Array(size(shape));
  return values ? array.map((_, i) => values[i]) : array.map(() => draw());
}

/**
 * Tensors in the order in which the model declares them. `shapes` are those of the compiled module; `integers` are the
 * inputs that hold them.
 */
export function makeTensors(workload, shapes, integers, seed) {
  const random = generator(seed);
  const parameters = Object.entries(shapes.parameters).map(([name, shape]) => ({
    role: "parameter",
    name,
    shape,
    values: startOf(name, shape, workload.start?.[name], random),
  }));
  const inputs = Object.entries(shapes.inputs).map(([name, declared]) => {
    const shape = declared.map((extent) => (typeof extent === "string" ? workload.batch : extent));
    const values = inputOf(workload.inputs[name], shape, integers.has(name), random);
    return { role: "input", name, shape, values };
  });
  return [...parameters, ...inputs];
}

/** `<path>.json` says what stands where in `<path>.bin`. */
export function writeTensors(path, optimizer, tensors) {
  let offset = 0;
  const entries = tensors.map(({ role, name, shape, values }) => {
    const type = values instanceof Int32Array ? "int32" : "float32";
    const entry = { role, name, shape, type, offset };
    offset += values.byteLength;
    return entry;
  });
  writeFileSync(`${path}.json`, JSON.stringify({ optimizer, tensors: entries }));
  writeFileSync(`${path}.bin`, Buffer.concat(tensors.map(({ values }) => Buffer.from(values.buffer))));
}

export const readTensors = (path) =>
  tensorsOf(JSON.parse(readFileSync(`${path}.json`, "utf8")), new Uint8Array(readFileSync(`${path}.bin`)));
