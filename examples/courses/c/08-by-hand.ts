import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { table } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("08-by-hand.nn", import.meta.url);

/** The numbers of the course. */
const inputs = { x: [0.5, 1], y: 1 };
const weights = { v: [0.5, 0.5, 0.5, 0.5], w: [1, 1] };

/** What the course has on paper. */
const handwritten: Readonly<Record<string, string>> = {
  z: "0.75",
  h: "0.679",
  z_out: "1.358",
  ŷ: "0.796",
  L: "0.228",
  δ_out: "-0.204",
  "∂w": "-0.139",
  δ_hidden: "-0.044",
  "∂v1": "-0.022",
  "∂v2": "-0.044",
};

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, { ...inputs, ...weights }, { wrt: ["v", "w"], simplify: true });
  const net = (await generate(compiled)).create();
  const loss = net.backward(inputs);
  const [dv, dw] = [at(net.gradients, "v"), at(net.gradients, "w")];
  const value = (name: string): number => exact.value(name)[0]!;
  const gradient = (name: string, place = 0): number => exact.gradient(name)[place]!;
  const equation = (name: string): string =>
    exact.backward.findLast((s) => s.wrt.name === name)!.formula.replace(/^\S+(?: \S+\])? \+?= /, "");
  // Both hidden units are equal, as are the weights from an input to them.
  const found: Record<string, readonly [formula: string, value: number]> = {
    z: ["v1·x1 + v2·x2", value("z")],
    h: ["σ(z)", value("h")],
    z_out: ["w1·h1 + w2·h2", value("z_out")],
    ŷ: ["σ(z_out)", value("ŷ")],
    L: ["-(y·log ŷ + (1 − y)·log(1 − ŷ))", value("loss")],
    δ_out: [equation("z_out"), gradient("z_out")],
    "∂w": [equation("w"), gradient("w")],
    δ_hidden: [equation("z"), gradient("z")],
    "∂v1": [equation("v"), gradient("v", 0)],
    "∂v2": [equation("v"), gradient("v", 2)],
  };
  page.print(
    table(
      ["", "formula", "by hand", "64 bits"],
      Object.entries(found).map(([name, [formula, v]]) => [name, formula, handwritten[name]!, v.toFixed(9)]),
    ),
    "",
    "By hand, with three digits at each step, the third digit is off by one here and there.",
    "",
    "As compiled:",
    ...exact.backward.map((s) => `    ${s.formula}`),
    "",
    `The generated module, in 32 bits: L = ${loss.toFixed(6)}, ∂w = ${dw[0]!.toFixed(6)},`,
    `∂v1 = ${dv[0]!.toFixed(6)}, ∂v2 = ${dv[2]!.toFixed(6)}.`,
  );
  const values = Object.fromEntries(Object.entries(found).map(([name, [, v]]) => [name, v]));
  return { values, handwritten, exact, loss, dv, dw };
}

export const byHand: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.8",
  title: "The hand calculation",
  models: [model],
  show,
};
