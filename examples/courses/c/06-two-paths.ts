import { chainRows, chainTable, forwardTable } from "../support/chain-table.ts";
import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";

const model = new URL("06-two-paths.nn", import.meta.url);

const given = { w: 2, x: 3 };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "L", wrt: ["w"] });
  page.print(forwardTable(exact), "", chainTable(exact), "");
  page.print("The paths bring a part each, and the gradient is their sum: L = w³x, ∂L/∂w = 3w²x.");
  page.picture("C.6", circuit(exact, "w reaches L by two paths"));
  return { exact, rows: chainRows(exact), rounded: (await generate(compiled)).create().forward(given) };
}

export const twoPathsToLoss: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.6",
  title: "A weight that reaches the loss by two paths",
  models: [model],
  show,
};
