/** Measures how gradients flow through a model for a sample, with the reference interpreter, in 64 bits. */
import { generator } from "./derivation/points.ts";
import { SampleError, sampleOf } from "./derivation/sample.ts";
import type { CheckResult, CompileOptions } from "./index.ts";
import type { Context } from "./ir/context.ts";
import { slice } from "./ir/dependences.ts";
import type { Environment } from "./ir/interpreter.ts";
import { evaluateAffine, extentsOf, interpret } from "./ir/interpreter.ts";
import type { ModelGraphs } from "./ir/model.ts";
import type { Equation, Expr, Program, Statement, Tensor } from "./ir/types.ts";
import { differentiate } from "./passes/differentiate.ts";
import { partialsOfReads } from "./passes/differentiate/sweep.ts";
import { specialise } from "./passes/specialise.ts";
import type { ActivationFlow, Flow, ParameterFlow } from "./pictures/flow.ts";

/** Cells whose derivative is no larger than this barely pass a gradient on. */
const barely = 0.01;

/** Examples of a random sample, or less where the model takes less. */
const randomExamples = 32;

export interface FlowOptions extends Pick<CompileOptions, "file" | "sizes" | "model" | "resolveImport"> {
  /** Values of inputs and parameters, as parsed JSON. Without inputs they are random, without parameters as initialised. */
  readonly sample?: unknown;
  /** Values of parameters and states by name, row-major, instead of their starting values. */
  readonly weights?: ReadonlyMap<string, ArrayLike<number>>;
  /** Of initialisers and random inputs. Default 1. */
  readonly seed?: number;
}

export interface FlowResult extends CheckResult {
  /** null where a diagnostic is an error, or the model has no loss. */
  readonly flow: Flow | null;
}

export interface FlowSettings {
  readonly sample?: unknown;
  readonly weights?: ReadonlyMap<string, ArrayLike<number>>;
  readonly seed?: number;
}

/**
 * `sample` as `sampleOf` reads it; where it lacks inputs, they are random. Throws a `SampleError` where it does not fit.
 * The model must have a loss.
 */
export function flowOf(
  program: Program,
  graphs: ModelGraphs,
  context: Context,
  { sample = {}, weights = new Map(), seed = 1 }: FlowSettings,
): Flow {
  const given =
    typeof sample === "object" ? { ...randomInputs(program, sample ?? {}, seed), ...sample } : sample;
  const environment = sampleOf(program, graphs.initialise.statements, given, seed);
  for (const t of [...program.parameters, ...program.states]) {
    const values = weights.get(t.name);
    if (values) environment.values.set(t, fitting(t, values, environment));
  }
  const before = new Map(program.parameters.map((p) => [p, Float64Array.from(environment.values.get(p)!)]));
  const statements = unrolled(program, context);
  const activations = statements.flatMap((s) => activationOf(s, context));
  const wanted = new Map(
    activations.map((a) => [
      a.tensor,
      context.builder.tensor({ ...a.tensor, name: `d${a.tensor.name}`, role: "adjoint" }),
    ]),
  );
  interpret(withGradients(program, statements, wanted, context), environment);
  const loss = environment.values.get(program.loss!)![0]!;
  const flows = activations.map((a) => measureActivation(a, wanted.get(a.tensor)!, environment));
  const gradients = new Map(
    program.gradients.map((g, n) => [program.trained[n]!, environment.values.get(g)!]),
  );
  if (graphs.update.statements.length > 0) interpret(graphs.update, environment);
  const parameters = program.trained.map((p) =>
    measureParameter(p, gradients.get(p)!, before.get(p)!, environment),
  );
  return { model: program.name, loss, parameters, activations: flows };
}

function fitting(t: Tensor, values: ArrayLike<number>, { dims }: Environment): Float64Array {
  const shape = extentsOf(t, dims);
  if (values.length === shape.reduce((product, extent) => product * extent, 1))
    return Float64Array.from(values);
  throw new SampleError(
    `\`${t.name}\` is [${shape.join(", ")}] for this sample, but was saved with ${values.length} values`,
  );
}

/** Values of the inputs that a sample does not give, where it gives none of them: they would not fit together. */
function randomInputs(program: Program, sample: object, seed: number): Record<string, unknown> {
  if (program.inputs.some((t) => t.name in sample)) return {};
  const random = generator(seed);
  const dims = new Map(program.dims.map((d) => [d, Math.min(d.maximum, randomExamples)]));
  const cell = (t: Tensor): number => {
    if (t.type === "bool") return Math.floor(2 * random());
    if (t.type === "i32") return Math.floor((t.below ? evaluateAffine(t.below, dims) : 1) * random());
    // Box and Muller, 1958: a normal number from two uniform ones.
    return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  };
  const values = (t: Tensor, shape: readonly number[]): unknown => {
    const [count, ...inner] = shape;
    if (count === undefined) return cell(t);
    if (t.distribution && inner.length === 0) return oneOf(count, random);
    return Array.from({ length: count }, () => values(t, inner));
  };
  return Object.fromEntries(program.inputs.map((t) => [t.name, values(t, extentsOf(t, dims))]));
}

function oneOf(count: number, random: () => number): number[] {
  const chosen = Math.floor(count * random());
  return Array.from({ length: count }, (_, n) => (n === chosen ? 1 : 0));
}

/** What the loss needs, as the source says it: no simplification has merged anything. */
function unrolled(program: Program, context: Context): readonly Statement[] {
  const whole = { name: "flow", statements: program.forward, results: [program.loss!] };
  return slice(specialise(whole, true, program, context), [program.loss!], "drop").statements;
}

function withGradients(
  program: Program,
  statements: readonly Statement[],
  wanted: ReadonlyMap<Tensor, Tensor>,
  context: Context,
): readonly Statement[] {
  const origin = { span: program.span, name: "flow" };
  const wrt = [...program.trained, ...wanted.keys()];
  const results = [...program.gradients, ...wanted.values()];
  const request = { kind: "gradient" as const, id: -1, of: program.loss!, wrt, results, origin };
  const graph = { name: "flow", statements: [...statements, request], results: [program.loss!, ...results] };
  return differentiate.run(graph, context).statements;
}

// -------------------------------------------------------------------------------------------------------- activations

/** a[i] = f(z[i]), with f no straight line. */
interface Activation {
  readonly tensor: Tensor;
  /** Stores ∂a/∂z into a tensor of its own. */
  readonly slope: Equation;
}

function activationOf(s: Statement, { builder: b }: Context): Activation[] {
  if (s.kind !== "equation" || s.reducer !== null || s.accumulate || s.target.length === 0) return [];
  const partials = partialsOfReads(b, s.body, (t) => t.role === "definition");
  const [partial, ...others] = partials;
  if (!partial || others.length > 0 || partial.value.kind === "constant") return [];
  const { subscripts, tensor: source } = partial.read;
  const isAligned = subscripts.length === s.target.length && subscripts.every((e, d) => e === s.target[d]);
  if (!isAligned || source.hoistedFrom === s.tensor) return [];
  const tensor = b.tensor({ ...s.tensor, name: `∂${s.tensor.name}`, role: "definition" });
  const body: Expr = b.select(partial.guard, partial.value, b.number(0));
  return [{ tensor: s.tensor, slope: b.equation({ ...s, tensor, body }) }];
}

function measureActivation(
  { tensor, slope }: Activation,
  adjoint: Tensor,
  environment: Environment,
): ActivationFlow {
  interpret([slope], environment);
  const slopes = [...environment.values.get(slope.tensor)!].map(Math.abs);
  const shape = extentsOf(tensor, environment.dims);
  const units = shape.at(-1) ?? 1;
  const dead = Array.from({ length: units }, (_, u) => u).filter((u) =>
    slopes.every((d, cell) => cell % units !== u || d === 0),
  );
  const isSmooth = new Set(slopes).size > 2;
  const flat = slopes.filter((d) => d <= barely);
  return {
    name: tensor.name,
    shape,
    gradient: meanOf(environment.values.get(adjoint)!),
    dead: dead.length / units,
    saturated: isSmooth ? flat.length / slopes.length : null,
  };
}

// --------------------------------------------------------------------------------------------------------- parameters

function measureParameter(
  p: Tensor,
  gradient: ArrayLike<number>,
  before: Float64Array,
  { dims, values }: Environment,
): ParameterFlow {
  const sizes = Array.from(gradient, Math.abs);
  const length = (xs: readonly number[]): number => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0));
  const change = length([...values.get(p)!].map((v, n) => v - before[n]!));
  const weight = length([...before]);
  return {
    name: p.name,
    shape: extentsOf(p, dims),
    gradient: { mean: meanOf(gradient), largest: sizes.reduce((a, b) => Math.max(a, b), 0) },
    update: weight === 0 ? null : change / weight,
  };
}

function meanOf(values: ArrayLike<number>): number {
  return Array.from(values, Math.abs).reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}
