import type { Level } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import * as prettier from "prettier";
import { describe, expect, test } from "vitest";
import type { NumericArray } from "../../src/ir/interpreter.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { Dim, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { AnyModel } from "./load.ts";
import { at, emit, importCode } from "./load.ts";
import { complaints, transpile } from "./typescript.ts";
import { xor } from "./xor.ts";

const batchOf = { x: [0, 0, 0, 1, 1, 0, 1, 1], y: [0, 1, 1, 0] };

async function load(level: Level = 0, language: "typescript" | "javascript" = "javascript") {
  const sample = xor();
  const scheduled = schedule(sample.graphs, level, sample.context);
  const { code } = emit(scheduled, sample.context, language);
  const { Xor } = await importCode(language === "typescript" ? transpile(code) : code);
  return { ...sample, scheduled, Xor: Xor! };
}

/** What the graphs mean, with the parameters and states that the model has now. */
function meaning(
  sample: ReturnType<typeof xor>,
  model: AnyModel,
  graph: "forward" | "evaluate" | "backward" | "update",
) {
  const { program } = sample.graphs;
  const values = new Map<Tensor, NumericArray>();
  const [x, y] = program.inputs as [Tensor, Tensor];
  values.set(x, Float64Array.from(batchOf.x)).set(y, Float64Array.from(batchOf.y));
  for (const t of program.parameters) values.set(t, Float64Array.from(at(model.parameters, t.name)));
  for (const t of program.optimizerStates) values.set(t, Float64Array.from(at(model.states, t.name)));
  values.set(program.hypers[0]!, Float64Array.of(model.hyper["lr"]!));
  const environment = { dims: new Map<Dim, number>([[sample.batch, 4]]), values };
  interpret(sample.graphs[graph === "update" ? "backward" : graph], environment);
  if (graph === "update") interpret(sample.graphs.update, environment);
  return values;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 5);
}

describe.each(levels)("a module at level %i computes what its graphs mean", (level) => {
  test("starting values, outputs, loss, metrics, gradients and updates", async () => {
    const sample = await load(level);
    const { program } = sample.graphs;
    const model = sample.Xor.create({ seed: 7 });
    const start = new Map<Tensor, NumericArray>();
    start.set(program.builtins.seed, Float64Array.of(7));
    interpret(sample.graphs.initialise, { dims: new Map(), values: start });
    for (const t of program.parameters) {
      expect([...at(model.parameters, t.name)]).toEqual([...Float32Array.from(start.get(t)!)]);
    }
    for (let turn = 0; turn < 3; turn++) {
      expectClose(
        model.forward({ x: batchOf.x })["p"] as Float32Array,
        meaning(sample, model, "forward").get(program.outputs[0]!.tensor)!,
      );
      const expected = meaning(sample, model, "backward");
      const loss = expected.get(program.loss!)![0]!;
      const spread = expected.get(program.metrics[0]!.tensor)![0]!;
      const evaluation = model.evaluate(batchOf);
      expect(evaluation["loss"]).toBeCloseTo(loss, 6);
      expect(evaluation["spread"]).toBeCloseTo(spread, 6);
      expect(model.backward(batchOf)).toBeCloseTo(loss, 6);
      expect(model.metrics["spread"]).toBeCloseTo(spread, 6);
      program.parameters.forEach((t, i) =>
        expectClose(at(model.gradients, t.name), expected.get(program.gradients[i]!)!),
      );
      const updated = meaning(sample, model, "update");
      expect(model.step(batchOf)).toBeCloseTo(loss, 6);
      for (const t of program.parameters) expectClose(at(model.parameters, t.name), updated.get(t)!);
      for (const t of program.optimizerStates) expectClose(at(model.states, t.name), updated.get(t)!);
      expect(model.stepCount).toBe(turn + 1);
    }
  });

  test("JavaScript does the same as TypeScript", async () => {
    const [ts, js] = [await load(level, "typescript"), await load(level)];
    const [a, b] = [ts.Xor.create(), js.Xor.create()];
    expect([a.step(batchOf), a.step(batchOf)]).toEqual([b.step(batchOf), b.step(batchOf)]);
    expect(a.save()).toEqual(b.save());
  });

  test.each(["typescript", "javascript"] as const)("prettier leaves %s as it is", async (language) => {
    const sample = xor();
    const formatted = emit(schedule(sample.graphs, level, sample.context), sample.context, language);
    const parser = language === "typescript" ? "typescript" : "babel";
    expect(await prettier.format(formatted.code, { parser, printWidth: 100 })).toBe(formatted.code);
    if (!formatted.declaration) return;
    expect(await prettier.format(formatted.declaration, { parser: "typescript", printWidth: 100 })).toBe(
      formatted.declaration,
    );
  });
});

test.each(["6", "5.9"] as const)("TypeScript %s has nothing to say, strictly", (version) => {
  const sample = xor();
  const files: Record<string, string> = {};
  const use = `
    const model: Xor = Xor.create({ seed: 1 });
    const inputs: XorInputs = { x: [[0, 1], new Float32Array(2)] };
    const p: Float32Array = model.forward(inputs).p;
    const loss: number = model.step({ x: Float32Array.of(0, 1), y: [0] });
    model.hyper.lr = loss + p[0] + model.parameters.h.linear.W[0] + model.metrics.spread;
    // @ts-expect-error: y is missing
    model.step({ x: [0, 1] });
    // @ts-expect-error: views can't be replaced
    model.parameters.h.linear.W = p;
    // @ts-expect-error: a string is no input
    model.forward({ x: "01" });`;
  for (const level of levels) {
    const scheduled = schedule(sample.graphs, level, sample.context);
    files[`t${level}.ts`] = emit(scheduled, sample.context, "typescript").code;
    files[`j${level}.d.ts`] = emit(scheduled, sample.context, "javascript").declaration!;
    for (const kind of ["t", "j"])
      files[`use-${kind}${level}.ts`] = `import { Xor, type XorInputs } from "./${kind}${level}.js";${use}`;
  }
  expect(complaints(version, files)).toEqual([]);
});

describe("training", () => {
  test("learns exclusive or", async () => {
    const { Xor } = await load();
    const model = Xor.create({ seed: 3 });
    for (let i = 0; i < 2000; i++) model.step(batchOf);
    expect(model.evaluate(batchOf)["loss"]).toBeLessThan(0.01);
    const rounded = [...(model.forward({ x: batchOf.x })["p"] as Float32Array)].map(Math.round);
    expect(rounded).toEqual(batchOf.y);
  });

  test("the upstream gradient scales the gradients and not the loss", async () => {
    const { Xor } = await load();
    const model = Xor.create();
    const loss = model.backward(batchOf);
    const before = [...at(model.gradients, "h.linear.W")];
    expect(model.backward(batchOf, { upstream: -2 })).toBe(loss);
    expect([...at(model.gradients, "h.linear.W")]).toEqual(before.map((g) => Math.fround(-2 * g)));
    expect(model.stepCount).toBe(0);
  });

  test("a view of the model's own memory may be an input", async () => {
    const { Xor } = await load();
    const [a, b] = [Xor.create(), Xor.create()];
    const p = a.forward({ x: [...batchOf.x] })["p"] as Float32Array;
    const copy = b.forward({ x: batchOf.x })["p"] as Float32Array;
    expect([...(a.forward({ x: p })["p"] as Float32Array)]).toEqual([
      ...(b.forward({ x: Float32Array.from(copy) })["p"] as Float32Array),
    ]);
  });

  test("nothing is allocated in the code that a step runs", () => {
    const sample = xor();
    const { code } = emit(schedule(sample.graphs, 0, sample.context), sample.context, "javascript");
    const training = code.slice(code.indexOf("  step("), code.indexOf("  forward("));
    // The one block that is taken later, for the sums of `accumulate`.
    const methods = training.replace("(this.#sums ??= new Float32Array(gradients.length))", "");
    expect(methods).not.toBe(training);
    const kernels = code.slice(code.indexOf("--- forward"), code.indexOf("--- memory"));
    const privates = code.slice(code.indexOf("  #runBackward"), code.indexOf("  #stored"));
    for (const part of [methods, kernels, privates]) {
      expect(part.length).toBeGreaterThan(100);
      expect(part).not.toMatch(/\bnew\b|=>|= \[|= \{|\(\[|\(\{|\.(map|slice|subarray|from)\(/);
    }
  });
});

test("a module imports nothing and evaluates no text", () => {
  const sample = xor();
  for (const language of ["typescript", "javascript"] as const) {
    const { code } = emit(schedule(sample.graphs, 1, sample.context), sample.context, language);
    expect(code).not.toMatch(/\bimport\b|\brequire\b|\beval\b|\bFunction\b|console/);
    expect(
      code.startsWith("// Code generated by nnc 0.0.0 from sample.nn (sha256:0123). DO NOT EDIT.\n"),
    ).toBe(true);
  }
});

describe("saving", () => {
  test("training goes on bit for bit", async () => {
    const { Xor } = await load();
    const model = Xor.create({ seed: 5 });
    for (let i = 0; i < 5; i++) model.step(batchOf);
    model.hyper["lr"] = 0.1;
    const again = Xor.load(model.save());
    expect([again.stepCount, again.seed, again.hyper["lr"]]).toEqual([5, 5, 0.1]);
    for (let i = 0; i < 5; i++) expect(again.step(batchOf)).toBe(model.step(batchOf));
    expect(again.save()).toEqual(model.save());
  });

  test("the bytes are safetensors", async () => {
    const { Xor } = await load();
    const model = Xor.create();
    const bytes = model.save();
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    expect(header["h.linear.W"]).toEqual({ dtype: "F32", shape: [2, 3], data_offsets: [0, 24] });
    expect(header["__metadata__"]).toEqual({ model: "Xor", step: "0", seed: "0", "hyper.lr": "0.5" });
    const first = new DataView(bytes.buffer, 8 + length).getFloat32(0, true);
    expect(first).toBe(at(model.parameters, "h.linear.W")[0]);
  });

  test("what does not fit is named", async () => {
    const { Xor } = await load();
    const bytes = Xor.create().save();
    const changed = (from: string, to: string): Uint8Array => {
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const text = new TextDecoder()
        .decode(bytes.subarray(8, 8 + length))
        .replace(from, to)
        .trimEnd()
        .padEnd(length);
      const copy = bytes.slice();
      copy.set(new TextEncoder().encode(text).subarray(0, length), 8);
      return copy;
    };
    expect(() => Xor.load(changed('"h.linear.W"', '"h.linear.V"'))).toThrow(
      'Xor: the tensor "h.linear.W" is missing',
    );
    expect(() => Xor.load(changed("[2,3]", "[3,2]"))).toThrow(
      'Xor: the tensor "h.linear.W" is F32 [3, 2], but the model has F32 [2, 3]',
    );
    expect(() => Xor.load(changed('"Xor"', '"Xyz"'))).toThrow('Xor: these bytes hold a model named "Xyz"');
    expect(() => Xor.load(bytes.subarray(0, bytes.length - 4))).toThrow("are not in the file");
    expect(() => Xor.load(bytes.subarray(0, 20))).toThrow("not a safetensors file");
    expect(() => Xor.load(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 110, 117, 108, 108))).toThrow(
      "not a safetensors file",
    );
    expect(() => Xor.load(new Uint8Array(4))).toThrow("not a safetensors file");
  });
});

describe("inputs", () => {
  test.each([
    ["missing", { x: [0, 1] }, 'Xor: input "y" is missing'],
    ["of the wrong kind", { x: 3, y: [1] }, 'Xor: input "x" must be an array of the shape [batch, 2]'],
    [
      "ragged",
      { x: [0, 1, 1], y: [1] },
      'Xor: input "x" has 3 values, but its shape [batch, 2] needs a multiple of 2',
    ],
    [
      "badly nested",
      { x: [[0, 1], [1]], y: [0, 1] },
      'Xor: input "x" holds an array of 1, but its shape needs 2',
    ],
    ["too many", { x: Array(18).fill(0), y: Array(9).fill(0) }, "Xor: batch is 9, but at most 8 fits"],
    ["empty", { x: [], y: [] }, 'Xor: input "x" is empty'],
    ["at odds", { x: [0, 1], y: [0, 1] }, 'Xor: input "y" has 2 rows, but batch is 1'],
    ["no numbers", { x: ["0", 1], y: [0] }, "Xor: x[0] is 0, but it must be a number"],
  ])("%s", async (_, inputs, message) => {
    const { Xor } = await load();
    const model = Xor.create();
    expect(() => model.step(inputs)).toThrow(message);
    expect(model.stepCount).toBe(0);
  });

  test("flat, nested and typed arrays mean the same", async () => {
    const { Xor } = await load();
    const model = Xor.create();
    const run = (x: unknown): number[] => [...(model.forward({ x })["p"] as Float32Array)];
    const expected = run([0, 1, 1, 1]);
    expect(
      run([
        [0, 1],
        [1, 1],
      ]),
    ).toEqual(expected);
    expect(run(Float32Array.of(0, 1, 1, 1))).toEqual(expected);
    expect(run(Float64Array.of(0, 1, 1, 1))).toEqual(expected);
    expect(run([Float32Array.of(0, 1), [1, 1]])).toEqual(expected);
    expect(() => Xor.create({ seed: 0.5 })).toThrow("Xor: seed is 0.5");
  });
});

describe("lines", () => {
  test("each generated line leads to the line of the source", () => {
    const sample = xor();
    const scheduled = schedule(sample.graphs, 0, sample.context);
    const module = emit(scheduled, sample.context, "typescript");
    const lines = module.code.split("\n");
    const n = lines.findIndex((l) => l.includes("dlinear[i * 3 + j] = "));
    expect(n).toBeGreaterThan(0);
    expect(module.lines[n]?.name).toBe("dh.linear");
    expect(sample.context.sources.line(module.lines[n]!.span)).toBe("xor.nn:6");
    expect(JSON.parse(module.map)).toMatchObject({
      version: 3,
      sources: expect.arrayContaining(["xor.nn"]),
    });
    const call = lines.findIndex((l) => l.includes("d_p_linear_W("));
    expect(module.lines[call]?.name).toBe("dp.linear.W");
  });
});
