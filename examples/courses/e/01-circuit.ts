import { chainRows, chainTable, forwardTable } from "../support/chain-table.ts";
import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";

const model = new URL("01-circuit.nn", import.meta.url);

const given = { a: 5, b: 3, c: 2 };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "L" });
  page.print(
    "Forward: u = bc, v = a + u, L = 3v.",
    "",
    forwardTable(exact),
    "",
    "Backward, step by step:",
    "",
  );
  page.print(chainTable(exact));
  page.picture("E.1", circuit(exact, "L = 3(a + bc)"));
  return { exact, rows: chainRows(exact), rounded: (await generate(compiled)).create().forward(given) };
}

export const backwardBySteps: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.1",
  title: "L = 3(a + bc): forward, then backward by steps",
  models: [model],
  show,
};
