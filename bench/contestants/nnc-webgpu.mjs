/** A module that nnc generated for WebGPU, in a page: `module` is its address. */

/** Copies the initial parameters to where the model keeps them. */
function setParameters(model, parameters) {
  for (const { name, values } of parameters) {
    name
      .split(".")
      .reduce((object, key) => object[key], model.parameters)
      .write(values);
  }
}

/** In a page: takes so many steps, and gives the loss of the last when it is there. */
export async function createInPage({ module, parameters, inputs }) {
  const exported = await import(module);
  const Model = Object.values(exported).find((value) => typeof value === "function" && "create" in value);
  const model = await Model.create();
  setParameters(model, parameters);
  const batch = Object.fromEntries(inputs.map(({ name, values }) => [name, values]));
  return async (count) => {
    if (count === 1) return model.step(batch);
    const losses = await model.stepMany(Array.from({ length: count }, () => batch));
    return losses.at(-1);
  };
}
