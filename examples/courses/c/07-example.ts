import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";
import { traceTable } from "../support/trace-text.ts";

const model = new URL("07-example.nn", import.meta.url);

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, { x: 1, w: 2, b: 0.5 }, { wrt: ["w", "b"] });
  page.print(traceTable(exact));
  const net = (await generate(compiled)).create();
  const loss = net.backward({ x: 1 });
  const [dw, db] = [at(net.gradients, "w")[0]!, at(net.gradients, "b")[0]!];
  page.print("", `The generated module: loss ${loss}, ∂w = ${dw}, ∂b = ${db}.`);
  return { exact, loss, dw, db };
}

export const example: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.7",
  title: "x = 1, w = 2, b = 0.5: ∂w of (wx + b)² is 5",
  models: [model],
  show,
};
