import type { Generated } from "../support/compile.ts";
import { compile, generate } from "../support/compile.ts";
import { lineChart } from "../support/chart.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("03-absolute.nn", import.meta.url);

const seeds = 20;
const steps = 4000;
const good = 1e-4;

/** x = −3, −2.9, …, 3. */
const x = Array.from({ length: 61 }, (_, i) => -3 + i / 10);
const points = { x, y: x.map((v) => Math.abs(v - 1)) };

/** With a leading 1: rows (1, −1), (−1, 1) of the first layer, (0, 1, 1) of the second. */
const exactly = { b1: [1, -1], W1: [-1, 1], b2: [0], W2: [1, 1] };

/** The loss after training, which stops early where nothing is left to learn. */
function trained(net: Generated): number {
  for (let i = 0; i < steps && net.step(points) > good / 10; i++);
  return net.evaluate(points)["loss"]!;
}

/** The least loss that any line has: the remainder of a regression. */
function bestLine(): number {
  const mean = (list: readonly number[]): number => list.reduce((s, v) => s + v, 0) / list.length;
  const [mx, my] = [mean(x), mean(points.y)];
  const slope = mean(x.map((v, i) => (v - mx) * (points.y[i]! - my))) / mean(x.map((v) => (v - mx) ** 2));
  return mean(x.map((v, i) => (points.y[i]! - my - slope * (v - mx)) ** 2));
}

async function show(page: Page) {
  page.source(model);
  const two = compile(model, { model: "Absolute" });
  const exactLoss = new Reference(two, { dims: { batch: x.length } }).set(exactly).backward(points);
  page.print(`With the weights of the course the loss is ${exactLoss}.`);

  const line = (await generate(compile(model, { model: "Line" }))).create({ seed: 1 });
  const lineLoss = trained(line);
  const least = bestLine();
  page.print(
    `One linear neuron is left with ${figure(lineLoss)}; the best of all lines has ${figure(least)}.`,
    "",
  );

  const results: { units: number; losses: number[] }[] = [];
  for (const units of [2, 4]) {
    const compiled = await generate(compile(model, { model: "Absolute", sizes: { hidden: units } }));
    results.push({
      units,
      losses: Array.from({ length: seeds }, (_, seed) => trained(compiled.create({ seed }))),
    });
  }
  const reached = results.map(({ losses }) => losses.filter((l) => l < good).length);
  page.print(
    table(
      ["ReLU units", `of ${seeds} seeds reach ${good}`, "worst loss"],
      results.map(({ units, losses }, k) => [
        String(units),
        String(reached[k]),
        figure(Math.max(...losses), 2),
      ]),
    ),
    "",
    "A loss of 0.55 is that of the best line: training ended where the units bend outside of the data.",
  );
  const curve = (label: string, net: Generated) => {
    const values = net.forward(points)["ŷ"] as Float32Array;
    return { label, points: x.map((v, i) => [v, values[i]!] as const) };
  };
  const net = (await generate(two)).create({ seed: results[0]!.losses.findIndex((l) => l < good) });
  trained(net);
  page.picture(
    "A.3",
    lineChart({
      title: "|x − 1| by two ReLU units, and by a line",
      x: "x",
      series: [curve("2 ReLU units", net), curve("line", line)],
    }),
  );
  return { exactLoss, lineLoss, least, reached: { two: reached[0]!, four: reached[1]! } };
}

export const absolute: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.3",
  title: "|x − 1| needs a hidden layer",
  models: [model],
  show,
};
