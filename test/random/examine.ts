/** What must hold of any model. Each check throws with what it found. */
import type { Level } from "../../src/ir/kernel.ts";
import { levels } from "../../src/ir/kernel.ts";
import { check } from "../../src/index.ts";
import { execute, Memory } from "../../src/ir/kernel-interpreter.ts";
import type { Procedure } from "../../src/ir/kernel.ts";
import type { Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { Built } from "../support/model.ts";
import { build, Model, numbers } from "../support/model.ts";
import { compare, given, seed } from "./common.ts";
import type { Inputs } from "./common.ts";
import { compiled } from "./compiled.ts";
import type { Draft } from "./generate.ts";
import { largestBatch } from "./generate.ts";

/** All of it; the stages are told apart by the text that a failure starts with. */
export async function examine(draft: Draft): Promise<void> {
  const { diagnostics } = check(draft.source);
  if (diagnostics.length > 0)
    throw new Error(`diagnostics: ${diagnostics.map((d) => `${d.code} ${d.message}`).join("; ")}`);
  const built = build(draft.source);
  sameWithoutRules(draft, built);
  if (draft.isExact) matchesDifferences(draft, built);
  if (draft.isDuplicable) sameTwice(draft, built);
  for (const level of levels) {
    scheduled(draft, built, level);
    await compiled(draft, built, level);
  }
}

/** Loss, gradients and outputs, in a fixed order. */
function results(model: Model, inputs: Inputs): Map<string, readonly number[]> {
  const outputs = Object.entries(model.forward(inputs));
  const loss = model.backward(inputs);
  const gradients = model.program.parameters.map(
    (p) => [`gradient of ${p.name}`, model.gradient(p.name)] as const,
  );
  return new Map([["loss", [loss]], ...gradients, ...outputs]);
}

/** Simplification, all of it or only what holds for every float, changes nothing but rounding. */
function sameWithoutRules(draft: Draft, built: Built): void {
  const inputs = given(draft, 3);
  const expected = results(new Model(built, { batch: 3 }, seed), inputs);
  for (const values of expected.values()) {
    if (!values.every(Number.isFinite))
      throw new Error(
        `not finite: ${[...expected].map(([n, v]) => `${n}: ${v.slice(0, 5).join(" ")}`).join("; ")}`,
      );
  }
  for (const options of [{ simplify: false }, { realOnlyRules: false }]) {
    const raw = results(new Model(build(draft.source, options), { batch: 3 }, seed), inputs);
    // The raw chain rule may be NaN where the simplified one is not.
    const finite = new Map([...raw].filter(([, values]) => values.every(Number.isFinite)));
    const comparable = new Map([...expected].filter(([name]) => finite.has(name)));
    compare(JSON.stringify(options), finite, comparable, 1e-8);
  }
}

/** The slope of the loss along one direction for each parameter; left out where two step sizes disagree. */
function matchesDifferences(draft: Draft, built: Built): void {
  const inputs = given(draft, 2);
  const model = new Model(built, { batch: 2 }, seed);
  model.backward(inputs);
  const gradients = model.program.parameters.map((p) => model.gradient(p.name));
  model.program.parameters.forEach((p, k) => {
    const cells = model.values.get(p)!;
    const kept = cells.slice();
    const direction = numbers(cells.length, 7 + k);
    const loss = (h: number): number => {
      direction.forEach((d, i) => (cells[i] = kept[i]! + h * d));
      return model.backward(inputs);
    };
    const slope = (h: number): number => (loss(h) - loss(-h)) / (2 * h);
    const centre = loss(0);
    const [coarse, fine] = [slope(4e-5), slope(1e-5)];
    const sides = [(loss(1e-6) - centre) / 1e-6, (centre - loss(-1e-6)) / 1e-6] as const;
    cells.set(kept);
    const exact = direction.reduce((sum, d, i) => sum + d * gradients[k]![i]!, 0);
    const scale = 1e-3 + Math.abs(fine);
    const isSmooth = Math.abs(coarse - fine) < 1e-5 * scale && Math.abs(sides[0] - sides[1]) < 1e-3 * scale;
    if (isSmooth && Math.abs(exact - fine) > 1e-4 * scale)
      throw new Error(`differences: the slope along ${p.name} is ${fine}, not ${exact}`);
  });
}

/** Every example given twice: the mean and its gradient stay. */
function sameTwice(draft: Draft, built: Built): void {
  const once = given(draft, 3);
  const twice = Object.fromEntries(
    Object.entries(once).map(([name, values]) => [name, [...values, ...values]]),
  );
  const run = (batch: number, inputs: Inputs): Map<string, readonly number[]> => {
    const model = new Model(built, { batch }, seed);
    const loss = model.backward(inputs);
    return new Map([
      ["loss", [loss]],
      ...model.program.parameters.map((p) => [p.name, model.gradient(p.name)] as const),
    ]);
  };
  compare("examples taken twice", run(6, twice), run(3, once), 1e-8);
}

/** Views of inputs have no memory of their own. */
function giveViews(built: Built, memory: Memory): void {
  const given = new Set(built.program.inputs);
  for (const s of [...built.graphs.forward.statements, ...built.graphs.backward.statements]) {
    if (s.kind !== "reshape" || memory.storage(s.tensor) || !given.has(s.source)) continue;
    memory.set(s.tensor, memory.get(s.source));
    given.add(s.tensor);
  }
}

/** The kernels in memory that starts as NaN, in 64 bits: what the graphs mean, over two steps. */
function scheduled(draft: Draft, built: Built, level: Level): void {
  const made = schedule(built.graphs, level, built.context);
  for (const batch of [largestBatch, 3]) {
    const reference = new Model(built, { batch }, seed);
    const { program } = reference;
    const memory = new Memory(made, reference.dims);
    const lasting = [...program.parameters, ...program.states, ...program.optimizerStates];
    const run = (procedure: Procedure, isFresh: boolean): void => {
      if (isFresh)
        for (const s of made.plan.slots) if (s.block === "values") memory.storage(s.tensors[0]!)!.fill(NaN);
      execute(procedure, memory);
    };
    const same = (tensors: readonly Tensor[], where: string): void => {
      for (const t of tensors)
        compare(
          `-O${level} kernels, ${where}`,
          new Map([[t.name, [...memory.get(t)]]]),
          new Map([[t.name, [...reference.values.get(t)!]]]),
          1e-8,
        );
    };
    for (const t of [...program.hypers, ...Object.values(program.builtins)])
      memory.set(t, reference.values.get(t)!);
    run(made.initialise, true);
    for (let step = 1; step <= 2; step++) {
      const inputs = given(draft, batch, step);
      for (const t of program.inputs) memory.set(t, inputs[t.name]!);
      giveViews(built, memory);
      reference.forward(inputs);
      run(made.forward, true);
      same(
        program.outputs.map((o) => o.tensor),
        "forward",
      );
      memory.set(program.builtins.step, [step]);
      memory.set(program.builtins.pass, [step]);
      reference.step(inputs);
      run(made.backward, true);
      same([program.loss!, ...program.gradients], "backward");
      run(made.statistics, false);
      // The optimizer may run much later.
      run(made.update, true);
      same(lasting, "update");
    }
  }
}
