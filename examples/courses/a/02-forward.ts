import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";
import { traceList } from "../support/trace-text.ts";

const model = new URL("02-forward.nn", import.meta.url);

/** The numbers of the course. */
const inputs = { x: [1, 2, 3], y: [0.7, 0.4] };
const weights = { W1: [0.2, 0.6, 0.4, -0.1, -0.5, 0.2], W2: [2, 3, 1, -1] };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, { ...inputs, ...weights }, { wrt: ["W1", "W2"], simplify: true });
  page.print(traceList(exact));
  const generated = (await generate(compiled)).create();
  for (const [name, values] of Object.entries(weights)) at(generated.parameters, name).set(values);
  const loss = generated.backward(inputs);
  page.print("", `The generated module computes L = ${loss} in 32 bits.`);
  return { exact, loss, gradients: { W1: at(generated.gradients, "W1"), W2: at(generated.gradients, "W2") } };
}

export const forward: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.2",
  title: "A forward pass by hand, then backward",
  models: [model],
  show,
};
