/**
 * A program for a GPU beside the interpreter: from the same parameters and on the same inputs, every procedure must compute
 * what its graph means, and the same bits again in memory that held something else before.
 *
 * The interpreter has 64 bits, the device 32; sums are added up in another order there, and products and sums may be fused.
 * What is off is measured by the largest of the values it stands among: a gradient by that of all gradients of the model,
 * since what cancels in one is as large as the others.
 */
import type { GpuProgram } from "../../src/codegen/webgpu/program.ts";
import type { Procedure, Schedule } from "../../src/ir/kernel.ts";
import type { Tensor } from "../../src/ir/types.ts";
import type { Numbers } from "../support/model.ts";
import { Model } from "../support/model.ts";
import { Machine } from "./machine.ts";

export type Inputs = Readonly<Record<string, Numbers>>;
type Found = ReadonlyMap<Tensor, ArrayLike<number>>;

/** How much may be off. */
const tolerances = { value: 1e-4, gradient: 2e-4 } as const;

/** Where a model is at a kink or cancels, more of a tensor may be off. */
export type Allowance = (t: Tensor) => number;

/** What differs, one line for each tensor, over training steps that take these inputs. */
export async function disagreements(
  device: GPUDevice,
  made: Schedule,
  program: GpuProgram,
  reference: Model,
  steps: readonly Inputs[],
  allowance: Allowance = () => 0,
): Promise<string[]> {
  const machine = await Machine.of(device, program, reference.dims);
  try {
    const comparison = new Comparison(machine, made, reference, allowance);
    await comparison.start();
    for (const inputs of steps) await comparison.step(inputs);
    return comparison.found;
  } finally {
    machine.destroy();
  }
}

class Comparison {
  readonly found: string[] = [];
  private readonly lasting: readonly Tensor[];
  private count = 0;

  constructor(
    private readonly machine: Machine,
    private readonly made: Schedule,
    private readonly reference: Model,
    private readonly allowance: Allowance,
  ) {
    this.lasting = reference.lasting.filter((t) => machine.program.places.has(t));
  }

  /** Starting values, in memory that is zero: new buffers are. */
  async start(): Promise<void> {
    const { machine, made, lasting, reference } = this;
    const { built, dims, program } = reference;
    const counts = Object.fromEntries([...dims].map(([d, count]) => [d.name, count]));
    await this.run(made.initialise);
    // The reference may stand elsewhere already.
    const fresh = new Model(built, counts, reference.of(program.builtins.seed)[0]);
    this.compare("start", await machine.get(lasting), lasting, tolerances.value, false, fresh);
  }

  async step(inputs: Inputs): Promise<void> {
    const { made, reference } = this;
    const { program } = reference;
    this.count++;
    const outputs = program.outputs.map((o) => o.tensor);
    if (outputs.length > 0) {
      const found = await this.twice("forward", inputs, () => this.results(made.forward, outputs));
      reference.forward(inputs);
      this.compare("forward", found, outputs, tolerances.value);
    }
    if (!program.loss) return;
    const results = [program.loss, ...program.metrics.map((m) => m.tensor)];
    const evaluated = await this.twice("evaluate", inputs, () => this.results(made.evaluate, results));
    reference.evaluate(inputs);
    this.compare("evaluate", evaluated, results, tolerances.value);
    reference.count("step", 1);
    reference.count("pass", 1);
    await this.pass(inputs, results);
    await this.update(inputs);
  }

  /** A pass of training and the running statistics that follow it. */
  private async pass(inputs: Inputs, results: readonly Tensor[]): Promise<void> {
    const { made, machine, reference, lasting } = this;
    const { gradients } = reference.program;
    const found = await this.twice("pass", inputs, async () => {
      const passed = await this.results(made.backward, [...results, ...gradients]);
      await this.run(made.statistics);
      return new Map([...passed, ...(await machine.get(lasting, reference.dims))]);
    });
    reference.backward(inputs);
    reference.run(reference.built.graphs.statistics);
    this.compare("backward", found, results, tolerances.value);
    this.compare("backward", found, gradients, tolerances.gradient, true);
    this.compare("statistics", found, lasting, tolerances.value);
  }

  /**
   * What the optimizer makes of the gradients that the interpreter found: it may divide by what is as small as the rounding
   * of a gradient. It may run much later, when nothing else is left of the pass.
   */
  private async update(inputs: Inputs): Promise<void> {
    const { made, machine, reference, lasting } = this;
    const { gradients } = reference.program;
    const found = await this.twice("update", inputs, async () => {
      for (const t of gradients) machine.set(t, reference.of(t));
      return this.results(made.update, lasting);
    });
    reference.run(reference.built.graphs.update);
    this.compare("update", found, lasting, tolerances.value);
  }

  private async results(procedure: Procedure, wanted: readonly Tensor[]): Promise<Found> {
    await this.run(procedure);
    return this.machine.get(wanted, this.reference.dims);
  }

  /** What a device finds, when it starts twice from the same and finds other things in memory. */
  private async twice(what: string, inputs: Inputs, compute: () => Promise<Found>): Promise<Found> {
    const { machine, reference, lasting } = this;
    const once = async (): Promise<Found> => {
      for (const t of lasting) machine.set(t, reference.of(t));
      // What nothing reads has no place.
      for (const t of reference.program.inputs)
        if (machine.program.places.has(t)) machine.set(t, inputs[t.name]!);
      return compute();
    };
    machine.spoil();
    const first = await once();
    // What the first run has left is other than what it found.
    const second = await once();
    for (const [t, values] of first)
      if (!sameBits(values, second.get(t)!))
        this.found.push(`${this.at(what)}: ${t.name} differs from run to run`);
    return first;
  }

  private compare(
    what: string,
    found: Found,
    tensors: readonly Tensor[],
    tolerance: number,
    isShared = false,
    reference = this.reference,
  ): void {
    const sizes = tensors.map((t) => largest(reference.of(t)));
    tensors.forEach((t, k) => {
      const scale = t.type === "f32" ? 1e-2 + (isShared ? Math.max(...sizes) : sizes[k]!) : 0;
      const allowed = Math.max(tolerance, this.allowance(t));
      const [actual, expected] = [found.get(t)!, reference.of(t)];
      const isNear = (v: number, i: number): boolean =>
        Object.is(v, actual[i]) || Math.abs(v - actual[i]!) <= allowed * scale;
      const wrong = expected.findIndex((v, i) => !isNear(v, i));
      if (actual.length !== expected.length)
        this.found.push(`${this.at(what)}: ${t.name} has ${actual.length} cells`);
      else if (wrong >= 0)
        this.found.push(`${this.at(what)}: ${t.name}[${wrong}] is ${actual[wrong]}, not ${expected[wrong]}`);
    });
  }

  private at(what: string): string {
    const dims = [...this.reference.dims].map(([d, n]) => `${d.name} = ${n}`);
    return [`step ${this.count}`, ...dims, what].join(", ");
  }

  private given = (scalar: Tensor): number => this.reference.of(scalar)[0]!;

  private run(procedure: Procedure): Promise<void> {
    return this.machine.run(procedure, this.given, this.reference.dims);
  }
}

const largest = (values: Float64Array): number => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);

function sameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return Array.from(a).every((v, i) => Object.is(v, b[i]));
}
