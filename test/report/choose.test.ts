import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Choice } from "../../src/report/choose.ts";
import { chooseTarget } from "../../src/report/choose.ts";
import { graphsOf } from "../schedule/run.ts";

const model = (hidden: number): string => `model M {
  dim batch <= 4
  input x: [batch, 2]
  input t: [batch, 1]
  output y = x |> linear(${hidden}) |> relu |> linear(1)
  loss mse(y, t)
  optimizer sgd(lr = 0.5)
}`;

const choiceOf = (hidden: number): Choice => chooseTarget(graphsOf(model(hidden)).graphs);

describe("the target is chosen", () => {
  test("TypeScript where a step is tiny, and WebAssembly where it is not", () => {
    expect(choiceOf(8).target).toBe("typescript");
    expect(choiceOf(4096).target).toBe("wasm");
  });

  test("at the size from which WebAssembly saves a microsecond", () => {
    const saved = ({ seconds }: Choice): number => seconds.typescript - seconds.wasm;
    let [small, large] = [8, 4096];
    while (large - small > 1) {
      const middle = (small + large) >> 1;
      if (choiceOf(middle).target === "wasm") large = middle;
      else small = middle;
    }
    expect(saved(choiceOf(small))).toBeLessThanOrEqual(1e-6);
    expect(saved(choiceOf(large))).toBeGreaterThan(1e-6);
  });

  test("with a reason, which stands in the module as well", async () => {
    const { outputs, choice } = await compile(model(4096), { target: "auto", level: 2 });
    expect(choice?.reason).toMatch(
      /^a step is \d+ kFLOP; TypeScript would take about \d+ µs, WebAssembly \d+ µs; too small for a GPU$/,
    );
    const [module] = outputs;
    expect(module?.text.split("\n")[1]).toBe(`// Target wasm: ${choice?.reason}.`);
    expect(module?.text).toContain("WebAssembly");
  });

  test("though it is slower, with a word on why", () => {
    const slower = choiceOf(40);
    expect(slower.target).toBe("typescript");
    expect(slower.seconds.wasm).toBeLessThan(slower.seconds.typescript);
    expect(slower.reason).toMatch(
      /µs: too little to save for code that cannot be read; too small for a GPU$/,
    );
  });

  test("on a processor always, but of a large model it is said that a GPU is faster", () => {
    const text = `model M {
  dim batch <= 256
  input x: [batch, 1024]
  input t: [batch, 1024]
  loss mse(x |> linear(1024) |> relu |> linear(1024), t)
  optimizer sgd(lr = 0.5)
}`;
    const { target, reason } = chooseTarget(graphsOf(text).graphs);
    expect(target).toBe("wasm");
    expect(reason).toMatch(/; a GPU may take .* ms: --target webgpu, whose methods are promises$/);
  });

  test("as TypeScript where the memory of WebAssembly is too small, which is the reason", async () => {
    const text = `model M {
  dim batch <= 3000000
  input x: [batch, 512]
  output y = x |> linear(4) |> relu
}`;
    const { choice, outputs, diagnostics } = await compile(text, { target: "auto", level: 2 });
    expect(diagnostics).toEqual([]);
    expect(choice?.target).toBe("typescript");
    expect(choice?.seconds.wasm).toBeLessThan(choice!.seconds.typescript);
    expect(choice?.reason).toMatch(
      /TypeScript .* s: the model needs 5\.\d GiB of memory, and WebAssembly has 4; /,
    );
    expect(outputs[0]?.text).toContain(`// Target typescript: ${choice?.reason}.`);
    const asked = await compile(text, { target: "wasm", level: 2 });
    expect(asked.diagnostics.map((d) => d.code)).toEqual(["NN4001"]);
    expect(asked.outputs).toEqual([]);
  });

  test("by what forward computes, where there is no loss", async () => {
    const text = "model F { input x: [4]\n output y = relu(x) }";
    const { choice } = await compile(text, { target: "auto", level: 2 });
    expect(choice).toMatchObject({ target: "typescript", of: "forward", operations: 4 });
  });
});

test("nothing is chosen where the target is given", async () => {
  const { choice, outputs } = await compile(model(8), { level: 2 });
  expect(choice).toBeUndefined();
  expect(outputs[0]?.text).not.toContain("WebAssembly.");
});
