import { printStatement } from "../../../src/ir/printer.ts";
import { reassemble } from "../../../src/ir/reassemble.ts";
import { at, compile, generate } from "../support/compile.ts";
import { inCourseNames } from "../support/course-names.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figures } from "../support/text.ts";

const model = new URL("03-recipe.nn", import.meta.url);

const given = { x: [1, -0.5, 2, 0.25], y: [1, 0, 0, 1] };

/** What the course calls each kind of line, by the left side of its equation. */
const recipe: readonly (readonly [left: RegExp, words: string])[] = [
  [/^δ⁽³⁾/, "δᴸ = ŷ − y"],
  [/^da/, "∂L/∂aˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹"],
  [/^δ/, "δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ′(zˡ), σ′ = a(1 − a)"],
  [/^dW⁽¹⁾/, "∂L/∂W¹ = δ¹ xᵀ"],
  [/^dW/, "∂L/∂Wˡ = δˡ (aˡ⁻¹)ᵀ"],
  [/^db/, "∂L/∂bˡ = δˡ"],
];

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const wrt = compiled.program.parameters.map((p) => p.name);
  const { forward, backward } = derive(compiled, { wrt, simplify: true });
  const named = (s: (typeof backward)[number]): string => inCourseNames(printStatement(s), "δ");
  page.print("Forward:", ...reassemble(forward, compiled.context.builder).map((s) => `    ${named(s)}`), "");
  const equations = backward.map(named);
  const width = Math.max(...equations.map((e) => [...e].length));
  page.print("Backward, δˡ for ∂L/∂zˡ:");
  for (const equation of equations) {
    const words = recipe.find(([left]) => left.test(equation))?.[1] ?? "";
    page.print(`    ${equation}${" ".repeat(width + 4 - [...equation].length)}${words}`);
  }
  const reference = new Reference(compiled, { seed: 1 });
  const loss = reference.backward(given);
  const net = (await generate(compiled)).create({ seed: 1 });
  net.backward(given);
  page.print("", `At random weights the loss is ${loss.toFixed(6)}, and ∂L/∂b in each layer:`);
  const layers = [0, 1, 2].map((l) => ({
    W: [...reference.kept(`a.${l}.dense.W`)],
    b: [...reference.kept(`a.${l}.dense.b`)],
    dW: reference.gradient(`a.${l}.dense.W`),
    db: reference.gradient(`a.${l}.dense.b`),
    rounded: at(net.gradients, `a.${l}.dense.W`),
  }));
  layers.forEach(({ db }, l) => page.print(`    layer ${l + 1}: ${figures(db)}`));
  return { equations, layers, given, loss };
}

export const recipeOfLayers: Item<Awaited<ReturnType<typeof show>>> = {
  id: "C.3",
  title: "The recipe: δᴸ, δˡ, ∂L/∂Wˡ",
  models: [model],
  show,
};
