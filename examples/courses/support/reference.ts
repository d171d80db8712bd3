/** A model in memory that the reference interpreter runs in 64 bits, straight from the equations. */
import { interpret, tensorSize } from "../../../src/ir/interpreter.ts";
import type { Dim, Graph, Program, Tensor } from "../../../src/ir/types.ts";
import type { Compiled } from "./compile.ts";

export type Numbers = ArrayLike<number>;
export type Given = Readonly<Record<string, Numbers | number>>;

export const arrayOf = (numbers: Numbers | number): Float64Array =>
  typeof numbers === "number" ? Float64Array.of(numbers) : Float64Array.from(numbers);

/** Values of everything that a model is given or keeps: dimensions, built-ins, hypers, parameters and states. */
export class Reference {
  readonly values = new Map<Tensor, Float64Array>();
  readonly dims = new Map<Dim, number>();
  readonly program: Program;
  private readonly compiled: Compiled;

  constructor(compiled: Compiled, options: { dims?: Readonly<Record<string, number>>; seed?: number } = {}) {
    this.compiled = compiled;
    this.program = compiled.program;
    const { dims, builtins, hypers, parameters, states, optimizerStates } = this.program;
    for (const d of dims) this.dims.set(d, options.dims?.[d.name] ?? d.maximum);
    for (const t of Object.values(builtins)) this.values.set(t, Float64Array.of(0));
    this.values.set(builtins.seed, Float64Array.of(options.seed ?? 0));
    for (const h of hypers) this.values.set(h, Float64Array.of(h.value!));
    for (const t of [...parameters, ...states, ...optimizerStates])
      this.values.set(t, new Float64Array(tensorSize(t, this.dims)));
    this.run(compiled.graphs.initialise);
  }

  /** The array of a parameter or state, which may be written to. */
  kept(name: string): Float64Array {
    const { parameters, states, optimizerStates } = this.program;
    return this.values.get(named([...parameters, ...states, ...optimizerStates], name))!;
  }

  /** Writes parameters or states. */
  set(given: Given): this {
    for (const [name, numbers] of Object.entries(given)) this.kept(name).set(arrayOf(numbers));
    return this;
  }

  /** The gradient of the loss by a parameter, as `backward` left it. */
  gradient(parameter: string): number[] {
    const { trained, gradients } = this.program;
    return [...this.values.get(gradients[trained.indexOf(named(trained, parameter))]!)!];
  }

  give(given: Given): this {
    for (const [name, numbers] of Object.entries(given))
      this.values.set(named(this.program.inputs, name), arrayOf(numbers));
    return this;
  }

  forward(given: Given = {}): Record<string, number[]> {
    this.give(given).run(this.compiled.graphs.forward);
    return Object.fromEntries(this.program.outputs.map((o) => [o.name, [...this.values.get(o.tensor)!]]));
  }

  /** The loss, in training mode; fills the gradients. */
  backward(given: Given = {}): number {
    this.give(given).run(this.compiled.graphs.backward);
    return this.values.get(this.program.loss!)![0]!;
  }

  /** One step of training: gives the loss from before it. */
  step(given: Given = {}): number {
    const { step, pass } = this.program.builtins;
    for (const counter of [step, pass]) this.values.get(counter)![0]!++;
    const loss = this.backward(given);
    this.run(this.compiled.graphs.statistics);
    this.run(this.compiled.graphs.update);
    return loss;
  }

  private run(graph: Graph): void {
    interpret(graph, { dims: this.dims, values: this.values });
  }
}

/** The tensor of that name. */
export function named(tensors: readonly Tensor[], name: string): Tensor {
  const found = tensors.find((t) => t.name === name);
  if (!found) throw new Error(`no ${name} among ${tensors.map((t) => t.name).join(", ")}`);
  return found;
}
