import { at, compile, generate, parameterCounts } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { networkPicture } from "../support/network.ts";
import { table } from "../support/text.ts";

const model = new URL("01-counting.nn", import.meta.url);

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const counts = parameterCounts(compiled);
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  page.print(
    table(
      ["parameter", "numbers"],
      [...counts].map(([name, n]) => [name, String(n)]),
    ),
  );
  page.print("", `${[...counts.values()].join(" + ")} = ${total} parameters`);
  page.picture("D.1", networkPicture("A 2-3-1 network", [2, 3, 1]));
  const { parameters } = (await generate(compiled)).create();
  const generated = [...counts.keys()].reduce((sum, name) => sum + at(parameters, name).length, 0);
  return { counts: Object.fromEntries(counts), total, generated };
}

export const countingParameters: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.1",
  title: "A 2-3-1 network has 13 parameters",
  models: [model],
  show,
};
