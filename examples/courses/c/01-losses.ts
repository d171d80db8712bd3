import { printStatement } from "../../../src/ir/printer.ts";
import { compile, generate } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, rows, table } from "../support/text.ts";

const model = new URL("01-losses.nn", import.meta.url);

interface Case {
  readonly name: string;
  readonly title: string;
  readonly by: "ŷ" | "z";
  readonly examples: number;
  readonly given: Readonly<Record<string, readonly number[]>>;
}

const z = [2, -1, 0.5, 0, 0, 3];
const numbers = { ŷ: [2.5, 0, 2, 8], y: [3, -0.5, 2, 7] };
const cases: readonly Case[] = [
  { name: "SquaredError", title: "Mean squared error", by: "ŷ", examples: 4, given: numbers },
  { name: "AbsoluteError", title: "Mean absolute error", by: "ŷ", examples: 4, given: numbers },
  {
    name: "OneHot",
    title: "Categorical cross-entropy, one-hot rows",
    by: "z",
    examples: 2,
    given: { z, y: [1, 0, 0, 0, 1, 0] },
  },
  {
    name: "ClassIds",
    title: "Categorical cross-entropy, class ids",
    by: "z",
    examples: 2,
    given: { z, y: [0, 1] },
  },
  {
    name: "MultiLabel",
    title: "Binary cross-entropy, several labels",
    by: "z",
    examples: 2,
    given: { z, y: [1, 0, 1, 0, 1, 1] },
  },
];

async function show(page: Page) {
  page.source(model);
  const found = [];
  for (const { name, title, by, examples, given } of cases) {
    const compiled = compile(model, { model: name });
    const { backward } = derive(compiled, { of: "L", wrt: [by], simplify: true });
    const formula = printStatement(backward.at(-1)!);
    const exact = new Reference(compiled, { dims: { N: examples } }).forward(given);
    const rounded = (await generate(compiled)).create().forward(given);
    const gradient = exact[`d${by}`]!;
    page.heading(title);
    page.print(
      table(
        ["by the formula", "the library's", "generated, 32 bits"],
        [[exact["loss"]![0]!, exact["library"]![0]!, Number(rounded["loss"])].map((v) => figure(v, 9))],
      ),
      "",
      `Its gradient: ${formula}`,
      rows(gradient, gradient.length / examples === 1 ? examples : 3).replace(/^/gm, "    "),
    );
    found.push({ name, given, formula, exact, gradient, rounded });
  }
  return found;
}

export const losses: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.1",
  title: "Losses: squared, absolute, categorical and binary cross-entropy",
  models: [model],
  show,
};
