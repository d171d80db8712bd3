import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figure, table } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("06-cross-entropy.nn", import.meta.url);

const W1 = [0.5, -0.25, 0.75, -1];
const W2 = [1.5, -2];
const y = 1;
/** The first unit is alive for the one, dead for the other. */
const examples = [
  { x: [1, 2], y },
  { x: [1, -2], y },
];

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const raw = trace(compiled, { ...examples[0]!, W1, W2 }, { wrt: ["ŷ"] });
  page.print("By the chain rule alone", `    ${raw.backward.at(-1)!.formula}`);
  const simplified = trace(compiled, { ...examples[0]!, W1, W2 }, { wrt: ["W1"], simplify: true });
  page.print(
    "",
    "From the loss to the first weights, simplified",
    ...simplified.backward.map((s) => `    ${s.formula}`),
    "",
  );

  const net = (await generate(compiled)).create();
  at(net.parameters, "W1").set(W1);
  at(net.parameters, "W2").set(W2);
  const found = examples.map((given) => {
    const exact = trace(compiled, { ...given, W1, W2 }, { wrt: ["W1"] });
    const [ŷ, z1] = [exact.value("ŷ")[0]!, exact.value("z1")[0]!];
    net.backward(given);
    // The weight from input 2 to unit 1: the course counts from 1.
    return {
      z1,
      gradient: exact.gradient("W1")[2]!,
      formula: z1 > 0 ? (ŷ - y) * W2[0]! * given.x[1]! : 0,
      generated: at(net.gradients, "W1")[2]!,
    };
  });
  page.print(
    "∂L/∂W21 = (ŷ − y)·W11²·x2 where z1 > 0, else 0  (W11² is a weight of layer 2)",
    "",
    table(
      ["z1", "∂L/∂W21", "by the formula", "generated, 32 bits"],
      found.map((f) => [f.z1, f.gradient, f.formula, f.generated].map((v) => figure(v))),
    ),
  );
  const ŷ = raw.value("ŷ")[0]!;
  return {
    found,
    formulas: simplified.backward.map((s) => s.formula),
    dŷ: raw.gradient("ŷ")[0]!,
    byFormula: -y / ŷ + (1 - y) / (1 - ŷ),
  };
}

export const crossEntropy: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.6",
  title: "ReLU, sigmoid and binary cross-entropy",
  models: [model],
  show,
};
