import { lineChart } from "../support/chart.ts";
import { compile, generate } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import { printStatement } from "../../../src/ir/printer.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("04-saturation.nn", import.meta.url);

const places = [-50, -10, -5, 0, 5, 10, 50];

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  for (const of of ["mse", "ce"]) {
    const { backward } = derive(compiled, { of, wrt: ["z"], simplify: true });
    page.print(`∂${of}/∂z, as compiled:`, ...backward.map((s) => `    ${printStatement(s)}`), "");
  }
  const reference = new Reference(compiled);
  const exactAt = (z: number) => {
    const { dmse, dce, entropy } = reference.forward({ z, y: 1 });
    return { z, dmse: dmse![0]!, dce: dce![0]!, entropy: entropy![0]! };
  };
  const net = (await generate(compiled)).create();
  const roundedAt = (z: number) => {
    const { dmse, dce, entropy } = net.forward({ z, y: 1 });
    return { z, dmse: Number(dmse), dce: Number(dce), entropy: Number(entropy) };
  };
  const [exact, rounded] = [places.map(exactAt), places.map(roundedAt)];
  page.print(
    table(
      ["z", "∂MSE/∂z", "∂CE/∂z", "in 32 bits", "", "CE"],
      exact.map((e, i) =>
        [e.z, e.dmse, e.dce, rounded[i]!.dmse, rounded[i]!.dce, e.entropy].map((v) => figure(v)),
      ),
    ),
    "",
    "Where the neuron is wrong and sure of it, at the left, squared error gives it nothing to learn from.",
  );
  const line = Array.from({ length: 161 }, (_, i) => exactAt((i - 80) / 8));
  page.picture(
    "B.4",
    lineChart({
      title: "What a sigmoid neuron learns from, y = 1",
      x: "z",
      y: "gradient by z",
      series: [
        { label: "∂MSE/∂z", points: line.map((e) => [e.z, e.dmse] as const) },
        { label: "∂CE/∂z", points: line.map((e) => [e.z, e.dce] as const) },
      ],
    }),
  );
  return { exact, rounded };
}

export const saturation: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.4",
  title: "A saturated sigmoid: squared error against cross-entropy",
  models: [model],
  show,
};
