import { generator } from "../../training/random.mjs";
import { compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";
import { trace } from "../support/trace.ts";

const model = new URL("07-class-weights.nn", import.meta.url);

const [positive, negative] = [100, 1000];

/** Two clouds that overlap: 100 examples around (1, 1) and 1000 around (−1, −1), drawn with a seed. */
function clouds(): { x: number[]; y: number[] } {
  const random = generator(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const y = Array.from({ length: positive + negative }, (_, i) => (i < positive ? 1 : 0));
  return { y, x: y.flatMap((label) => [0, 1].map(() => (label === 1 ? 1 : -1) + 1.5 * normal())) };
}

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const weights = { "z.linear.W": [0.5, -1], "z.linear.b": [0.1] };
  const given = { x: [1, 0, -1, 0.5, 0, 2], y: [1, 0, 0], α: 10, β: 1, ...weights };
  const exact = trace(compiled, given, { dims: { batch: 3 }, wrt: ["z"], simplify: true });
  page.print("The gradient that reaches z:", ...exact.backward.map((s) => `    ${s.formula}`), "");

  // With zero weights every ŷ is ½: the two classes pull with α·100/2 and β·1000/2.
  const points = clouds();
  const start = (α: number): number => {
    const reference = new Reference(compiled).set({ "z.linear.W": [0, 0], "z.linear.b": [0] });
    reference.backward({ ...points, α, β: 1 });
    return reference.gradient("z.linear.b")[0]!;
  };
  const net = await generate(compiled);
  const results = [1, 10].map((α) => {
    const own = net.create({ seed: 1 });
    const inputs = { ...points, α, β: 1 };
    for (let i = 0; i < 300; i++) own.step(inputs);
    const said = own.forward({ x: points.x })["ŷ"] as Float32Array;
    const right = (label: number): number =>
      points.y.filter((t, i) => t === label && said[i]! > 0.5 === (label === 1)).length;
    return { α, start: start(α), positive: right(1) / positive, negative: right(0) / negative };
  });
  page.print(
    "100 positive and 1000 negative examples, trained for 300 steps:",
    "",
    table(
      ["α", "β", "∂L/∂b at w = 0", "positives found", "negatives found"],
      results.map((r) => [
        String(r.α),
        "1",
        figure(Number(r.start.toFixed(9))),
        ...[r.positive, r.negative].map((v) => `${figure(100 * v, 3)}%`),
      ]),
    ),
    "",
    "With α = 10β both classes weigh the same: at the start they pull on the bias with equal force.",
  );
  return { exact, results };
}

export const classWeights: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.7",
  title: "Binary cross-entropy with class weights",
  models: [model],
  show,
};
