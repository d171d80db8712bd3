import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { trace } from "../support/trace.ts";
import { traceTable } from "../support/trace-text.ts";

const model = new URL("05-gates.nn", import.meta.url);

const given = { x: -2, y: 5, z: 4 };

async function show(page: Page) {
  page.source(model);
  const shown = async (name: string, title: string, picture: string) => {
    const compiled = compile(model, { model: name });
    const exact = trace(compiled, given, { of: "f" });
    page.heading(title);
    page.print(traceTable(exact));
    page.picture(picture, circuit(exact, title));
    return { exact, rounded: (await generate(compiled)).create().forward(given) };
  };
  const sum = await shown("Gates", "f = (x + y)·z", "B.5");
  const larger = await shown("Larger", "f = max(x, y)·z", "B.5-max");
  page.print(
    "",
    "add distributes   both inputs of + get the gradient of its output",
    "multiply switches each input of × gets it times the other input",
    "max routes        the larger input gets it whole, the other gets 0",
  );
  return { sum, larger };
}

export const gates: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.5",
  title: "Gates: add distributes, multiply switches, max routes",
  models: [model],
  show,
};
