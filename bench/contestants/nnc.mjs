/** A module that nnc generated: `variant` is its file, without the ending. */

/** Copies the initial parameters to where the model keeps them. */
function setParameters(model, parameters) {
  for (const { name, values } of parameters) {
    name
      .split(".")
      .reduce((object, key) => object[key], model.parameters)
      .set(values);
  }
}

export async function create({ variant, folder, parameters, inputs }) {
  const module = await import(new URL(`${variant}.mjs`, folder).href);
  const Model = Object.values(module).find((value) => typeof value === "function" && "create" in value);
  const model = await Model.create();
  setParameters(model, parameters);
  const batch = Object.fromEntries(inputs.map(({ name, values }) => [name, values]));
  return () => model.step(batch);
}
