import { printStatement } from "../../../src/ir/printer.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("05-derivatives.nn", import.meta.url);

const z = [-3, -1, -0.25, 0, 0.25, 1, 3];
const names = ["sigmoid", "tanh", "relu", "leaky"] as const;

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const equations = compiled.graphs.forward.statements.map(printStatement);
  const derivatives = Object.fromEntries(
    names.map((name) => [name, equations.find((e) => e.startsWith(`dd_${name}.`))!.replace(/^.*? = /, "")]),
  );
  page.print("The derivatives as compiled; a is the output of the activation, z its input:");
  for (const name of names)
    page.print(
      `    ${name.padEnd(8)} ${derivatives[name]!.replaceAll(`a_${name}[n]`, "a").replaceAll("[n]", "")}`,
    );
  page.print(
    "Leaky ReLU has the sign of its input, so it too is known from its output: 1 where a > 0, else 0.01.",
  );
  const exact = new Reference(compiled, { dims: { n: z.length } }).forward({ z });
  const rounded = (await generate(compiled)).create().forward({ z });
  page.print(
    "",
    table(
      ["z", ...names.flatMap((name) => [name, "′"])],
      z.map((v, i) =>
        [v, ...names.flatMap((name) => [exact[`a_${name}`]![i]!, exact[`d_${name}`]![i]!])].map((x) =>
          figure(x, 5),
        ),
      ),
    ),
  );
  return { z, derivatives, exact, rounded };
}

export const derivativesOfOutputs: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.5",
  title: "Derivatives of activations, from their outputs",
  models: [model],
  show,
};
