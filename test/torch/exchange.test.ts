/** Weights from PyTorch into a module, and what the module learned back into PyTorch, as safetensors. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { AnyClass, AnyModel } from "../codegen/load.ts";
import { importCode } from "../codegen/load.ts";

const folder = join(import.meta.dirname, "exchange");
const recorded = JSON.parse(readFileSync(join(folder, "recorded.json"), "utf8")) as {
  readonly image: number[];
  readonly label: number[];
  readonly before: number[];
  readonly after: number[];
};
const batch = { image: Float32Array.from(recorded.image), label: Int32Array.from(recorded.label) };
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

async function load(
  target: "typescript" | "wasm",
  optimizer = "sgd(lr = 0.1)",
  declared = "",
): Promise<AnyClass> {
  const network = readFileSync(join(folder, "network.nn"), "utf8");
  const source = declared + network.replace("sgd(lr = 0.1)", optimizer);
  const { outputs, diagnostics } = await compile(source, { target, level: 2, language: "javascript" });
  expect(diagnostics).toEqual([]);
  return (await importCode(outputs.find((o) => o.kind === "module")!.text))["Network"]!;
}

function expectLogits(model: AnyModel, expected: readonly number[]): void {
  const logits = model.forward(batch)["logits"] as Float32Array;
  expect(logits).toHaveLength(expected.length);
  expected.forEach((value, n) => expect(logits[n]).toBeCloseTo(value, 5));
}

describe.each(["typescript", "wasm"] as const)("%s", (target) => {
  test("a module computes and learns with weights of PyTorch what PyTorch does", async () => {
    const model = (await load(target)).load(read("from-torch.safetensors"));
    expectLogits(model, recorded.before);
    for (let n = 0; n < 3; n++) model.step(batch);
    expectLogits(model, recorded.after);
    const learned = join(folder, "from-nnc.safetensors");
    if (!existsSync(learned)) writeFileSync(learned, model.save());
  });

  test("the file that scripts/record-exchange.py read with PyTorch is what a module saves", async () => {
    const model = (await load(target)).load(read("from-nnc.safetensors"));
    expect(model.stepCount).toBe(3);
    expectLogits(model, recorded.after);
  });

  test("weights alone: the optimizer begins anew", async () => {
    const Network = await load(target, "adam(lr = 0.001)");
    const model = Network.load(read("from-torch.safetensors"));
    expect(model.stepCount).toBe(0);
    expectLogits(model, recorded.before);
    const first = model.step(batch);
    expect(Number.isFinite(first)).toBe(true);
    // What counts steps must be whole.
    expect(() => Network.load(read("from-nnc.safetensors"))).toThrow(/tensor "\S+" is missing/);
  });

  test("averages of weights alone start at them", async () => {
    const averaging = `optimizer averaging() {
  state average = parameter
  update average = 0.9 * average + 0.1 * parameter
  update parameter = parameter - 0.1 * gradient
}
`;
    const Network = await load(target, "averaging()", averaging);
    const model = Network.load(read("from-torch.safetensors"));
    model.using("average", () => expectLogits(model, recorded.before));
  });
});
