import { printStatement } from "../../../src/ir/printer.ts";
import { at, compile, generate } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { rulesText, simplifiedAfterwards } from "../support/rules.ts";
import { figures, table } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("02-logistic.nn", import.meta.url);

const given = { x: [1.5, -2], y: 1 };
const weights = { w: [0.3, 0.2], b: [-0.1] };

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const wrt = ["a", "z", "w", "b"];
  const raw = trace(compiled, { ...given, ...weights }, { wrt });
  const equationOf = (name: string): string => raw.backward.findLast((s) => s.wrt.name === name)!.formula;
  const cancelled = simplifiedAfterwards(compiled, derive(compiled, { wrt: ["z"] }));
  const last = cancelled.rules.filter((r) => r.rule === "cancel" && (r.tensor === "da" || r.tensor === "dz"));
  page.print("Step B1, the gradient of a:", `    ${equationOf("a")}`, "");
  page.print("Step B2, the gradient of z:", `    ${equationOf("z")}`, "");
  page.print(rulesText(last, () => true).replace(/^/gm, "    "), "");
  const compiledTo = derive(compiled, { wrt: ["w", "b"], simplify: true }).backward.map(printStatement);
  page.print(
    "Step B3, the gradients of w and b:",
    ...compiledTo.filter((e) => !e.startsWith("dz")).map((e) => `    ${e}`),
  );
  page.print("    so ∂w = (a − y)·x and ∂b = a − y.", "");
  page.print(
    table(
      ["step", "gradient", "value"],
      [
        ["B1", "∂L/∂a = −y/a + (1 − y)/(1 − a)", figures(raw.gradient("a"))],
        ["B2", "∂L/∂z = a − y", figures(raw.gradient("z"))],
        ["B3", "∂L/∂w = (a − y)·x", figures(raw.gradient("w"))],
        ["B3", "∂L/∂b = a − y", figures(raw.gradient("b"))],
      ],
    ),
  );
  const net = (await generate(compiled)).create();
  at(net.parameters, "w").set(weights.w);
  at(net.parameters, "b").set(weights.b);
  net.backward(given);
  const rounded = { w: [...at(net.gradients, "w")], b: [...at(net.gradients, "b")] };
  return { raw, cancelled, compiledTo, rounded, given };
}

export const logisticSteps: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.2",
  title: "Logistic regression backward: steps B1, B2, B3",
  models: [model],
  show,
};
