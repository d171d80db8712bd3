import { compile, generate, parameterCounts } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { networkPicture } from "../support/network.ts";
import { table } from "../support/text.ts";

const model = new URL("04-network.nn", import.meta.url);

const layers = [3, 5, 5, 3, 1];

/** Whether most of three numbers are positive. */
const corners = Array.from({ length: 8 }, (_, i) => [4, 2, 1].map((bit) => ((i & bit) === 0 ? -1 : 1)));
const given = {
  x: corners.flat(),
  y: corners.map((c) => (c.reduce((sum, v) => sum + v, 0) > 0 ? 1 : 0)),
};
const steps = 400;

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
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  page.print("", `${total} parameters.`);
  const net = (await generate(compiled)).create({ seed: 1 });
  const losses = Array.from({ length: steps }, () => net.step(given));
  const ŷ = Array.from(net.forward({ x: given.x })["ŷ"] as Float32Array);
  page.print(
    `It learns which of three signs has the majority: in ${steps} steps the loss falls from`,
    `${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}.`,
  );
  page.picture("E.4", networkPicture("A 3-5-5-3-1 network", layers));
  return { counts: [...counts.values()], total, losses, ŷ, y: given.y };
}

export const network: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.4",
  title: "A 3-5-5-3-1 network",
  models: [model],
  show,
};
