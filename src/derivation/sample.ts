/** A sample as JSON: values of inputs, and of parameters where the model's own starting values are not meant. */
import type { Environment } from "../ir/interpreter.ts";
import { evaluateAffine, extentsOf, interpret, tensorSize } from "../ir/interpreter.ts";
import type { Affine, Dim, Program, Statement, Tensor } from "../ir/types.ts";
import { builtinValues } from "./points.ts";
import { textOf } from "./text.ts";
import { shapeOf } from "./translate.ts";

/** A mistake in a sample, in one sentence. */
export class SampleError extends Error {}

/**
 * The values of a sample such as `{ "x": [0.5, 1], "y": 1 }`, by the names of the model. Every input must be there;
 * parameters that are not have the values that `initialise` gives them with `seed`.
 */
export function sampleOf(
  program: Program,
  initialise: readonly Statement[],
  json: unknown,
  seed = 1,
): Environment {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new SampleError('a sample is an object with a value for each input, such as { "x": [0.5, 1] }');
  const given = new Map<string, unknown>(Object.entries(json));
  const { inputs, parameters, states } = program;
  const known = [...inputs, ...parameters, ...states];
  for (const key of given.keys())
    if (!known.some((t) => t.name === key))
      throw new SampleError(`\`${key}\` is no input and no parameter: there ${namesOf(known)}`);
  const missing = inputs.filter((t) => !given.has(t.name));
  if (missing.length > 0)
    throw new SampleError(
      `the sample lacks ${missing.map((t) => `\`${t.name}\` [${shapeOf(t.shape, textOf).join(", ")}]`).join(", ")}`,
    );
  const read = new Map<Tensor, Nested>();
  for (const t of known) if (given.has(t.name)) read.set(t, nested(t, given.get(t.name)));
  const environment: Environment = { dims: dimensions(program, read), values: builtinValues(program, seed) };
  for (const t of [...parameters, ...states, ...program.optimizerStates])
    environment.values.set(t, new Float64Array(tensorSize(t, environment.dims)));
  interpret(initialise, environment);
  for (const [t, value] of read) environment.values.set(t, checked(t, value, environment.dims));
  return environment;
}

function namesOf(tensors: readonly Tensor[]): string {
  return `${tensors.length === 1 ? "is" : "are"} ${tensors.map((t) => `\`${t.name}\``).join(", ")}`;
}

interface Nested {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Nested arrays of numbers or truth values; all rows of a level have the same length. */
function nested(t: Tensor, value: unknown): Nested {
  const fail = (problem: string): never => {
    throw new SampleError(`\`${t.name}\` ${problem}`);
  };
  const walk = (v: unknown): Nested => {
    if (typeof v === "number" || typeof v === "boolean") return { shape: [], values: [Number(v)] };
    if (!Array.isArray(v))
      return fail(`must be a number or an array of numbers, but holds ${JSON.stringify(v)}`);
    if (v.length === 0) return fail("must not hold an empty array");
    const rows = v.map(walk);
    const shapes = new Set(rows.map((r) => r.shape.join(", ")));
    if (shapes.size > 1) return fail(`has rows of different lengths: [${[...shapes].join("] and [")}]`);
    return { shape: [v.length, ...rows[0]!.shape], values: rows.flatMap((r) => r.values) };
  };
  return walk(value);
}

/** Counts of dynamic dimensions: each is the length of some dimension of an input. */
function dimensions(program: Program, read: ReadonlyMap<Tensor, Nested>): Map<Dim, number> {
  const dims = new Map<Dim, number>();
  for (const [t, { shape }] of read) {
    if (shape.length !== t.shape.length) continue;
    t.shape.forEach((extent, d) => {
      const dim = dimOf(extent);
      const count = shape[d]!;
      if (!dim) return;
      const before = dims.get(dim);
      if (before !== undefined && before !== count)
        throw new SampleError(`\`${dim.name}\` is ${before} in one place and ${count} in \`${t.name}\``);
      if (count > dim.maximum)
        throw new SampleError(
          `\`${t.name}\` has ${count} for \`${dim.name}\`, which is at most ${dim.maximum}`,
        );
      dims.set(dim, count);
    });
  }
  for (const d of program.dims) if (!dims.has(d)) dims.set(d, d.maximum);
  return dims;
}

function dimOf(extent: Affine): Dim | undefined {
  const [term, ...more] = extent.terms;
  if (!term || more.length > 0 || extent.constant !== 0 || term.factor !== 1) return undefined;
  return term.atom.kind === "dim" ? term.atom : undefined;
}

function checked(t: Tensor, { shape, values }: Nested, dims: ReadonlyMap<Dim, number>): Float64Array {
  const wanted = extentsOf(t, dims);
  const found = `[${shape.join(", ")}]`;
  if (shape.length !== wanted.length || shape.some((n, d) => n !== wanted[d])) {
    const declared = `[${shapeOf(t.shape, textOf).join(", ")}]`;
    throw new SampleError(`\`${t.name}\` must be ${declared}, but the sample has ${found}`);
  }
  if (t.type === "i32") {
    const below = t.below ? evaluateAffine(t.below, dims) : Infinity;
    const wrong = values.find((v) => !Number.isInteger(v) || (t.below && (v < 0 || v >= below)));
    if (wrong !== undefined)
      throw new SampleError(
        `\`${t.name}\` holds ${wrong}, but its values are integers from 0 to ${below - 1}`,
      );
  }
  const last = wanted.at(-1) ?? 1;
  if (t.distribution)
    for (let row = 0; row < values.length; row += last) {
      const total = values.slice(row, row + last).reduce((a, b) => a + b, 0);
      if (Math.abs(total - 1) > 1e-4)
        throw new SampleError(`a row of \`${t.name}\` sums to ${total}: rows of a distribution sum to 1`);
    }
  return Float64Array.from(values);
}
