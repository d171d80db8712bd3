/** Threads: any number of them computes the bits of one, on full and ragged batches, for models of every kind. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Level } from "../../src/ir/kernel.ts";
import type { Dim } from "../../src/ir/types.ts";
import { compile } from "../../src/index.ts";
import type { AnyClass } from "../codegen/load.ts";
import { importCode } from "../codegen/load.ts";
import { models } from "../schedule/models.ts";
import { build } from "../support/model.ts";
import type { Threaded } from "./compare.ts";
import { drawInputs, teamsOf, wasmClass } from "./compare.ts";

const home = fileURLToPath(new URL("../../examples", import.meta.url));
/** Small sizes keep the fifty layers and the transformer quick here. */
const sizes: Record<string, Record<string, number>> = {
  "deep.nn": { depth: 3, width: 6 },
  "transformer.nn": { time: 4, width: 8, heads: 2 },
  "char-rnn.nn": { time: 3, hidden: 6 },
};
const sources = [
  ...Object.entries(models),
  ...readdirSync(home)
    .filter((f) => f.endsWith(".nn"))
    .map((name) => [name, readFileSync(join(home, name), "utf8")] as const),
];

describe.each(sources)("%s", (name, source) => {
  const built = build(source, { sizes: sizes[name] ?? {} });
  const { program } = built;
  const create = Object.fromEntries(
    program.dims.filter((d) => d.varies === "create").map((d) => [d.name, Math.min(3, d.maximum)]),
  );
  const dimsFor = (count: (d: Dim) => number): ReadonlyMap<Dim, number> =>
    new Map(program.dims.map((d) => [d, create[d.name] ?? count(d)]));
  const counts = [
    (d: Dim): number => Math.min(d.maximum, 24),
    (d: Dim): number => d.minimum,
    (d: Dim): number => Math.max(d.minimum, Math.min(d.maximum - 1, 13)),
  ];

  test.each([1, 2] as const)("-O%i", async (level: Level) => {
    const made = await wasmClass(built, level, true);
    const [one, ...several] = await teamsOf(made, { ...create, seed: 5 }, [1, 2, 3]);
    counts.forEach((count, n) => {
      const inputs = drawInputs(program, dimsFor(count), n + 1);
      const all = [one, ...several];
      const results = all.map((model) => [
        model.step(inputs),
        program.gradients.length > 0 && model.accumulate(inputs),
        model.evaluate(inputs),
        program.outputs.length > 0 && model.forward(inputs),
      ]);
      for (const result of results.slice(1)) expect(result).toEqual(results[0]);
      for (const model of several) expect(Buffer.compare(model.save(), one.save())).toBe(0);
    });
    for (const model of several) model.dispose();
  });
});

const digits = readFileSync(join(home, "digits.nn"), "utf8");

async function digitsModule(): Promise<{ code: string; Digits: AnyClass }> {
  const { outputs } = await compile(digits, { target: "wasm", level: 2, language: "javascript" });
  const code = outputs.find((o) => o.kind === "module")!.text;
  return { code, Digits: (await importCode(code))["Digits"]! };
}

/** The text of every function of the kernels, by name. */
function functionsOf(outputs: Awaited<ReturnType<typeof compile>>["outputs"]): ReadonlyMap<string, string> {
  const { text } = outputs.find((o) => o.kind === "text")!;
  const found = text.split("(func $").slice(1);
  return new Map(found.map((f) => [f.slice(0, f.search(/\s/)), f]));
}

const batch = (rows: number): { image: Float32Array; label: Int32Array } => ({
  image: Float32Array.from({ length: rows * 64 }, (_, i) => ((i * 7919) % 1000) / 1000),
  label: Int32Array.from({ length: rows }, (_, i) => (i * 7) % 10),
});

test("work is divided: kernels of every pass of a model that is large enough", async () => {
  const { outputs } = await compile(digits, { target: "wasm", level: 2 });
  const functions = functionsOf(outputs);
  for (const kernel of ["h", "logits", "d_h_linear", "d_h_linear_W", "adam"])
    expect(functions.get(kernel), kernel).toMatch(/\(call \$(share|rows) /);
});

test("a batch stays where it is: its rows are divided alike by all layers, and threads meet before what needs all of them", async () => {
  const source = `model Layers {
    dim batch <= 32
    input x: [batch, 50]
    input t: [batch, 1]
    h = x
    for l in 0..6 { h = h |> linear(50) |> tanh }
    output p = h |> linear(1)
    loss mse(p, t)
    optimizer sgd(lr = 0.1)
  }`;
  const { outputs } = await compile(source, { target: "wasm", level: 2 });
  const functions = functionsOf(outputs);
  for (const kernel of ["h", "d_h_linear"]) expect(functions.get(kernel), kernel).toContain("(call $rows ");
  const meetings = (name: string): number => functions.get(name)!.split("(call $barrier)").length - 1;
  expect(meetings("forward_work")).toBe(0);
  // Sums over the batch, such as the gradient of a weight, read all rows: once a layer.
  expect(meetings("backward_work")).toBeLessThanOrEqual(8);
});

test("a model goes on with one thread, to the same bits, before its threads start and after they ended", async () => {
  const { Digits } = await digitsModule();
  const model = Digits.create({ seed: 1, threads: 2 }) as Threaded;
  const one = Digits.create({ seed: 1 });
  const both = (): void => expect(model.step(batch(20))).toBe(one.step(batch(20)));
  both();
  await model.ready;
  for (let i = 0; i < 20; i++) both();
  model.dispose();
  both();
  model.dispose();
  both();
  expect(Buffer.compare(model.save(), one.save())).toBe(0);
});

test("a model that ends before its threads have started is ready all the same", async () => {
  const { Digits } = await digitsModule();
  const model = Digits.create({ threads: 3 }) as Threaded;
  model.dispose();
  await model.ready;
  expect(model.step(batch(3))).toBeGreaterThan(0);
});

test("many models at once, and more threads than processors", async () => {
  const { Digits } = await digitsModule();
  const one = Digits.create({ seed: 2 });
  const several = await teamsOf(Digits, { seed: 2 }, [2, 4, 2]);
  for (let i = 0; i < 300; i++) for (const model of [one, ...several]) model.step(batch(1 + (i % 5)));
  for (const model of several) {
    expect(Buffer.compare(model.save(), one.save())).toBe(0);
    model.dispose();
  }
}, 60_000);

test("ten thousand steps without a deadlock", async () => {
  const { Digits } = await digitsModule();
  const [one, two] = await teamsOf(Digits, { seed: 2 }, [1, 2]);
  const small = batch(1);
  for (let i = 0; i < 10_000; i++) for (const model of [one, two]) model.step(small);
  expect(Buffer.compare(two.save(), one.save())).toBe(0);
  two.dispose();
}, 60_000);

test("what was saved is loaded with threads", async () => {
  const { Digits } = await digitsModule();
  const [first] = await teamsOf(Digits, { seed: 4 }, [2]);
  first.step(batch(9));
  const bytes = first.save();
  const loaded = (Digits as unknown as { load(bytes: Uint8Array, options: object): Threaded }).load(bytes, {
    threads: 2,
  });
  await loaded.ready;
  expect(loaded.step(batch(11))).toBe(first.step(batch(11)));
  first.dispose();
  loaded.dispose();
});

test("a process ends by itself, whether or not it waits for its threads", async () => {
  const { code } = await digitsModule();
  const module = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  for (const wait of ["await model.ready;", ""]) {
    const program = `const { Digits } = await import(${JSON.stringify(module)});
      const model = Digits.create({ threads: 2 }); ${wait}
      console.log(model.step({ image: new Float32Array(64), label: [1] }));`;
    const run = spawnSync(process.execPath, ["--input-type=module"], { input: program, timeout: 20_000 });
    expect(run.stderr.toString()).toBe("");
    expect(run.status).toBe(0);
    expect(Number(run.stdout.toString())).toBeGreaterThan(0);
  }
});

test("mistakes are told", async () => {
  const { Digits } = await digitsModule();
  for (const threads of [0, 1.5, 65]) expect(() => Digits.create({ threads })).toThrow("threads is");
  const shared = globalThis.SharedArrayBuffer;
  try {
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    expect(() => Digits.create({ threads: 2 })).toThrow("Cross-Origin-Embedder-Policy: require-corp");
    expect(Digits.create({ threads: 1 }).step(batch(2))).toBeGreaterThan(0);
  } finally {
    Object.assign(globalThis, { SharedArrayBuffer: shared });
  }
});
