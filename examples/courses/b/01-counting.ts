import { at, compile, generate, parameterCounts } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { table } from "../support/text.ts";

const model = new URL("01-counting.nn", import.meta.url);

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const counts = parameterCounts(compiled);
  page.print(
    table(
      ["parameter", "numbers"],
      [...counts].map(([name, n]) => [name, String(n)]),
    ),
  );
  const sum = (kind: string): number =>
    [...counts].filter(([name]) => name.endsWith(kind)).reduce((total, [, n]) => total + n, 0);
  const [weights, biases] = [sum(".W"), sum(".b")];
  page.print("", `${weights} weights + ${biases} biases = ${weights + biases} parameters`);
  const { parameters } = (await generate(compiled)).create();
  const generated = [...counts.keys()].reduce((total, name) => total + at(parameters, name).length, 0);
  return { weights, biases, generated };
}

export const counting: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.1",
  title: "Counting the parameters of a 3-4-4-2 network",
  models: [model],
  show,
};
