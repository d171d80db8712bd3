/**
 * Every documented example of the library in WGSL: all shaders are valid, at every level, and what they compute is what the
 * interpreter does: values, gradients, two steps of training. Each example is executed at one level, which another run may
 * choose: `LEVEL=0 npx vitest run test/webgpu/library.test.ts`.
 */
import { describe, expect, test } from "vitest";
import { declarationsOf } from "../../scripts/library/documentation.ts";
import type { Level } from "../../src/ir/kernel.ts";
import { levels } from "./gpu.ts";
import { library } from "../../src/std/index.ts";
import { atRandomPoint, modelsOf } from "../library/check.ts";
import { describeOnDawn } from "../support/dawn.ts";
import type { Built } from "../support/model.ts";
import { build } from "../support/model.ts";
import { disagreements } from "./agreement.ts";
import type { OnGpu } from "./gpu.ts";
import { describeValidity, onGpu } from "./gpu.ts";

interface Example {
  readonly title: string;
  readonly built: Built;
  readonly level: Level;
}

const seed = 5;
const chosen = process.env.LEVEL;
const examples: readonly Example[] = declarationsOf(library)
  .flatMap(({ file, name, example }) =>
    example === undefined ? [] : modelsOf(example).map((source) => ({ name, file, source })),
  )
  .map(({ name, file, source }, k) => ({
    title: `${name} (${file})`,
    built: build(source),
    level: levels[chosen === undefined ? (k + 1) % levels.length : Number(chosen)]!,
  }));

const made = new Map<string, OnGpu>();
function programOf(example: Example, level: Level): OnGpu {
  const key = `${examples.indexOf(example)} at ${level}`;
  const found = made.get(key) ?? onGpu(example.built, level);
  made.set(key, found);
  return found;
}

describeValidity("shaders of the library", () =>
  examples.flatMap((e) =>
    levels.map((level) => [`${e.title} -O${level}`, programOf(e, level).program] as const),
  ),
);

describeOnDawn("on a device", (gpu) => {
  describe.each(examples)("$title", (example) => {
    test(`computes and learns what the interpreter does at -O${example.level}`, async () => {
      const { made, program } = programOf(example, example.level);
      const { model, given } = atRandomPoint(example.built, seed);
      expect(await disagreements(gpu(), made, program, model, [given, given])).toEqual([]);
    }, 60_000);
  });
});
