import { generator } from "../../training/random.mjs";
import type { Generated } from "../support/compile.ts";
import { at, compile, generate, parameterCounts } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { table } from "../support/text.ts";

const model = new URL("06-mnist.nn", import.meta.url);

const examples = 20;
const side = 28;

/** Images of a bright bar on a noisy ground; the height of the bar is the class. */
function bars(): { image: number[]; label: number[] } {
  const random = generator(5);
  const label = Array.from({ length: examples }, (_, i) => i % 10);
  const image = label.flatMap((row) =>
    Array.from({ length: side * side }, (_, p) => {
      const inBar = Math.floor(p / side / 2.8) === row;
      return (inBar ? 0.7 : 0) + 0.3 * random();
    }),
  );
  return { image, label };
}

/** The losses of so many steps on them, each from before its step. */
function stepsOn(net: Generated, count: number): number[] {
  const given = bars();
  return Array.from({ length: count }, () => net.step(given));
}

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
    "",
    `${total.toLocaleString("en")} parameters.`,
    "",
  );
  const net = (await generate(compiled)).create({ seed: 1 });
  const generated = [...counts.keys()].reduce((sum, name) => sum + at(net.parameters, name).length, 0);
  const losses = stepsOn(net, 4);
  page.print(
    `On ${examples} images of bars, the loss before each of the first steps: ${losses.map((l) => l.toFixed(3)).join(", ")}.`,
    "",
    "`npm run example -- mnist` trains this model on the 60,000 handwritten digits of MNIST.",
  );
  return { counts: Object.fromEntries(counts), total, generated, losses };
}

export const mnist: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.6",
  title: "MNIST by two hidden layers of 512: 669,706 parameters",
  models: [model],
  show,
};
