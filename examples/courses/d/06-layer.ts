import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figures, rows } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("06-layer.nn", import.meta.url);

/** The numbers of the course. */
const W = Array.from({ length: 12 }, (_, i) => i + 1);
const b = [0, 0, 0, 0];
const x = [1, 2, 3];
const upstream = 0.5;

async function show(page: Page) {
  const layer = compile(model, { model: "Layer" });
  page.source(model);
  const da1 = new Array<number>(4).fill(upstream);
  const exact = trace(layer, { x, W, b, da1 }, { of: "J", wrt: ["x", "W", "b"], simplify: true });
  const value = (name: string): string => figures(exact.value(name));
  page.print(`z1 = ${value("z1")}, a1 = ${value("a1")}`, "", "Backward:");
  page.print(...exact.backward.map((s) => `    ${s.formula}`));
  const gradient = (name: string): readonly number[] => exact.gradient(name);
  page.print("", `da1 = ${figures(da1)}`, `dx = ${figures(gradient("x"))}`, "dW");
  page.print(rows(gradient("W"), 3).replace(/^/gm, "    "), `db = ${figures(gradient("b"))}`);

  const rounded = (await generate(layer)).create().forward({ x, W, b, da1 });
  const net = (await generate(compile(model, { model: "Learned" }))).create();
  at(net.parameters, "W").set(W);
  const loss = net.backward({ x }, { upstream });
  const learned = { dW: [...at(net.gradients, "W")], db: [...at(net.gradients, "b")] };
  page.print(
    "",
    `The same by backward({ x }, { upstream: ${upstream} }) of the model that learns: db = ${figures(learned.db)}.`,
  );
  return { exact, rounded, learned, loss };
}

export const layerByHand: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.6",
  title: "A layer and ReLU, with an upstream gradient of 0.5",
  models: [model],
  show,
};
