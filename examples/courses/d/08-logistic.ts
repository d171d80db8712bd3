import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figures } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("08-logistic.nn", import.meta.url);

const given = { x: [0.5, -1, 2, 1.5, 0.25, -0.75, -2, 1, 0.5, 1, 1, -1], y: [1, 0, 0, 1] };
const start = { w: [0.2, -0.4, 0.1], b: [0.3] };
const examples = given.y.length;

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const wrt = ["w", "b"];
  const exact = trace(compiled, { ...given, ...start }, { wrt, simplify: true, dims: { m: examples } });
  const equations = exact.backward.map((s) => s.formula);
  page.print("Backward:", ...equations.map((e) => `    ${e}`), "");
  page.print("so ∂w_k = 1/m Σ (ŷ − y)·x_k and ∂b = 1/m Σ (ŷ − y).", "");
  page.print(`∂w = ${figures(exact.gradient("w"))}, ∂b = ${figures(exact.gradient("b"))}`);
  const net = (await generate(compiled)).create();
  at(net.parameters, "w").set(start.w);
  at(net.parameters, "b").set(start.b);
  net.backward(given);
  const rounded = { w: [...at(net.gradients, "w")], b: [...at(net.gradients, "b")] };
  const losses = Array.from({ length: 200 }, () => net.step(given));
  page.print(`In 200 steps the loss falls from ${losses[0]!.toFixed(4)} to ${losses.at(-1)!.toFixed(4)}.`);
  return { exact, equations, rounded, losses, given, start };
}

export const vectorised: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.8",
  title: "Logistic regression on m examples at once",
  models: [model],
  show,
};
