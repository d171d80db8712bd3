import { circuit } from "../support/circuit.ts";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figures } from "../support/text.ts";
import { trace } from "../support/trace.ts";
import { traceTable } from "../support/trace-text.ts";

const model = new URL("07-two-paths.nn", import.meta.url);

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const exact = trace(compiled, { x: 2 }, { of: "f" });
  page.print(traceTable(exact), "");
  const parts = exact.backward.filter((s) => s.wrt.name === "x").map((s) => s.contribution[0]!);
  page.print(
    `Two paths meet in x, and what they bring is summed: ${parts.join(" + ")} = ${figures(exact.gradient("x"))}.`,
  );
  page.picture("B.7", circuit(exact, "f = 3x·x²: two paths from x"));
  const rounded = (await generate(compiled)).create().forward({ x: 2 });
  return { exact, parts, rounded };
}

export const twoPaths: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.7",
  title: "Two gradient paths that converge are summed",
  models: [model],
  show,
};
