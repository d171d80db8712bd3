/** The text of modules for a GPU: their types, as a user's strict project checks them, and their layout. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as prettier from "prettier";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { levels } from "../../src/ir/kernel.ts";
import { digits, gpuModule } from "./host.ts";

const root = join(import.meta.dirname, "../..");

/** Every member that a class can have, dimensions of creation, and names that would be code if they were let. */
const whole = `optimizer tracked(lr = 0.1) {
  state average = parameter
  update average = average + 0.25 * (parameter - average)
  update parameter = parameter - lr * gradient
}
/// Ends here: */ \`\${1}\` /*
model Session {
  dim batch <= 4
  dim steps <= 3
  /// \`**/\` and \${globalThis.broken = 1}
  input submission: [batch, 2]
  input call: int[batch] < steps
  input keep: bool[batch]
  input class: []
  param C: [steps, 2] ~ normal(0, 1)
  Promise = dropout(submission, 0.5)
  let[b, i] = Promise[b, i] * C[call[b], i]
  floats = let |> linear(2) |> tanh
  values[b] = if keep[b] then floats[b, 0] * class else 0
  output floats
  output flags[b] = keep[b]
  metric count = sum(values)
  loss mean(floats^2) + mean(values)
  optimizer tracked()
}`;

const use = `import type { DeviceTensor, Session2Outputs } from "./whole.js";
import { Session2 as Model } from "./whole.js";
export async function train(device: GPUDevice): Promise<Uint8Array> {
  const model: Model = await Model.create({ device, seed: 1, steps: 3 });
  const inputs = { submission: [[1, 2]], call: [0], keep: [true], class: 1 };
  const losses: Promise<number>[] = [];
  for (let n = 0; n < 3; n++) losses.push(model.step(inputs));
  const all: Float32Array = await model.stepMany([inputs, inputs]);
  const first: number = (await losses[0]) + all[0] + (await model.accumulate(inputs, { upstream: 0.5 }));
  await model.update();
  const { floats, flags }: Session2Outputs = await model.forward(inputs);
  const weight: DeviceTensor<Float32Array> = model.parameters.floats.linear.W;
  await weight.write([first, floats[0], flags[0], model.metrics.count]);
  const values: Float32Array = await weight.read();
  const average: number = (await model.using("average", async () => model.evaluate(inputs))).loss;
  model.hyper.lr = average + values[0];
  const loaded = await Model.load(await model.save(), { device });
  const where: number | undefined = loaded.nonFiniteStep;
  console.log(where, loaded.stepCount, loaded.passCount, Model.shapes.inputs);
  // @ts-expect-error a dimension is missing
  await Model.create({ device });
  // @ts-expect-error a loss is a promise
  const wrong: number = model.step(inputs);
  loaded.destroy();
  console.log(wrong);
  return model.save();
}
`;

/** What a version says about these files, with the types of pages, and nothing of WebGPU but what is named. */
function complaints(
  version: string,
  files: Readonly<Record<string, string>>,
  types: readonly string[],
): string {
  const folder = mkdtempSync(join(tmpdir(), "nnc-types-"));
  try {
    const compilerOptions = {
      strict: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noImplicitReturns: true,
      noImplicitOverride: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: "es2022",
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["es2022", "dom"],
      types,
      typeRoots: [join(root, "node_modules")],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const tsc = join(root, "node_modules", version, "bin/tsc");
    return spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { encoding: "utf8" }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  ["typescript", []],
  ["typescript-7", []],
  ["typescript-5.9", ["@webgpu/types"]],
] as const)(
  "%s has nothing to say, strictly",
  async (version, types) => {
    const { code } = await gpuModule(whole, 1, "typescript");
    const { declaration } = await gpuModule(whole, 1, "javascript");
    const files = {
      "whole.ts": code,
      "use.ts": use,
      "declared.d.ts": declaration!,
      "use-declared.ts": use.replaceAll("./whole.js", "./declared.js"),
    };
    expect(complaints(version, files, types)).toBe("");
  },
  120_000,
);

/** The code alone: no types, comments and layout. */
function statements(code: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    removeComments: true,
  };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  return outputText.replace(/\s+/g, "").replace(/,(?=[)\]}])/g, "");
}

describe.each(levels)("at level %i", (level) => {
  test.each([digits, whole])(
    "JavaScript is TypeScript without its types, and prettier leaves both",
    async (source) => {
      const typescript = await gpuModule(source, level, "typescript");
      const javascript = await gpuModule(source, level, "javascript");
      const format = (code: string, parser: string): Promise<string> =>
        prettier.format(code, { parser, printWidth: 100 });
      expect(await format(typescript.code, "typescript")).toBe(typescript.code);
      expect(await format(javascript.code, "babel")).toBe(javascript.code);
      expect(await format(javascript.declaration!, "typescript")).toBe(javascript.declaration);
      expect(statements(javascript.code)).toBe(statements(typescript.code));
    },
  );
});

test("nothing of the source becomes code", async () => {
  const file = "a`${globalThis.broken = 1}`.nn";
  const { outputs } = await compile(whole, { file, target: "webgpu", language: "javascript" });
  const { text } = outputs.find((o) => o.kind === "module")!;
  // In the comments of shaders, which are template strings.
  expect(text).toContain("// a\\`\\${globalThis.broken = 1}\\`.nn:");
  await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
  expect("broken" in globalThis).toBe(false);
});
