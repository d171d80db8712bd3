/**
 * WGSL as it is executed beside the interpreter: models of every kind, all examples, and what a GPU may get wrong, at every
 * level, over steps with full and ragged batches.
 */
import { describe, expect, test } from "vitest";
import type { Level } from "../../src/ir/kernel.ts";
import { levels } from "./gpu.ts";
import type { Program } from "../../src/ir/types.ts";
import { describeOnDawn } from "../support/dawn.ts";
import type { Built } from "../support/model.ts";
import { build, Model } from "../support/model.ts";
import { drawInputs } from "../wasm/compare.ts";
import type { Inputs } from "./agreement.ts";
import { disagreements } from "./agreement.ts";
import type { OnGpu } from "./gpu.ts";
import { describeValidity, onGpu } from "./gpu.ts";
import type { Odd } from "./odd-values.ts";
import { odd } from "./odd.ts";
import { buildSource, executed } from "./sources.ts";

interface Case extends Omit<Odd, "source"> {
  readonly name: string;
  readonly build: () => Built;
}

const cases: readonly Case[] = [
  ...executed.map((source) => ({ name: source.name, build: () => buildSource(source) })),
  ...Object.entries(odd).map(([name, { source, ...more }]) => ({
    name,
    build: () => build(source),
    ...more,
  })),
];

/** Compiled when the first test asks. */
class Compiled {
  private built: Built | undefined;
  private readonly made = new Map<Level, OnGpu>();

  constructor(readonly given: Case) {}

  get model(): Built {
    return (this.built ??= this.given.build());
  }

  at(level: Level): OnGpu {
    const known = this.made.get(level) ?? onGpu(this.model, level);
    this.made.set(level, known);
    return known;
  }
}

const compiled = cases.map((c) => new Compiled(c));

describeValidity("shaders of the models", () =>
  compiled.flatMap((c) =>
    levels.map((level) => [`${c.given.name} -O${level}`, c.at(level).program] as const),
  ),
);

/** A full batch, the smallest, and one between. */
const usual = ({ dims }: Program, name: string): Record<string, number>[] => {
  // The variance of one row is 0, and what is divided by it is noise.
  const fewest = name === "normalised" ? 2 : 1;
  const varying = dims.filter((d) => d.varies !== "create");
  return [
    (d: { maximum: number }): number => Math.min(d.maximum, 9),
    (d: { minimum: number }): number => Math.max(d.minimum, fewest),
    (d: { minimum: number; maximum: number }): number => Math.max(d.minimum, Math.min(d.maximum - 1, 5)),
  ].map((count) => Object.fromEntries(varying.map((d) => [d.name, count(d)])));
};

describeOnDawn("on a device", (gpu) => {
  describe.each(compiled)("$given.name", (c) => {
    test.each(levels)(
      "-O%i computes what the interpreter does",
      async (level) => {
        const { name, create = {}, given = (inputs: Inputs) => inputs } = c.given;
        const { program } = c.model;
        const counts = c.given.counts ?? usual(program, name);
        const { made, program: shaders } = c.at(level);
        const sizes = Object.fromEntries(
          program.dims.filter((d) => d.varies === "create").map((d) => [d.name, Math.min(3, d.maximum)]),
        );
        for (const [k, count] of counts.entries()) {
          const reference = new Model(c.model, { ...sizes, ...create, ...count }, 7);
          const drawn = drawInputs(program, reference.dims, k + 1);
          const inputs = Object.fromEntries(
            Object.entries(drawn).map(([n, v]) => [n, typeof v === "number" ? [v] : v]),
          );
          expect(await disagreements(gpu(), made, shaders, reference, [given(inputs)])).toEqual([]);
        }
      },
      60_000,
    );
  });
});
