/** The modules of a model for a GPU and for JavaScript, side by side: losses and gradients along some steps. */
import { readFileSync } from "node:fs";
import { integerInputs } from "../compile.mjs";
import { makeTensors } from "../data.mjs";
import { compileClass } from "./compile.mjs";

const steps = 3;
/** Of the largest value of a tensor, and of the loss. */
const tolerances = { loss: 1e-4, gradient: 1e-3 };
const seed = 1;

const at = (tree, name) => name.split(".").reduce((node, key) => node[key], tree);

/** How far apart the two are: { ok, loss, gradient }, each the worst of all, with the name of the worst gradient. */
export async function compareModel(compiler, device, name, tiles) {
  const source = readFileSync(new URL(`../models/${name}.nn`, import.meta.url), "utf8");
  const { default: workload } = await import(`../workloads/${name}.mjs`);
  const Reference = await compileClass(compiler, `${name}-reference`, source, { level: 1 });
  const Model = await compileClass(compiler, `${name}-${tiles}`, source, {
    level: 2,
    target: "webgpu",
    tiles: { tiles },
  });
  const tensors = makeTensors(workload, Reference.shapes, integerInputs(name), seed);
  const parameters = tensors.filter((t) => t.role === "parameter");
  const inputs = Object.fromEntries(tensors.filter((t) => t.role === "input").map((t) => [t.name, t.values]));
  const reference = Reference.create();
  const model = await Model.create({ device });
  for (const { name: path, values } of parameters) at(reference.parameters, path).set(values);
  const found = { loss: 0, gradient: 0, worst: "" };
  for (let step = 0; step < steps; step++) {
    // From the same parameters: an optimizer that divides by small gradients makes much of their rounding.
    for (const { name: path } of parameters)
      await at(model.parameters, path).write(at(reference.parameters, path));
    const expected = reference.backward(inputs);
    found.loss = Math.max(
      found.loss,
      Math.abs((await model.backward(inputs)) - expected) / Math.abs(expected),
    );
    for (const { name: path } of parameters) {
      const off = difference(at(reference.gradients, path), await at(model.gradients, path).read());
      if (off > found.gradient || Number.isNaN(off)) Object.assign(found, { gradient: off, worst: path });
    }
    reference.update();
  }
  model.destroy();
  return { ok: found.loss <= tolerances.loss && found.gradient <= tolerances.gradient, ...found };
}

/** The largest difference of two rows of numbers, of the largest number among them. */
function difference(expected, found) {
  let scale = 1e-6;
  let most = 0;
  expected.forEach((x, i) => {
    scale = Math.max(scale, Math.abs(x));
    // Not `Math.max`: what is no number must not be lost.
    if (!(Math.abs(found[i] - x) <= most)) most = Math.abs(found[i] - x);
  });
  return most / scale;
}
