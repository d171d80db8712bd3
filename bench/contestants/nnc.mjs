/**
 * A module that nnc generated: `variant` is its file, without the ending, and perhaps options of `create` behind a question
 * mark, such as `cnn-wasm?threads=2`.
 */
import { setFlagsFromString } from "node:v8";

/** Copies the initial parameters to where the model keeps them. */
function setParameters(model, parameters) {
  for (const { name, values } of parameters) {
    name
      .split(".")
      .reduce((object, key) => object[key], model.parameters)
      .set(values);
  }
}

function optionsOf(query) {
  const { threads = 1, relaxed = "false" } = Object.fromEntries(new URLSearchParams(query));
  return { threads: Number(threads), relaxed: relaxed === "true" };
}

export async function create({ variant, folder, parameters, inputs }) {
  const [name, query] = variant.split("?");
  const options = query ? optionsOf(query) : {};
  // Node 20 has it behind a flag, which counts for what is compiled afterwards.
  if (options.relaxed) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const module = await import(new URL(`${name}.mjs`, folder).href);
  const Model = Object.values(module).find((value) => typeof value === "function" && "create" in value);
  const model = await Model.create(options);
  await model.ready;
  setParameters(model, parameters);
  const batch = Object.fromEntries(inputs.map(({ name, values }) => [name, values]));
  return () => model.step(batch);
}
