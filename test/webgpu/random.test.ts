/**
 * Random well-typed models in WGSL beside the interpreter. RANDOM_MODELS=500 examines more of them, RANDOM_SEED others.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Draft } from "../random/generate.ts";
import { generate, inputsOf, largestBatch } from "../random/generate.ts";
import { describeOnDawn } from "../support/dawn.ts";
import type { Tensor } from "../../src/ir/types.ts";
import type { Built } from "../support/model.ts";
import { build, Model, numbers } from "../support/model.ts";
import type { Inputs } from "./agreement.ts";
import { disagreements } from "./agreement.ts";
import { describeValidity, levels, onGpu } from "./gpu.ts";

const numRuns = Number(process.env["RANDOM_MODELS"] ?? 12);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_262);

const gene = fc.record({ block: fc.nat(999), picks: fc.array(fc.nat(999), { minLength: 5, maxLength: 5 }) });
const first = fc.record({
  block: fc.nat(999),
  picks: fc.array(fc.nat(999), { minLength: 20, maxLength: 20 }),
});
const drafts: readonly Draft[] = fc
  .sample(fc.tuple(first, fc.array(gene, { minLength: 1, maxLength: 9 })), { numRuns, seed })
  .map(([start, genes]) => generate(start, genes));
const models = drafts.map((draft, k) => {
  const built = build(draft.source);
  return { draft, built, level: levels[k % levels.length]! };
});

describeValidity("shaders of random models", () =>
  models.map(
    ({ draft, built, level }) => [`-O${level} of ${draft.source}`, onGpu(built, level).program] as const,
  ),
);

describeOnDawn("on a device", (gpu) => {
  test.each(models.map((m, k) => ({ ...m, title: `random model ${k}, -O${m.level}` })))(
    "$title",
    async ({ draft, built, level }) => {
      const { made, program } = onGpu(built, level);
      for (const batch of [largestBatch, 3]) {
        const inputs = inputsOf(draft, batch, (count, place) => numbers(count, 13 * place + 98));
        const allowed = allowances(built, batch, inputs);
        const reference = new Model(built, { batch }, seed);
        const found = await disagreements(
          gpu(),
          made,
          program,
          reference,
          [inputs],
          (t) => allowed.get(t) ?? 0,
        );
        expect(found, draft.source).toEqual([]);
      }
    },
    60_000,
  );
});

/**
 * How far 32 bits may be off: a multiple of what happens when all parameters and inputs are moved by 10⁻⁶, which is much near
 * a kink, a jump or a cancellation.
 */
function allowances(built: Built, batch: number, inputs: Inputs): Map<Tensor, number> {
  const { program } = built;
  const results = [
    ...program.outputs.map((o) => o.tensor),
    ...program.metrics.map((m) => m.tensor),
    program.loss!,
    ...program.gradients,
    ...program.parameters,
    ...program.states,
  ];
  const run = (shift: number): Map<Tensor, Float64Array> => {
    const model = new Model(built, { batch }, seed);
    const moved = (values: ArrayLike<number>): number[] => {
      const noise = numbers(values.length, 31);
      return Array.from(values, (v, i) => v + shift * 1e-6 * noise[i]!);
    };
    for (const t of program.parameters) model.values.get(t)!.set(moved(model.of(t)));
    const floats = program.inputs.filter((t) => t.type === "f32");
    const own = { ...inputs, ...Object.fromEntries(floats.map((t) => [t.name, moved(inputs[t.name]!)])) };
    model.forward(own);
    const outputs = new Map(program.outputs.map((o) => [o.tensor, model.of(o.tensor).slice()]));
    model.pass(own);
    return new Map([...results.map((t) => [t, model.of(t).slice()] as const), ...outputs]);
  };
  const exact = run(0);
  const largest = new Map(results.map((t) => [t, 1e-2 + Math.max(0, ...exact.get(t)!.map(Math.abs))]));
  const found = new Map<Tensor, number>();
  for (const values of [1, -1, 2].map(run))
    for (const t of results) {
      const off = exact.get(t)!.map((v, i) => Math.abs(values.get(t)![i]! - v) / largest.get(t)!);
      found.set(t, Math.max(found.get(t) ?? 0, 50 * Math.max(0, ...off)));
    }
  return found;
}
