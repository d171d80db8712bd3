/** Reverse mode against central differences of the loss, both in 64 bits, at one point of a model. */
import { slice } from "../ir/dependences.ts";
import { evaluateAffine, extentsOf, tensorSize } from "../ir/interpreter.ts";
import type { ModelGraphs } from "../ir/model.ts";
import type { Dim, Graph, Statement, Tensor } from "../ir/types.ts";
import { ReferenceModel, subscriptsOf } from "./model.ts";

/** Half the distance of the two points of a difference. */
const distance = 1e-5;

export interface GradientCheckOptions {
  readonly seed: number;
  /** How many cells of each parameter are compared, at most; null: as many as take some seconds, but no more than 12. */
  readonly samples: number | null;
  /** Counts of dimensions; others have their maximum, but no more than `mostExamples` by call. */
  readonly dims?: Readonly<Record<string, number>>;
}

const mostExamples = 4;

/** What was compared of one parameter. */
export interface ParameterCheck {
  readonly name: string;
  /** Cells that were compared, and all there are. */
  readonly compared: number;
  readonly cells: number;
  /** Cells where the loss has a kink within the distance: there is no derivative to compare with. */
  readonly skipped: number;
  /** The largest error, relative to the gradient there; 0 where nothing was compared. */
  readonly error: number;
  /** Where it is, and both numbers. */
  readonly at: readonly number[];
  readonly reverse: number;
  readonly difference: number;
}

/** The point at which gradients were compared, for others to be compared there too. */
export interface Point {
  readonly dims: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly inputs: ReadonlyMap<string, Float64Array>;
  /** Parameters and states by name; they are 32-bit floats. */
  readonly lasting: ReadonlyMap<string, Float64Array>;
  readonly loss: number;
  /** Gradients by the names of their parameters. */
  readonly gradients: ReadonlyMap<string, Float64Array>;
}

export interface GradientCheck {
  readonly parameters: readonly ParameterCheck[];
  readonly point: Point;
  /** Whether the model states gradients of its own somewhere, which differences know nothing of. */
  readonly hasOwnGradients: boolean;
}

/** The model must have a loss. */
export function checkGradients(graphs: ModelGraphs, options: GradientCheckOptions): GradientCheck {
  const { program } = graphs;
  const { loss } = program;
  if (loss === null) throw new Error("a model without a loss has no gradients");
  const model = pointFor(graphs, options);
  model.run(graphs.backward);
  const reverse = program.gradients.map((g) => Float64Array.from(model.of(g)));
  const value = model.of(loss)[0]!;
  const lossGraph = slice(graphs.backward, [loss], "drop");
  const evaluate = (): number => {
    model.run(lossGraph);
    return model.of(loss)[0]!;
  };
  const samples = options.samples ?? affordable(model, lossGraph, program.trained.length);
  const parameters = program.trained.map((t, k) => checkParameter(model, t, reverse[k]!, evaluate, samples));
  const named = (tensors: readonly Tensor[]): Map<string, Float64Array> =>
    new Map(tensors.map((t) => [t.name, Float64Array.from(model.of(t))]));
  return {
    parameters,
    hasOwnGradients: program.forward.some((s) => s.kind === "override"),
    point: {
      dims: Object.fromEntries([...model.dims].map(([dim, count]) => [dim.name, count])),
      seed: options.seed,
      inputs: named(program.inputs),
      lasting: named(model.lasting),
      loss: value,
      gradients: new Map(program.trained.map((t, k) => [t.name, reverse[k]!])),
    },
  };
}

/** Bodies that all evaluations together may visit, and how many visits it takes to prepare a statement. */
const mostVisits = 3e7;
const visitsToBegin = 300;

/** How many cells of each parameter can be compared within the visits: two evaluations of the loss a cell. */
function affordable(model: ReferenceModel, loss: Graph, parameters: number): number {
  const turns = (s: Statement): number =>
    s.kind === "equation"
      ? [...s.indices, ...s.reduced].reduce((n, i) => n * evaluateAffine(i.extent, model.dims), 1)
      : 0;
  const visits = loss.statements.reduce((n, s) => n + visitsToBegin + turns(s), 0);
  return Math.max(1, Math.min(12, Math.floor(mostVisits / (2 * visits * Math.max(1, parameters)))));
}

/** Parameters as drawn, each moved a little, so that zeros are none; inputs within what they may be. */
function pointFor(graphs: ModelGraphs, { seed, dims }: GradientCheckOptions): ReferenceModel {
  const { program } = graphs;
  const counts = Object.fromEntries(program.dims.map((d) => [d.name, dims?.[d.name] ?? countOf(d)]));
  const model = new ReferenceModel(graphs, counts, seed);
  const random = generator(seed);
  for (const t of program.parameters) {
    const values = model.of(t);
    for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]! + 0.2 * random() - 0.1);
  }
  for (const t of [...program.states, ...program.optimizerStates]) {
    const values = model.of(t);
    values.forEach((v, i) => (values[i] = Math.fround(v)));
  }
  for (const t of program.inputs) model.values.set(t, draw(t, model.dims, random));
  const { step, pass, training } = program.builtins;
  model.values.set(step, Float64Array.of(1));
  model.values.set(pass, Float64Array.of(1));
  model.values.set(training, Float64Array.of(1));
  return model;
}

const countOf = (dim: Dim): number =>
  dim.varies === "call" ? Math.min(mostExamples, dim.maximum) : Math.min(mostExamples + 1, dim.maximum);

/** Floats in 0 … 1, which suits what must be a probability; rows of a distribution sum to 1. */
function draw(tensor: Tensor, dims: ReadonlyMap<Dim, number>, random: () => number): Float64Array {
  const values = Float64Array.from({ length: tensorSize(tensor, dims) }, () => Math.fround(random()));
  if (tensor.type === "bool") return values.map((v) => Number(v > 0.5));
  if (tensor.type === "i32") {
    const below = tensor.below ? evaluateAffine(tensor.below, dims) : 2;
    return values.map((v) => Math.floor(v * below));
  }
  if (!tensor.distribution) return values;
  const extent = extentsOf(tensor, dims).at(-1) ?? 1;
  for (let from = 0; from < values.length; from += extent) {
    const row = values.subarray(from, from + extent);
    const sum = row.reduce((total, v) => total + v, 0);
    row.forEach((v, i) => (row[i] = Math.fround(v / sum)));
  }
  return values;
}

function checkParameter(
  model: ReferenceModel,
  tensor: Tensor,
  reverse: Float64Array,
  loss: () => number,
  samples: number,
): ParameterCheck {
  const cells = model.of(tensor);
  const largest = reverse.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const count = Math.min(samples, cells.length);
  let worst = { error: 0, at: 0, reverse: 0, difference: 0 };
  let skipped = 0;
  for (let k = 0; k < count; k++) {
    // Spread over the tensor, the first and the last cell among them.
    const at = count === 1 ? 0 : Math.round((k * (cells.length - 1)) / (count - 1));
    const exact = reverse[at]!;
    const errorOf = (difference: number): number => {
      const scale = Math.max(Math.abs(exact), Math.abs(difference), 1e-3 * largest, 1e-7);
      return Math.abs(exact - difference) / scale;
    };
    const difference = centralDifference(loss, cells, at, errorOf);
    if (difference === null) skipped++;
    else if (!(errorOf(difference) <= worst.error))
      worst = { error: errorOf(difference), at, reverse: exact, difference };
  }
  return {
    name: tensor.name,
    compared: count - skipped,
    cells: cells.length,
    skipped,
    ...worst,
    at: subscriptsOf(worst.at, extentsOf(tensor, model.dims)),
  };
}

/** Errors above this make a closer look worth its evaluations. */
const suspicious = 1e-6;

/**
 * The slope of `loss` in one cell; null at a kink. Where the first look disagrees with what is expected, the slopes to
 * both sides are compared, closer and closer: of a smooth function their distance shrinks with the step, at a kink it
 * stays.
 */
export function centralDifference(
  loss: () => number,
  cells: Float64Array,
  at: number,
  errorOf: (difference: number) => number,
): number | null {
  const difference = (h: number): number => slope(loss, cells, at, h);
  const first = difference(distance);
  if (errorOf(first) <= suspicious) return first;
  const middle = loss();
  const bend = (h: number): number =>
    Math.abs(moved(loss, cells, at, h) - 2 * middle + moved(loss, cells, at, -h)) / h;
  const closer = difference(distance / 8);
  if (errorOf(closer) <= suspicious) return closer;
  const rounding = (8 * Number.EPSILON * Math.abs(middle)) / (distance / 8);
  return bend(distance / 8) > Math.max(bend(distance) / 2, rounding)
    ? null
    : errorOf(closer) < errorOf(first)
      ? closer
      : first;
}

/** The central difference of `loss` in one cell, over a distance of h to both sides. */
export function slope(loss: () => number, cells: Float64Array, at: number, h: number): number {
  return (moved(loss, cells, at, h) - moved(loss, cells, at, -h)) / (2 * h);
}

/** The loss where one cell is moved; the cell is then as it was. */
function moved(loss: () => number, cells: Float64Array, at: number, shift: number): number {
  const kept = cells[at]!;
  cells[at] = kept + shift;
  const value = loss();
  cells[at] = kept;
  return value;
}

/** Numbers in 0 ≤ u < 1: the multiplicative generator of Park and Miller with 48271. */
function generator(seed: number): () => number {
  let state = (Math.abs(seed) % 2147483646) + 1;
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  // The first numbers of small seeds are alike.
  for (let i = 0; i < 8; i++) next();
  return next;
}
