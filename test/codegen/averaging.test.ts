/** `using`: averaged weights in the places of the parameters; and the types of all methods that train. */
import { levels } from "../../src/ir/kernel.ts";
import * as prettier from "prettier";
import { describe, expect, test } from "vitest";
import { schedule } from "../../src/passes/schedule.ts";
import { at, emit } from "./load.ts";
import { graphsOf } from "./programs.ts";
import { averaged, bits, load, noisy, parametersOf, plain, weights, whole } from "./training.ts";
import { complaints } from "./typescript.ts";

describe.each(levels)("averaged weights, level %i", (level) => {
  test("are in place while `using` runs, and the others afterwards", async () => {
    const model = (await load(averaged, level)).create({ seed: 3 });
    for (let turn = 0; turn < 4; turn++) model.step(whole);
    const own = parametersOf(model);
    const before = bits(model);
    for (const name of ["average", "slow"]) {
      const average = weights.flatMap((path) => [...at(model.states, `${path}.tracked.${name}`)]);
      expect(average).not.toEqual(own);
      const loss = model.using(name, () => {
        expect(parametersOf(model)).toEqual(average);
        return model.evaluate(whole)["loss"];
      });
      expect(loss).not.toBe(model.evaluate(whole)["loss"]);
      expect(parametersOf(model)).toEqual(own);
    }
    expect(bits(model)).toBe(before);
  });

  test("come back after an error, and nothing is trained meanwhile", async () => {
    const model = (await load(averaged, level)).create({ seed: 3 });
    model.step(whole);
    const before = bits(model);
    const attempts: [string, () => unknown][] = [
      ["step", () => model.step(whole)],
      ["accumulate", () => model.accumulate(whole)],
      ["update", () => model.update()],
      ["using", () => model.using("slow", () => 0)],
    ];
    for (const [name, attempt] of attempts) {
      expect(() => model.using("average", attempt)).toThrow(
        new Error(`Averaged: ${name} can't be called within using`),
      );
      expect(bits(model)).toBe(before);
    }
    expect(() => model.using("mean", () => 0)).toThrow(
      new RangeError("Averaged: using takes one of: average, slow"),
    );
    expect(model.using("average", () => model.backward(whole))).toBeGreaterThan(0);
    expect(bits(model)).toBe(before);
    expect(model.step(whole)).toBeGreaterThan(0);
  });
});

const use = `
  const model: Averaged = Averaged.create();
  const inputs = { x: [1, 2, 3], y: [0, 1] };
  const loss: number = model.accumulate(inputs, { upstream: 1 / 4 });
  model.update();
  const z: Float32Array = model.using("average", () => model.forward({ x: inputs.x }).z);
  const text: string = model.using("slow", () => "text");
  // @ts-expect-error: no such state
  model.using("mean", () => loss + z.length + text.length);
  // @ts-expect-error: inputs are missing
  model.accumulate();
  // @ts-expect-error: it takes what stands in \`gradients\`
  model.update(inputs);`;

test.each(["6", "5.9"] as const)("TypeScript %s has nothing to say, strictly", (version) => {
  const files: Record<string, string> = {};
  for (const level of levels) {
    for (const [name, source] of Object.entries({ plain, noisy, averaged })) {
      const { graphs, context } = graphsOf(source);
      const scheduled = schedule(graphs, level, context);
      files[`${name}${level}.ts`] = emit(scheduled, context, "typescript").code;
      files[`${name}${level}j.d.ts`] = emit(scheduled, context, "javascript").declaration!;
    }
    for (const kind of ["", "j"])
      files[`use${level}${kind}.ts`] = `import { Averaged } from "./averaged${level}${kind}.js";\n${use}`;
  }
  expect(complaints(version, files)).toEqual([]);
});

test.each(Object.entries({ noisy, averaged }))(
  "prettier leaves the module %s as it is",
  async (_, source) => {
    const { graphs, context } = graphsOf(source);
    for (const language of ["typescript", "javascript"] as const) {
      const { code, declaration } = emit(schedule(graphs, 1, context), context, language);
      const parser = language === "typescript" ? "typescript" : "babel";
      expect(await prettier.format(code, { parser, printWidth: 100 })).toBe(code);
      if (declaration === undefined) continue;
      expect(await prettier.format(declaration, { parser: "typescript", printWidth: 100 })).toBe(declaration);
    }
  },
);
