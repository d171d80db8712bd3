/** In 32 bits, far outside what exp can hold: activations and losses of the library, value and gradient. */
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Instance } from "../support/generated.ts";
import { flatten, load } from "../support/generated.ts";
import type { Cells, LossCase, Point } from "./closed-forms.ts";
import { activations, writtenOut } from "./closed-forms.ts";
import { lossesOfDistances } from "./distance-points.ts";
import { logits, losses } from "./loss-points.ts";

/** Of each number's own size. */
const relative = 2e-6;
/** For differences of numbers near 1, each rounded to 32 bits. */
const absolute = 5e-7;
/** For functions of one number, which subtract nothing that was rounded. */
const nothing = 1e-9;

async function instance(body: string, level: 0 | 1): Promise<Instance> {
  const source = `model M {\n  ${body}\n}\n`;
  const { outputs, diagnostics } = await compile(source, { level, language: "javascript" });
  expect(diagnostics).toEqual([]);
  return (await load(outputs[0]!.text, "M")).create({});
}

function expectNear(what: string, found: number, expected: number, allowed: number): void {
  const error = Math.abs(found - expected);
  if (!(error <= relative * Math.abs(expected) + allowed))
    expect.fail(`${what}: ${found} instead of ${expected}`);
}

function checkPoint(model: Instance, point: Point, allowed: number): void {
  const { parameters, inputs, value, gradients } = point;
  const where = JSON.stringify({ ...parameters, ...inputs });
  for (const [name, cells] of Object.entries(parameters)) flatten(model.parameters)[name]!.set(cells);
  expectNear(`value at ${where}`, model.backward(inputs), value, allowed);
  for (const [name, cells] of Object.entries(gradients)) {
    const found = flatten(model.gradients)[name]!;
    cells.forEach((expected, i) =>
      expectNear(`gradient of ${name}[${i}] at ${where}`, found[i]!, expected, allowed),
    );
  }
}

const all = [...losses, ...lossesOfDistances];
const levels = [0, 1] as const;
const title = ({ loss, declarations }: LossCase): string =>
  `${loss} with ${declarations.replaceAll("\n ", ";")}`;

test.each(levels.flatMap((level) => all.map((loss) => [level, title(loss), loss] as const)))(
  "-O%i: %s",
  async (level, _, { declarations, loss, points }) => {
    const model = await instance(`${declarations}\n  loss ${loss}`, level);
    for (const point of points) checkPoint(model, point, absolute);
  },
);

const curves = [
  ...Object.entries(activations).map(([call, curve]) => [call, curve, nothing] as const),
  ...Object.entries(writtenOut).map(([call, curve]) => [call, curve, absolute] as const),
];

test.each(levels.flatMap((level) => curves.map((curve) => [level, ...curve] as const)))(
  "-O%i: %s",
  async (level, call, [value, slope], allowed) => {
    const model = await instance(`param x: [1, 1] ~ zeros\n  y = ${call}\n  loss sum(y)`, level);
    for (const x of logits) {
      const gradients: Cells = { x: [slope(x)] };
      checkPoint(model, { parameters: { x: [x] }, inputs: {}, value: value(x), gradients }, allowed);
    }
  },
);
