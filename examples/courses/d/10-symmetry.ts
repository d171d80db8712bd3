import { lineChart } from "../support/chart.ts";
import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("10-symmetry.nn", import.meta.url);

const given = { x: [0, 0, 0, 1, 1, 0, 1, 1], y: [0, 1, 1, 0] };
/** What is run in 64 bits too, and what is run in all. */
const [few, steps] = [100, 500];
const starts = [
  { name: "Zeros", title: "zeros" },
  { name: "Equal", title: "0.5" },
  { name: "Small", title: "randn · 0.01" },
] as const;

/** How far the most different two units of the hidden layer are apart: columns of W1, entries of b1, rows of W2. */
function apart(values: (name: string) => ArrayLike<number>): number {
  const ranges = [
    [0, 4],
    [4, 8],
  ].map(([from, to]) => Array.from(values("W1")).slice(from, to));
  return Math.max(
    ...[...ranges, Array.from(values("b1")), Array.from(values("W2"))].map(
      (v) => Math.max(...v) - Math.min(...v),
    ),
  );
}

async function show(page: Page) {
  page.source(model);
  const runs = [];
  for (const { name, title } of starts) {
    const compiled = compile(model, { model: name });
    const net = (await generate(compiled)).create({ seed: 3 });
    const rounded = (): number => apart((p) => at(net.parameters, p));
    const differences = [rounded()];
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      losses.push(net.step(given));
      differences.push(rounded());
    }
    const exact = new Reference(compiled, { seed: 3 });
    for (let i = 0; i < few; i++) exact.step(given);
    runs.push({ title, differences, losses, exact: apart((p) => exact.kept(p)), W1: [...exact.kept("W1")] });
  }
  const shown = [0, 10, few, steps];
  page.print(
    "The largest difference between two hidden units, after so many steps, and the loss in the end:",
    "",
    table(
      ["start", ...shown.map(String), `${few}, in 64 bits`, "loss"],
      runs.map((r) => [
        r.title,
        ...shown.map((i) => figure(r.differences[i]!, 3)),
        figure(r.exact, 3),
        figure(r.losses.at(-1)!, 3),
      ]),
    ),
    "",
    "Units that start equal have equal gradients, so they stay equal: the layer is as good as one unit.",
    "Starting at zero they don't even move, since the weights behind them are zero too.",
  );
  page.picture(
    "D.10",
    lineChart({
      title: "How different the hidden units are",
      x: "step",
      y: "largest difference",
      series: runs.map((r) => ({
        label: r.title,
        points: r.differences.map((v, i) => [i, v] as const).filter(([i]) => i % 5 === 0),
      })),
    }),
  );
  return runs;
}

export const symmetry: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.10",
  title: "Hidden units that start equal stay equal",
  models: [model],
  show,
};
