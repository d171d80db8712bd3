/** Models as programs for a GPU, and whether two implementations take the shaders. */
import { describe, expect, test } from "vitest";
import type { GpuProgram, Shader } from "../../src/codegen/webgpu/program.ts";
import { gpuProgram } from "../../src/codegen/webgpu/program.ts";
import { printShader } from "../../src/codegen/webgpu/shader.ts";
import type { Level, Schedule } from "../../src/ir/kernel.ts";
import { anyDevice } from "../../src/passes/dispatch/cost.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { complaints, describeOnDawn } from "../support/dawn.ts";
import type { Built } from "../support/model.ts";
import { describeOnNaga } from "../support/naga.ts";

/** The levels at which every kernel can be printed. */
export const levels: readonly Level[] = [0, 1, 2];

export interface OnGpu {
  readonly made: Schedule;
  readonly program: GpuProgram;
}

/** The models are small: their cells are computed as vectors all the same, where they can be. */
const device = { ...anyDevice, fewestInVectors: 1 };

export function onGpu({ graphs, context }: Built, level: Level): OnGpu {
  const made = schedule(graphs, level, context, { machine: "gpu", device });
  return { made, program: gpuProgram(made, context, printShader) };
}

/** Tests that all of these shaders are valid; equal ones are looked at once. */
export function describeValidity(
  name: string,
  programs: () => readonly (readonly [string, GpuProgram])[],
): void {
  let distinct: readonly (readonly [string, Shader])[] | undefined;
  const shaders = (): readonly (readonly [string, Shader])[] => {
    if (distinct) return distinct;
    const all = programs().flatMap(([title, { shaders }]) => shaders.map((s) => [title, s] as const));
    return (distinct ??= [...new Map(all.map((entry) => [entry[1].text, entry])).values()]);
  };
  const report = (found: readonly (string | null)[]): string[] =>
    shaders().flatMap(([title, { name, text }], k) =>
      found[k] === null ? [] : [`${title}, ${name}: ${found[k]}\n${text}`],
    );
  describe(name, () => {
    test("there are shaders", () => expect(shaders().length).toBeGreaterThan(10), 300_000);
    describeOnDawn("dawn", (gpu) => {
      test("takes every shader", async () => {
        const texts = shaders().map(([, { text }]) => text);
        expect(report(await complaints(gpu(), texts)).slice(0, 5)).toEqual([]);
      }, 300_000);
    });
    describeOnNaga("naga", (naga) => {
      test("takes every shader", async () => {
        const candidates = shaders().map(([, { text }]) => ({ text }));
        expect(report(await naga(candidates)).slice(0, 5)).toEqual([]);
      }, 300_000);
    });
  });
}
