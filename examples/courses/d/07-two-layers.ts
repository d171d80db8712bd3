import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figures, rows } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("07-two-layers.nn", import.meta.url);

/** The numbers of the course. */
const W1 = Array.from({ length: 12 }, (_, i) => i + 1);
const x = [1, 2, 3];
const zeros = { b1: [0, 0, 0, 0], W2: new Array<number>(8).fill(0), b2: [0, 0] };
const upstream = 0.5;

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const da2 = [upstream, upstream];
  const exact = trace(compiled, { x, da2, W1, ...zeros }, { wrt: ["W1", "b1", "W2", "b2"], simplify: true });
  page.print(`z1 = ${figures(exact.value("z1"))}`, `a2 = ${figures(exact.value("a2"))}`, "", "Backward:");
  page.print(...exact.backward.map((s) => `    ${s.formula}`), "", `da2 = ${figures(da2)}`);
  for (const name of ["z2", "b2", "a1"]) page.print(`d${name} = ${figures(exact.gradient(name))}`);
  page.print("dW2", rows(exact.gradient("W2"), 4).replace(/^/gm, "    "));
  page.print("The first layer gets nothing: da1 = W2ᵀ·dz2, and W2 is zero.", "");

  const net = (await generate(compiled)).create();
  at(net.parameters, "W1").set(W1);
  const read = () => Object.fromEntries(["W1", "b1", "W2", "b2"].map((n) => [n, [...at(net.gradients, n)]]));
  net.backward({ x, da2 });
  const given = read();
  net.backward({ x, da2: [1, 1] }, { upstream });
  const scaled = read();
  page.print(
    `The generated module has db2 = ${figures(given["b2"]!)} after backward({ x, da2 }), and the same`,
  );
  page.print(
    `with da2 = (1, 1) after backward({ x, da2 }, { upstream: ${upstream} }): ${figures(scaled["b2"]!)}.`,
  );
  return { exact, given, scaled };
}

export const secondLayer: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.7",
  title: "A second layer of zeros and sigmoid",
  models: [model],
  show,
};
