/** The modules that a random model is compiled to, run beside the interpreter. */
import { emitModule } from "../../src/codegen/module.ts";
import type { Level } from "../../src/ir/kernel.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { Instance, Trainable } from "../support/generated.ts";
import { flatten, load } from "../support/generated.ts";
import type { Built } from "../support/model.ts";
import { Model, numbers } from "../support/model.ts";
import { teamsOf, wasmClass } from "../wasm/compare.ts";
import type { Inputs } from "./common.ts";
import { compare, difference, given, seed } from "./common.ts";
import type { Draft } from "./generate.ts";
import { largestBatch } from "./generate.ts";

/** The generated modules in 32 bits, with kernels in JavaScript and in WebAssembly. */
export async function compiled(draft: Draft, built: Built, level: Level): Promise<void> {
  const header = { version: "0", file: "random.nn", sha256: "" };
  const { code } = emitModule(schedule(built.graphs, level, built.context), built.context, {
    language: "javascript",
    header,
    unit: "random.js",
  });
  trains(draft, built, `-O${level} module`, await load(code, "Random"), []);
  const wasm = await wasmClass(built, level, true);
  // Threads take the same shares at every level.
  const teams = level === 2 ? await teamsOf(wasm, { seed }, [2, 3]) : [];
  trains(draft, built, `-O${level} in WebAssembly`, wasm, teams);
  for (const model of teams) model.dispose();
}

/**
 * A generated class computes what the graphs mean, the same bits every time, with any number of threads, and across save and
 * load. `teams`: models of the class with threads, which begin like one without.
 */
function trains(
  draft: Draft,
  built: Built,
  what: string,
  Class: Trainable,
  teams: readonly Instance[],
): void {
  const first = Class.create({ seed });
  const others = [Class.create({ seed }), ...teams];
  const last = Class.create({ seed });
  const state = (model: Instance): string => Buffer.from(model.save()).toString("base64");
  for (const [index, batch] of [largestBatch, 3].entries()) {
    const inputs = given(draft, batch, index + 1);
    const reference = new Model(built, { batch }, seed);
    reference.count("step", index);
    reference.count("pass", index);
    const lasting = [...built.program.parameters, ...built.program.states, ...built.program.optimizerStates];
    const own = { ...flatten(first.parameters), ...flatten(first.states) };
    for (const t of lasting) reference.values.get(t)!.set(own[t.name]!);
    // What `forward` returns are views, valid until the next call.
    const outputs = structuredClone(first.forward(inputs));
    const before = new Map(lasting.map((t) => [t, reference.values.get(t)!.slice()]));
    const expectedOutputs = reference.forward(inputs);
    const loss = first.step(inputs);
    const expectedLoss = reference.step(inputs);
    const gradients = flatten(first.gradients);
    const actual = new Map<string, readonly number[]>([["loss", [loss]]]);
    const expected = new Map<string, readonly number[]>([["loss", [expectedLoss]]]);
    for (const p of built.program.parameters) {
      actual.set(p.name, [...gradients[p.name]!]);
      expected.set(p.name, reference.gradient(p.name));
    }
    for (const [name, values] of Object.entries(expectedOutputs)) {
      const output = outputs[name];
      actual.set(name, typeof output === "number" ? [output] : [...(output as Float32Array)]);
      expected.set(name, values);
    }
    for (const [t, values] of before) reference.values.get(t)!.set(values);
    const tolerance = toleranceOf(reference, inputs, index, expected);
    for (const [name, values] of expected)
      compare(`${what}, step ${index + 1}`, actual, new Map([[name, values]]), tolerance.get(name)!);
    for (const other of others) {
      other.forward(inputs);
      other.step(inputs);
      if (state(first) !== state(other)) throw new Error(`${what}: two runs differ`);
    }
    last.accumulate(inputs);
    last.forward(inputs);
    last.update();
    if (state(first) !== state(last)) throw new Error(`${what}: accumulate and update are no step`);
  }
  const loaded = Class.load(first.save());
  const inputs = given(draft, 4, 9);
  if (first.step(inputs) !== loaded.step(inputs) || state(first) !== state(loaded))
    throw new Error(`${what}: a loaded model goes on differently`);
}

/**
 * How far 32 bits may be off: a multiple of what happens when all parameters and inputs are moved by 10⁻⁶, which is much near
 * a kink, a jump or a cancellation.
 */
function toleranceOf(
  reference: Model,
  inputs: Inputs,
  step: number,
  expected: ReadonlyMap<string, readonly number[]>,
): Map<string, number> {
  const tolerance = new Map([...expected.keys()].map((name) => [name, 2e-4]));
  const { builtins } = reference.program;
  const counts = [reference.values.get(builtins.step)!, reference.values.get(builtins.pass)!];
  for (const shift of [1, -1, 2]) {
    for (const t of reference.program.parameters) {
      const cells = reference.values.get(t)!;
      const noise = numbers(cells.length, 31);
      cells.forEach((v, i) => (cells[i] = v + shift * 1e-6 * noise[i]!));
    }
    counts.forEach((cell) => (cell[0] = step));
    const outputs = reference.forward(inputs);
    counts.forEach((cell) => (cell[0] = step + 1));
    const moved = new Map<string, readonly number[]>([
      ["loss", [reference.backward(inputs)]],
      ...Object.entries(outputs),
    ]);
    for (const p of reference.program.parameters) moved.set(p.name, reference.gradient(p.name));
    for (const [name, values] of expected) {
      tolerance.set(name, Math.max(tolerance.get(name)!, 50 * difference(moved.get(name)!, values)));
    }
  }
  return tolerance;
}
