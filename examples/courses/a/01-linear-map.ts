import { printExpr } from "../../../src/ir/printer.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { rows } from "../support/text.ts";
import type { BackwardStep } from "../support/trace.ts";
import { trace } from "../support/trace.ts";

const model = new URL("01-linear-map.nn", import.meta.url);

const given = {
  W: [0.5, -1, 2, 1.5, 0.25, -0.75, -2, 1, 0.5, 1, 1, -1],
  x: [1, -2, 0.5, 3],
  y: [0, 1, -1],
};

/** A step in words: who reads the tensor, with which local gradient, and which loops are summed. */
function inWords(step: BackwardStep): string[] {
  const { of, read, partial } = step.tensor === step.wrt ? {} : (step.steps[0] ?? {});
  if (of?.kind !== "equation" || !read || !partial) return [];
  const [left, right] = [`${of.tensor.name}[${of.target.map(printExpr).join(", ")}]`, printExpr(read)];
  const fixed = read.subscripts.map(printExpr);
  const summed = [...of.indices, ...of.reduced].map((i) => i.name).filter((i) => !fixed.includes(i));
  return [
    `    ${left} reads ${right}, and ∂${left}/∂${right} = ${printExpr(partial)}.`,
    `    ${summed.length > 0 ? `${summed.join(", ")} does not occur in ${right}: it is summed over.` : `All loops occur in ${right}: nothing is summed.`}`,
  ];
}

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, given, { of: "E", wrt: ["x", "W"] });
  const equations = Object.fromEntries(exact.backward.map((s) => [s.wrt.name, s.formula]));
  for (const [name, matrix] of [
    ["x", "∂E/∂x = W·∂E/∂ŷ"],
    ["W", "∂E/∂W = x·(∂E/∂ŷ)ᵀ"],
  ] as const) {
    const step = exact.backward.find((s) => s.wrt.name === name)!;
    page.print(step.formula, ...inWords(step), `    In matrices: ${matrix}.`, "");
  }
  page.print("At one point:", "dŷ", rows(exact.gradient("ŷ"), 3), "dx", rows(exact.gradient("x"), 4));
  page.print("dW", rows(exact.gradient("W"), 3));
  const generated = (await generate(compiled)).create().forward(given);
  return { exact, equations, generated, given };
}

export const linearMap: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.1",
  title: "The gradients of a linear map, as index equations",
  models: [model],
  show,
};
