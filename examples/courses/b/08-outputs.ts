import { printStatement } from "../../../src/ir/printer.ts";
import { compile, generate } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, rows } from "../support/text.ts";

const model = new URL("08-outputs.nn", import.meta.url);

interface Case {
  readonly name: string;
  readonly output: string;
  readonly loss: string;
  readonly given: Readonly<Record<string, readonly number[]>>;
}

const z = [2, -1, 0.5, 0, 0, 3];
const targets = [1, 0, 0, 0, 1, 0];
const cases: readonly Case[] = [
  { name: "OneClass", output: "softmax", loss: "cross-entropy", given: { z, label: [0, 1] } },
  { name: "YesOrNo", output: "sigmoid", loss: "binary cross-entropy", given: { z, y: targets } },
  { name: "AnyNumber", output: "linear", loss: "squared error", given: { z, y: targets } },
];

async function show(page: Page) {
  page.source(model);
  const found: {
    name: string;
    formula: string;
    exact: Record<string, number[]>;
    rounded: Record<string, number[]>;
  }[] = [];
  for (const { name, output, loss, given } of cases) {
    const compiled = compile(model, { model: name });
    const formula = derive(compiled, { of: "L", wrt: ["z"], simplify: true })
      .backward.map(printStatement)
      .join("\n");
    const exact = new Reference(compiled, { dims: { batch: 2 } }).forward(given);
    const results = (await generate(compiled)).create().forward(given);
    const rounded = Object.fromEntries(
      Object.entries(results).map(([key, v]) => [key, typeof v === "number" ? [v] : Array.from(v)]),
    );
    page.heading(`${output}, ${loss}`);
    page.print(
      formula.replace(/^/gm, "    "),
      `L = ${figure(exact["loss"]![0]!)}`,
      "dz",
      rows(exact["dz"]!, 3),
    );
    found.push({ name, formula, exact, rounded });
  }
  page.print(
    "",
    "Each output has the loss that leaves ŷ − y, divided by a count, as the gradient before it.",
  );
  return { found, targets };
}

export const outputs: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.8",
  title: "Outputs with their fitting losses",
  models: [model],
  show,
};
