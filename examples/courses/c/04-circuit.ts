import { chainRows, chainTable, forwardTable } from "../support/chain-table.ts";
import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";

const model = new URL("04-circuit.nn", import.meta.url);

const given = { w: 2, x: -1, b: 0.5 };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "L", wrt: ["w", "b"] });
  page.print(forwardTable(exact), "", chainTable(exact));
  const rows = chainRows(exact);
  const last = rows.find((r) => r.node === "w")!;
  page.print("", `So ∂L/∂w = ${last.result}.`);
  page.picture("C.4", circuit(exact, "L = σ(wx + b) in five steps"));
  return { exact, rows, rounded: (await generate(compiled)).create().forward(given) };
}

export const fiveSteps: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.4",
  title: "σ(wx + b) in five atomic steps",
  models: [model],
  show,
};
