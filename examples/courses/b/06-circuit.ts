import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";
import { traceTable } from "../support/trace-text.ts";

const model = new URL("06-circuit.nn", import.meta.url);

/** The numbers of the course. */
const given = { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "f" });
  page.print(traceTable(exact));
  page.picture("B.6", circuit(exact, "f = 1/(1 + exp(−(w0·x0 + w1·x1 + w2)))"));
  const rounded = (await generate(compiled)).create().forward(given);
  const listed = Object.entries(rounded).map(([name, v]) => `${name} = ${Number(v).toFixed(4)}`);
  page.print("", "The generated module, in 32 bits:", listed.join(", "));
  return { exact, rounded };
}

export const circuitOfNeuron: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.6",
  title: "A neuron as a circuit, node by node",
  models: [model],
  show,
};
