import { printTensor } from "../../../src/ir/printer.ts";
import { backwardNodes, backwardPicture } from "../support/backward-graph.ts";
import { compile } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";

const model = new URL("10-backward-graph.nn", import.meta.url);

function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const wrt = compiled.program.parameters.map((p) => p.name);
  const derived = derive(compiled, { wrt, simplify: true });
  const nodes = backwardNodes(derived);
  page.print("From the loss to the parameters, node by node:");
  for (const node of nodes) {
    const list = (names: readonly string[]): string => (names.length > 0 ? names.join(", ") : "–");
    page.print(
      "",
      node.formula,
      `    the gradient by ${printTensor(node.wrt)}`,
      `    from ${list(node.from)}; kept from the way forward: ${list(node.saved)}`,
    );
  }
  const title = "1000 → 100 → ReLU → 10 and its gradients";
  page.picture("A.10", backwardPicture(derived, compiled.context.builder, title));
  return Promise.resolve(nodes.map(({ name, formula, from, saved }) => ({ name, formula, from, saved })));
}

export const backwardGraph: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.10",
  title: "The backward graph of a network, node by node",
  models: [model],
  show,
};
