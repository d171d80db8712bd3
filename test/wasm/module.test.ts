/** The class around WebAssembly kernels: the API of the TypeScript target, and what is special about it. */
import * as prettier from "prettier";
import { expect, test } from "vitest";
import { otherUses } from "../../src/codegen/kernel-sections.ts";
import { printProgram } from "../../src/codegen/wasm/program.ts";
import { compile } from "../../src/index.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { importCode } from "../codegen/load.ts";
import type { AnyModel } from "../codegen/load.ts";
import { complaints, transpile } from "../codegen/typescript.ts";
import { models } from "../schedule/models.ts";
import { flatten } from "../support/generated.ts";
import { build } from "../support/model.ts";
import type { Pair } from "./compare.ts";
import { dimsOf, drawInputs, expectClose, javascriptClass, wasmClass } from "./compare.ts";
import { placesOf } from "./machine.ts";

/** Dropout, a state that is no optimizer's, a count that is bound at the start, and an output that is an input. */
const source = `model Small {
  dim batch <= 6
  dim classes <= 5
  input x: [batch, 3]
  input label: int[batch] < classes
  h = dropout(x |> linear(4, bias = false) |> batch_norm() |> relu, 0.2)
  param W: [4, classes] ~ he_uniform
  logits[i, c] = sum[k] h[i, k] * W[k, c]
  output probability = softmax(logits)
  output given = x
  metric accuracy = mean(argmax(logits) == label)
  loss cross_entropy(logits, label)
  optimizer adam(lr = 0.05)
}`;
const create = { seed: 11, classes: 3 };

async function pairOf(text: string): Promise<Pair> {
  const built = build(text);
  const { program } = built;
  return { program, javascript: await javascriptClass(built), wasm: await wasmClass(built, 1) };
}

const inputsOf = ({ program }: Pair, batch: number, seed: number): Record<string, number[] | number> =>
  drawInputs(
    program,
    dimsOf(program, create, () => batch),
    seed,
  );

/** Everything that a model remembers. */
const remembered = (model: AnyModel): Record<string, Float32Array> => ({
  ...flatten(model.parameters),
  ...flatten(model.states),
});

test("what one target saves the other loads, to the bit, and training goes on", async () => {
  const pair = await pairOf(source);
  for (const [from, to] of [
    [pair.javascript, pair.wasm],
    [pair.wasm, pair.javascript],
  ] as const) {
    const model = from.create(create);
    model.step(inputsOf(pair, 5, 1));
    const loaded = to.load(model.save());
    expect(remembered(loaded)).toEqual(remembered(model));
    expect(loaded.save()).toEqual(model.save());
    const inputs = inputsOf(pair, 6, 2);
    expectClose([loaded.step(inputs)], [model.step(inputs)], 1e-5, "loss");
  }
});

test("two models have memories of their own, and the same bits for the same seed", async () => {
  const pair = await pairOf(source);
  const [first, second] = [pair.wasm.create(create), pair.wasm.create(create)];
  const losses = (model: AnyModel): number[] =>
    [1, 2, 3].map((step) => model.step(inputsOf(pair, 7 - step, step)));
  const expected = losses(first);
  expect(remembered(second)).not.toEqual(remembered(first));
  expect(losses(second)).toEqual(expected);
  expect(remembered(second)).toEqual(remembered(first));
});

test("gradients are accumulated, scaled and used as with the other target", async () => {
  const pair = await pairOf(source);
  const [expected, actual] = [pair.javascript.create(create), pair.wasm.create(create)];
  for (const model of [expected, actual]) {
    model.accumulate(inputsOf(pair, 6, 1), { upstream: 0.5 });
    model.accumulate(inputsOf(pair, 4, 2), { upstream: 0.5 });
  }
  const compare = (tolerance: number): void => {
    for (const [path, values] of Object.entries(flatten(expected.gradients)))
      expectClose(flatten(actual.gradients)[path]!, values, tolerance, path);
  };
  compare(1e-4);
  for (const model of [expected, actual]) model.update();
  for (const [path, values] of Object.entries(remembered(expected)))
    expectClose(remembered(actual)[path]!, values, 1e-3, path);
  for (const model of [expected, actual]) model.backward(inputsOf(pair, 3, 4), { upstream: 2 });
  compare(1e-3);
});

test("inputs are copied: of any form, and from the model's own memory", async () => {
  const pair = await pairOf(source);
  const model = pair.wasm.create(create);
  const flat = Float32Array.from(inputsOf(pair, 4, 1)["x"] as number[]);
  const rows = Array.from({ length: 4 }, (_, i) => Array.from(flat.subarray(3 * i, 3 * i + 3)));
  const expected = Array.from(model.forward({ x: flat })["probability"] as Float32Array);
  expect(Array.from(model.forward({ x: rows })["probability"] as Float32Array)).toEqual(expected);
  const { given } = model.forward({ x: Array.from(flat) });
  expect(Array.from(given as Float32Array)).toEqual(Array.from(flat));
  expect(Array.from(model.forward({ x: given })["probability"] as Float32Array)).toEqual(expected);
  expect(flat).toEqual(Float32Array.from(rows.flat()));
  // Fewer rows: the views are of these only.
  expect(model.forward({ x: rows.slice(0, 2) })["given"]).toHaveLength(6);
});

test("mistakes of a caller are told as with the other target", async () => {
  const pair = await pairOf(source);
  const mistakes: unknown[] = [
    {},
    { x: [1, 2], label: [0] },
    { x: [1, 2, 3], label: [3] },
    { x: [1, 2, 3], label: [0.5] },
    { x: new Float32Array(3), label: Int32Array.of(-1) },
    { x: new Float32Array(21), label: new Int32Array(7) },
    { x: [[1, 2, 3]], label: [0, 1] },
  ];
  const messages = (model: AnyModel): string[] =>
    mistakes.map((inputs) => {
      try {
        return `no error, but ${model.step(inputs)}`;
      } catch (error) {
        return String(error);
      }
    });
  const expected = messages(pair.javascript.create(create));
  expect(expected.filter((m) => m.startsWith("no error"))).toEqual([]);
  expect(messages(pair.wasm.create(create))).toEqual(expected);
  expect(() => pair.wasm.create({ classes: 6 })).toThrow(RangeError);
});

test("TypeScript is strict and JavaScript the same code, as prettier would lay it out", async () => {
  const options = { file: "small.nn", target: "wasm" } as const;
  const typed = await compile(source, { ...options, language: "typescript" });
  const plain = await compile(source, { ...options, language: "javascript" });
  const text = (result: typeof typed, kind: string): string =>
    result.outputs.find((o) => o.kind === kind)!.text;
  for (const version of ["6", "5.9"] as const)
    expect(complaints(version, { "small.ts": text(typed, "module") })).toEqual([]);
  expect(text(typed, "text")).toBe(text(plain, "text"));
  const laidOut = { printWidth: 100 };
  expect(await prettier.format(text(typed, "module"), { ...laidOut, parser: "typescript" })).toBe(
    text(typed, "module"),
  );
  expect(await prettier.format(text(plain, "module"), { ...laidOut, parser: "babel" })).toBe(
    text(plain, "module"),
  );
  // The declarations are those of the other target, and those of threads.
  const other = await compile(source, { file: "small.nn", language: "javascript" });
  const code = (result: typeof typed): string[] =>
    text(result, "declaration")
      .split("\n")
      .filter((line) => !/^ *(\/\*)?\*/.test(line));
  const shared = new Set(code(other));
  expect(code(plain).filter((line) => !shared.has(line))).toEqual([
    "  readonly threads?: number;",
    "  readonly relaxed?: boolean;",
    "  readonly ready: Promise<void>;",
    '  static load(bytes: Uint8Array, options?: Pick<SmallOptions, "threads" | "relaxed">): Small;',
    "  dispose(): void;",
  ]);
  const stripped = (await importCode(transpile(text(typed, "module"))))["Small"]!.create(create);
  expect(stripped.stepCount).toBe(0);
}, 60_000);

test("nothing is imported", async () => {
  const { outputs } = await compile(source, { target: "wasm", language: "javascript" });
  expect(outputs[0]!.text).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m);
  const imports = outputs.find((o) => o.kind === "text")!.text.match(/\(import.*/g);
  expect(imports).toEqual([expect.stringMatching(/^\(import "host" "memory" /)]);
});

test.each(Object.entries(models))("%s: slots are aligned and do not overlap", (_, text) => {
  const { graphs, context } = build(text);
  // Slots are shared from level 1 on.
  for (const level of [0, 1] as const) {
    const made = schedule(graphs, level, context);
    const largest = new Map(graphs.program.dims.map((d) => [d, d.maximum]));
    const program = printProgram(made, otherUses(made), context);
    const slotOf = new Map(made.plan.slots.flatMap((s) => s.tensors.map((t) => [t, s] as const)));
    const places = placesOf(program, largest).toSorted((a, b) => a.from - b.from);
    expect(places.length).toBeGreaterThan(2);
    for (const { from } of places) expect(from % 64).toBe(0);
    for (const a of places)
      for (const b of places) {
        const shares = a === b || (slotOf.has(a.tensor) && slotOf.get(a.tensor) === slotOf.get(b.tensor));
        if (!shares && a.from < b.to && b.from < a.to)
          expect.fail(`${a.tensor.name} overlaps ${b.tensor.name}`);
      }
    const end = Math.max(...places.map((p) => p.to));
    expect(program.layout.pages * 65536).toBeGreaterThanOrEqual(end + 64);
  }
});

test("the text of a small model", async () => {
  const xor = `model Xor {
  dim batch <= 4
  input x: [batch, 2]
  input y: [batch]
  param W: [2, 3] ~ he_uniform
  param v: [3] ~ he_uniform
  h[b, j] = max(0, sum[k] x[b, k] * W[k, j])
  s[b] = sum[j] h[b, j] * v[j]
  output value = s
  loss mse(s, y)
  optimizer sgd(lr = 0.5)
}`;
  const { outputs } = await compile(xor, { target: "wasm", file: "xor.nn" });
  // Lines of the library move.
  const text = outputs.find((o) => o.kind === "text")!.text.replace(/(std\/\w+\.nn):\d+/g, "$1");
  await expect(text).toMatchFileSnapshot("expected/xor.wat");
});
