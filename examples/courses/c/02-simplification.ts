import { printStatement } from "../../../src/ir/printer.ts";
import { compile, generate } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { compiledGradient, rulesText, simplifiedAfterwards } from "../support/rules.ts";
import { figures } from "../support/text.ts";

const model = new URL("02-simplification.nn", import.meta.url);

const z = Array.from({ length: 20 }, (_, i) => ((7 * i) % 11) / 4 - 1.25);
const row = (share: (j: number) => number): number[] => Array.from({ length: 10 }, (_, j) => share(j));
const distribution = [...row((j) => (j === 3 ? 1 : 0)), ...row((j) => (j < 4 ? 0.25 : 0))];

const given = {
  Sigmoid: { z: 0.75, y: 1 },
  ClassIds: { z, label: [3, 8] },
  // Rows that sum to 2.
  Dense: { z, y: distribution.map((v) => 2 * v) },
  Distribution: { z, y: distribution },
} as const;
type Name = keyof typeof given;

const isGradient = (tensor: string): boolean => tensor.startsWith("d");
const isGradientOrSum = (tensor: string): boolean => isGradient(tensor) || tensor === "y.sum";
const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join("\n");

async function show(page: Page) {
  page.source(model);
  const cut = (name: Name) => {
    const compiled = compile(model, { model: name });
    const raw = derive(compiled, { of: "L", wrt: ["z"] });
    return { compiled, raw, steps: raw.backward.map(printStatement) };
  };

  const sigmoid = cut("Sigmoid");
  page.heading("Sigmoid and binary cross-entropy");
  page.print("The chain rule as it falls out:", indented(sigmoid.steps), "");
  const afterwards = simplifiedAfterwards(sigmoid.compiled, sigmoid.raw);
  page.print("The rules that are applied to it:", rulesText(afterwards.rules, isGradient), "");
  page.print("What is left:", indented(afterwards.backward), "");
  const all = await Promise.all((Object.keys(given) as Name[]).map(results));
  page.print("The whole model as it is compiled: there is no division left, and no logarithm of 0 either.");
  page.print(indented(all[0]!.graph));

  for (const [k, name, title] of [
    [1, "ClassIds", "Softmax and cross-entropy, class ids"],
    [2, "Dense", "Dense targets: p·Σy − y"],
    [3, "Distribution", "Dense targets that are declared to be a distribution: p − y"],
  ] as const) {
    const { compiled, steps } = cut(name);
    page.heading(title);
    const { backward, rules } = compiledGradient(compiled, { of: "L", wrt: ["z"] });
    if (name === "Distribution") page.print("As before, and then:");
    else page.print("The chain rule as it falls out:", indented(steps), "", "Rules:");
    const sum = rules.filter((r) => r.tensor === "y.sum");
    const shown = name === "Distribution" ? [...sum, ...rules.slice(-1)] : rules;
    page.print(rulesText(shown, isGradientOrSum), "", "What is left:", indented(backward));
    page.print(
      "",
      "The first example, ten classes:",
      `    dz = ${figures(all[k]!.exact.slice(0, 10), 3, 10)}`,
    );
  }
  return { sigmoid: { steps: sigmoid.steps, ...afterwards }, all };
}

/** The gradient by z in both arithmetics, and the equations of the graph that computes it. */
async function results(name: Name) {
  const compiled = compile(model, { model: name });
  const inputs = given[name];
  const exact = new Reference(compiled, { dims: { batch: 2 } }).forward(inputs);
  const rounded = (await generate(compiled)).create().forward(inputs)["dz"]!;
  return {
    name,
    graph: compiled.graphs.forward.statements.map(printStatement),
    exact: exact["dz"]!,
    rounded: typeof rounded === "number" ? [rounded] : Array.from(rounded),
    inputs,
  };
}

export const simplification: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.2",
  title: "How ŷ − y comes about, rule by rule",
  models: [model],
  show,
};
