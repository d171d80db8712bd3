import { generator } from "../../training/random.mjs";
import { lineChart } from "../support/chart.ts";
import type { Generated } from "../support/compile.ts";
import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { sparkline, table } from "../support/text.ts";

const model = new URL("08-deep.nn", import.meta.url);

const depth = 50;
const [wide, batch, seeds] = [50, 16, 20];

interface Activation {
  readonly name: string;
  readonly squash: boolean;
  /** Of ReLU for negative numbers. */
  readonly slope: number;
}

const activations: readonly Activation[] = [
  { name: "sigmoid", squash: true, slope: 0 },
  { name: "ReLU", squash: false, slope: 0 },
  { name: "leaky ReLU, 0.2", squash: false, slope: 0.2 },
  { name: "slope 1", squash: false, slope: 1 },
];

/** The mean of |∂L/∂W| of each layer, the first one first. */
function gradients(net: Generated, width: number, slope: number): number[] {
  const random = generator(3);
  const numbers = (count: number): number[] => Array.from({ length: count }, () => 2 * random() - 1);
  const gain = 1 / Math.sqrt(1 + slope ** 2);
  net.backward({ x: numbers(batch * width), y: numbers(batch), slope, gain });
  return Array.from({ length: depth }, (_, l) => {
    const gradient = at(net.gradients, `W.${l}`);
    return gradient.reduce((sum, v) => sum + Math.abs(v), 0) / gradient.length;
  });
}

const short = (v: number): string => (v === 0 ? "0" : v.toExponential(1));

async function show(page: Page) {
  page.source(model);
  const [relus, sigmoids] = [
    await generate(compile(model)),
    await generate(compile(model, { sizes: { squash: true } })),
  ];
  const net = ({ squash }: Activation, seed: number, width: number): Generated =>
    (squash ? sigmoids : relus).create({ seed, width });
  const wideNets = activations.map((a) => ({
    name: a.name,
    layers: gradients(net(a, 1, wide), wide, a.slope),
  }));
  const shown = [0, 9, 24, 39, 49];
  page.print(
    `The mean of |∂L/∂W| by layer, ${wide} units wide, one start:`,
    "",
    table(
      ["activation", ...shown.map((l) => `layer ${l + 1}`), "in orders of magnitude"],
      wideNets.map(({ name, layers }) => [
        name,
        ...shown.map((l) => short(layers[l]!)),
        sparkline(
          layers.filter((_, l) => l % 2 === 0),
          { log: true, range: [1e-27, 0.1] },
        ),
      ]),
    ),
  );
  const series = wideNets.map(({ name, layers }) => ({
    label: name,
    points: layers.map((v, l) => [l + 1, v] as const),
  }));
  page.picture(
    "A.8",
    lineChart(
      {
        title: "What reaches the weights of fifty layers",
        x: "layer",
        y: "mean of |∂L/∂W|",
        log: true,
        series,
      },
      720,
      400,
    ),
  );

  const widths = [3, 5, 10];
  const dead = activations.map((a) => ({
    name: a.name,
    counts: widths.map((width) => {
      const firsts = Array.from(
        { length: seeds },
        (_, seed) => gradients(net(a, seed, width), width, a.slope)[0],
      );
      return firsts.filter((v) => v === 0).length;
    }),
  }));
  page.print(
    "",
    `Of ${seeds} starts of a narrow network, how many give the first layer a gradient of exactly 0:`,
    "",
    table(
      ["activation", ...widths.map((w) => `${w} wide`)],
      dead.map(({ name, counts }) => [name, ...counts.map(String)]),
    ),
    "",
    "The derivative of the sigmoid is 1/4 at most: fifty such factors vanish. That of ReLU is 1 or 0:",
    "where all units of one layer are off for every example, nothing comes through. A small slope keeps",
    "it alive.",
  );
  return { layers: Object.fromEntries(wideNets.map(({ name, layers }) => [name, layers])), dead };
}

export const deep: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.8",
  title: "Gradients through fifty layers",
  models: [model],
  show,
};
