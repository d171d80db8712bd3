import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("03-relu-at-zero.nn", import.meta.url);

const x = [-1, 0, 1];

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = new Reference(compiled).forward({ x });
  page.print(
    table(
      ["choice", ...x.map((v) => `f′(${v})`)],
      Object.entries(exact).map(([name, slopes]) => [name, ...slopes.map((v) => figure(v))]),
    ),
    "",
    "The library's ReLU is max(0, x): 0 at 0.",
  );
  const rounded = (await generate(compiled)).create().forward({ x });
  return { exact, rounded };
}

export const reluAtZero: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.3",
  title: "The derivative of ReLU at 0 is a choice",
  models: [model],
  show,
};
