/** Several models in one file: each is a class of the module, and computes what it would compute alone. */
import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../src/index.ts";
import { check, compile, explain, exportOnnx, graph } from "../../src/index.ts";
import { keepModels } from "../../src/plugin/keep-models.ts";
import type { Hot, ModelClass } from "../../src/plugin/keep-models.ts";
import type { AnyClass, AnyModel } from "./load.ts";
import { importCode } from "./load.ts";

const layers = "layer twice(x: [...s]) -> [...s] { return x * 2 }\n";
const first = `model First(hidden: int = 3) {
  dim batch <= 4
  input x: [batch, 2]
  input t: int[batch] < hidden
  y = x |> linear(hidden) |> twice()
  output Second = y
  loss cross_entropy(y, t)
  optimizer sgd(lr = 0.1)
}
`;
/** Its names are those of the other: definitions, dimensions, kernels. */
const second = `/// The other one.
model Second(width: int = 5) {
  dim batch <= 4
  dim rows <= 9
  input x: [batch, rows]
  input t: int[batch] < width
  y[i, k < 2] = (mean[j] x[i, j]) * (k + 1) + random()
  h = y |> linear(width) |> tanh |> twice()
  output h
  loss cross_entropy(h, t)
  optimizer adam(lr = 0.1)
}
`;
const both = `${layers}${first}\n${second}`;

const inputs = {
  First: { x: [1, 2, 3, 4], t: [0, 2] },
  Second: { x: [1, 2, 3, 4, 5, 6], t: [4, 1] },
};
const create = { First: { seed: 3 }, Second: { seed: 3, rows: 3 } };
type Name = keyof typeof inputs;

async function classes(source: string, options: CompileOptions): Promise<Record<string, AnyClass>> {
  const { outputs, diagnostics } = await compile(source, { ...options, language: "javascript" });
  expect(diagnostics).toEqual([]);
  return importCode(outputs[0]!.text);
}

function losses(model: AnyModel, name: Name): number[] {
  return [1, 2, 3].map(() => model.step(inputs[name]));
}

describe("several models in one file", () => {
  test.each([
    ["typescript", 0],
    ["typescript", 2],
    ["wasm", 2],
    ["auto", 2],
  ] as const)("train as each alone: %s, level %d", async (target, level) => {
    const together = await classes(both, { target, level });
    expect(Object.keys(together).toSorted()).toEqual(["First", "Second"]);
    for (const name of ["First", "Second"] as const) {
      const alone = await classes(both, { target, level, model: name });
      expect(Object.keys(alone)).toEqual([name]);
      const models = [together, alone].map((module) => module[name]!.create(create[name]));
      const [one, other] = models.map((model) => losses(model, name));
      expect(one).toEqual(other);
      expect(one![2]).toBeLessThan(one![0]!);
      expect(models[0]!.save()).toEqual(models[1]!.save());
    }
  });

  test("share helpers, and have kernels and types of their own", async () => {
    const { outputs, models } = await compile(both, { target: "webgpu", language: "javascript" });
    expect(models.map((m) => m.name)).toEqual(["First", "Second"]);
    const text = (kind: string): string => outputs.find((o) => o.kind === kind)!.text;
    for (const code of [text("module"), text("declaration")]) {
      const declared = [
        ...code.matchAll(
          /^(?:export )?(?:declare )?(?:async )?(?:class|function|interface|type|const|let) ([\w$]+)/gm,
        ),
      ].map((m) => m[1]!);
      expect(declared.filter((name, i) => declared.indexOf(name) !== i)).toEqual([]);
    }
    expect(outputs.filter((o) => o.kind === "text")).toHaveLength(2);
    const sources = (JSON.parse(text("map")) as { sources: string[] }).sources;
    expect(sources).toContain("model.nn");
  });

  test("sizes and counts belong to whichever has them; what none has is told once", async () => {
    const { models } = await compile(both, { sizes: { width: 7 }, report: { at: { rows: 3 } } });
    expect(models.map(({ report }) => report!.dimensions.map((d) => d.count))).toEqual([[4], [4, 3]]);
    expect(models[1]!.graphs.program.parameters.map((p) => p.shape.at(-1)!.constant)).toContain(7);
    const wrong = check(both, { sizes: { widths: 7 } }).diagnostics;
    expect(wrong.map((d) => [d.code, d.help])).toEqual([["NN2030", "did you mean `width`?"]]);
    const unknown = await compile(both, { report: { at: { lines: 3 } } });
    expect(unknown.diagnostics.map((d) => d.code)).toEqual(["NN2024"]);
  });

  test("mistakes of all are found, those of a shared layer once", () => {
    const { diagnostics } = check(both.replace("x * 2", "z * 2").replace("|> tanh", "|> tahn"));
    expect(diagnostics.map((d) => d.message).toSorted()).toEqual([
      "`tahn` is not defined",
      "`z` is not defined",
    ]);
  });

  test("what looks at one model asks which", () => {
    const several = [graph(both).diagnostics, explain(both).diagnostics, exportOnnx(both).diagnostics];
    for (const diagnostics of several) {
      expect(diagnostics.map((d) => d.message)).toEqual(["this file has several models: `First`, `Second`"]);
    }
    expect(graph(both, { model: "Second" }).diagnostics).toEqual([]);
  });

  test.each([
    [first + first, "`First` is already defined"],
    [
      first + second.replace("Second", "FirstOutputs"),
      "`First` and `FirstOutputs` would both export `FirstOutputs`",
    ],
    [first.replace("First", "M²") + second.replace("Second", "M2"), "`M²` and `M2` would both export `M2`"],
  ])("names that clash are a mistake: %#", (source, message) => {
    expect(check(layers + source).diagnostics.map((d) => d.message)).toContain(message);
  });

  test("go on as one is edited", async () => {
    const events: unknown[] = [];
    const page = { dispatchEvent: (event: Event) => events.push((event as CustomEvent).detail) > 0 };
    const hot: Hot = { data: {}, invalidate: (message) => events.push(message) };
    const version = async (source: string): Promise<Record<string, ModelClass>> =>
      (await classes(source, {})) as unknown as Record<string, ModelClass>;
    const before = await version(both);
    const replace = keepModels(hot, "both.nn", before, page);
    const models = (["First", "Second"] as const).map((name) => before[name]!.create(create[name]));
    const steps = models.map((model, i) =>
      losses(model as unknown as AnyModel, i === 0 ? "First" : "Second"),
    );
    expect(steps.flat().every(Number.isFinite)).toBe(true);
    replace(await version(both.replace("|> tanh", "|> sigmoid")));
    expect(events).toEqual([
      { file: "both.nn", model: "First", kept: 2, fresh: [] },
      { file: "both.nn", model: "Second", kept: 2, fresh: [] },
    ]);
    expect(models.map((m) => m.stepCount)).toEqual([3, 3]);
  });
});
