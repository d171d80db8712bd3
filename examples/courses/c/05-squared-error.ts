import { chainRows, chainTable, forwardTable } from "../support/chain-table.ts";
import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";

const model = new URL("05-squared-error.nn", import.meta.url);

const given = { w: 2, x: 3, b: 1, y: 5 };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "L", wrt: ["w", "b"] });
  page.print(forwardTable(exact), "", chainTable(exact), "");
  page.print("z3 = wx + b − y, so ∂L/∂w = 2(wx + b − y)·x and ∂L/∂b = 2(wx + b − y).");
  page.picture("C.5", circuit(exact, "L = (wx + b − y)²"));
  return { exact, rows: chainRows(exact), rounded: (await generate(compiled)).create().forward(given) };
}

export const squaredError: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.5",
  title: "(wx + b − y)² in four steps",
  models: [model],
  show,
};
