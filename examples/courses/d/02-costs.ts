import { printStatement } from "../../../src/ir/printer.ts";
import { compile, generate } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, figures } from "../support/text.ts";

const model = new URL("02-costs.nn", import.meta.url);

const y = [1, 0, 1, 1];
const cases = [
  { name: "Squared", title: "1/(2m) Σ (y − ŷ)²", by: "ŷ", given: { ŷ: [0.8, 0.3, 0.5, 2], y } },
  {
    name: "CrossEntropy",
    title: "−1/m Σ [y log a + (1 − y) log(1 − a)]",
    by: "a",
    given: { a: [0.8, 0.3, 0.5, 0.9], y },
  },
] as const;

async function show(page: Page) {
  page.source(model);
  const found = [];
  for (const { name, title, by, given } of cases) {
    const compiled = compile(model, { model: name });
    const { backward } = derive(compiled, { of: "J", wrt: [by], simplify: true });
    const exact = new Reference(compiled, { dims: { m: y.length } }).forward(given);
    const rounded = (await generate(compiled)).create().forward(given);
    page.heading(title);
    page.print(
      `J = ${figure(exact["cost"]![0]!, 9)}, in 32 bits ${figure(Number(rounded["cost"]), 9)}`,
      printStatement(backward.at(-1)!),
      `    = ${figures(exact[`d${by}`]!)}`,
    );
    found.push({ name, given, exact, rounded });
  }
  return found;
}

export const costs: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.2",
  title: "Costs: half the mean squared error, cross-entropy",
  models: [model],
  show,
};
