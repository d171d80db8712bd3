import { chainRows, chainTable, forwardTable } from "../support/chain-table.ts";
import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figure, table } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("03-circuit.nn", import.meta.url);

/** The numbers of the course. */
const given = { a: 3, b: 2, c: 5 };
const nudge = 0.1;

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "J" });
  page.print(forwardTable(exact), "", chainTable(exact));
  const nudged = (["a", "b", "c"] as const).map((name) => {
    const moved = trace(compiled, { ...given, [name]: given[name] + nudge }, { of: "J" }).value("J")[0]!;
    return {
      name,
      J: moved,
      slope: (moved - exact.value("J")[0]!) / nudge,
      gradient: exact.gradient(name)[0]!,
    };
  });
  page.print(
    "",
    "A nudge moves J by the gradient times the nudge, exactly, since J is linear in each input:",
    "",
    table(
      ["nudged", "J", "change / nudge", "gradient"],
      nudged.map((n) => [
        `${n.name} = ${figure(given[n.name] + nudge)}`,
        ...[n.J, n.slope, n.gradient].map((v) => figure(v)),
      ]),
    ),
  );
  page.picture("D.3", circuit(exact, "J = 2(ab + c)"));
  return {
    exact,
    rows: chainRows(exact),
    nudged,
    rounded: (await generate(compiled)).create().forward(given),
  };
}

export const nudges: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.3",
  title: "J = 2(ab + c): gradients, and what a nudge does",
  models: [model],
  show,
};
