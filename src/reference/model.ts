/** A model in the reference interpreter, in 64 bits: parameters and states that last, and its graphs run on them. */
import { interpret, tensorSize } from "../ir/interpreter.ts";
import type { ModelGraphs } from "../ir/model.ts";
import type { Dim, Graph, Tensor } from "../ir/types.ts";

export class ReferenceModel {
  readonly values = new Map<Tensor, Float64Array>();
  readonly dims = new Map<Dim, number>();

  /** Dimensions without a count have their maximum. Parameters and states are as they are drawn from the seed. */
  constructor(
    readonly graphs: ModelGraphs,
    dims: Readonly<Record<string, number>>,
    seed: number,
  ) {
    const { program, initialise } = graphs;
    for (const d of program.dims) this.dims.set(d, dims[d.name] ?? d.maximum);
    const { step, pass, seed: seedTensor, training } = program.builtins;
    this.values.set(step, Float64Array.of(0));
    this.values.set(pass, Float64Array.of(0));
    this.values.set(seedTensor, Float64Array.of(seed));
    this.values.set(training, Float64Array.of(0));
    for (const h of program.hypers) this.values.set(h, Float64Array.of(h.value ?? 0));
    for (const t of this.lasting) this.values.set(t, new Float64Array(tensorSize(t, this.dims)));
    this.run(initialise);
  }

  /** What outlives a call: parameters, states, and the optimizer's. */
  get lasting(): readonly Tensor[] {
    const { parameters, states, optimizerStates } = this.graphs.program;
    return [...parameters, ...states, ...optimizerStates];
  }

  run(graph: Graph): void {
    interpret(graph, { dims: this.dims, values: this.values });
  }

  /** The values of a tensor that was given or computed. */
  of(tensor: Tensor): Float64Array {
    const values = this.values.get(tensor);
    if (!values) throw new Error(`\`${tensor.name}\` has no values`);
    return values;
  }
}

/** The subscripts of a row-major place. */
export function subscriptsOf(place: number, extents: readonly number[]): number[] {
  let rest = place;
  return extents
    .toReversed()
    .map((extent) => {
      const subscript = rest % extent;
      rest = (rest - subscript) / extent;
      return subscript;
    })
    .toReversed();
}
