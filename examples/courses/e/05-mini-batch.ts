import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figures, rows } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("05-mini-batch.nn", import.meta.url);

const examples = 4;
const given = { x: [0.5, -1, 2, 1.5, 0.25, -0.75, -2, 1, 0.5, 1, 1, -1], y: [1, 0, 0, 1] };
const weights = {
  W1: [0.5, -0.25, 0.75, -1, 0.2, 0.4, -0.6, 0.8, -0.3, 0.1, 0.9, -0.7],
  b1: [0.1, -0.2, 0.3, 0],
  w2: [1.5, -2, 0.5, 1],
  b2: [0.25],
};
const names = Object.keys(weights) as (keyof typeof weights)[];

/** The same in matrices whose rows are examples. */
const matrices: Readonly<Record<string, string>> = {
  z2: "dZ⁽²⁾ = (A⁽²⁾ − Y)/m",
  b2: "db⁽²⁾ = Σ dZ⁽²⁾",
  w2: "dW⁽²⁾ = (A⁽¹⁾)ᵀ dZ⁽²⁾",
  a1: "dA⁽¹⁾ = dZ⁽²⁾ (W⁽²⁾)ᵀ",
  z1: "dZ⁽¹⁾ = dA⁽¹⁾ ⊙ g′(Z⁽¹⁾)",
  b1: "db⁽¹⁾ = Σ dZ⁽¹⁾",
  W1: "dW⁽¹⁾ = Xᵀ dZ⁽¹⁾",
};

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const options = { wrt: names, simplify: true, dims: { m: examples } };
  const exact = trace(compiled, { ...given, ...weights }, options);
  const equations = exact.backward.map((s) => s.formula);
  const width = Math.max(...equations.map((e) => [...e].length));
  page.print("Backward, as compiled and in matrices:");
  for (const s of exact.backward)
    page.print(
      `    ${s.formula}${" ".repeat(width + 4 - [...s.formula].length)}${matrices[s.wrt.name] ?? ""}`,
    );
  page.print(
    "",
    "1/m stands once, where the loss is a mean: in dz2. All other gradients are sums over the examples.",
  );
  page.print("", "dW1", rows(exact.gradient("W1"), 4), `dw2 = ${figures(exact.gradient("w2"))}`);
  page.print(`db1 = ${figures(exact.gradient("b1"))}, db2 = ${figures(exact.gradient("b2"))}`);
  const net = (await generate(compiled)).create();
  for (const name of names) at(net.parameters, name).set(weights[name]);
  net.backward(given);
  const rounded = Object.fromEntries(names.map((name) => [name, [...at(net.gradients, name)]]));
  return { exact, equations, rounded, given, weights };
}

export const miniBatch: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.5",
  title: "Mini-batch formulas with 1/m",
  models: [model],
  show,
};
