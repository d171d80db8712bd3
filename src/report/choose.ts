/**
 * Which target a model is compiled for where nobody said: the one whose step takes less time, by this model of time. A GPU
 * is not chosen, since the methods of its module are promises, which a program must be written for; but the reason says
 * whether it would be worth it. The model of time counts the operations of the equations, with dimensions at their maximum,
 * and knows how fast each target gets through them: rates as measured on one core (about 3.9 GHz), of which only the ratios matter here.
 */
import { countOf } from "../ir/affine.ts";
import { atoms } from "../ir/atoms.ts";
import { costOf, operationOf } from "../ir/cost.ts";
import type { ModelGraphs } from "../ir/model.ts";
import { freeIndices, visit } from "../ir/rewrite.ts";
import type { Statement } from "../ir/types.ts";

/** The targets that are chosen from: they have the same methods. */
export type CpuTarget = "typescript" | "wasm";
export type ConcreteTarget = CpuTarget | "webgpu";

/** What was chosen, and from what: times are estimates in seconds. */
export interface Choice {
  readonly target: CpuTarget;
  /** A step of training, or, without a loss, what `forward` computes. */
  readonly of: "step" | "forward";
  readonly operations: number;
  readonly seconds: Readonly<Record<ConcreteTarget, number>>;
  /** The choice in a sentence. */
  readonly reason: string;
}

interface Rates {
  /** Operations of sums per second: products, convolutions, reductions. */
  readonly sums: number;
  /** All other arithmetic per second. */
  readonly arithmetic: number;
  /** Functions such as exp per second, in additions, as the atom table weighs them. */
  readonly functions: number;
  /** Seconds that a step takes besides: the calls, and copying the inputs into other memory. */
  readonly calls: number;
  /** Seconds for each equation, where it is a dispatch. */
  readonly dispatch: number;
}

const rates: Readonly<Record<ConcreteTarget, Rates>> = {
  typescript: { sums: 4.5e9, arithmetic: 4e9, functions: 2e9, calls: 0.05e-6, dispatch: 0 },
  wasm: { sums: 36e9, arithmetic: 28e9, functions: 20e9, calls: 0.2e-6, dispatch: 0 },
  // No measurement: an integrated GPU that others report 1 TFLOP/s of, and 100 GB/s of memory.
  webgpu: { sums: 1e12, arithmetic: 1e10, functions: 1e11, calls: 200e-6, dispatch: 8e-6 },
};

/** Less than this many seconds a step is no reason for code that cannot be read, and that takes a millisecond to start. */
const worthIt = 1e-6;

export function chooseTarget(graphs: ModelGraphs): Choice {
  const { program, forward, backward, statistics, update } = graphs;
  const of = program.loss ? "step" : "forward";
  const graphsOfStep = program.loss ? [backward, statistics, update] : [forward];
  const statements = graphsOfStep.flatMap((g) => g.statements);
  const isSum = (s: Statement): boolean => s.kind === "equation" && s.reducer !== null;
  const sums = costOf(statements.filter(isSum));
  const others = costOfElements(statements.filter((s) => !isSum(s)));
  const seconds = (target: ConcreteTarget): number => {
    const { sums: ofSums, arithmetic, functions, calls, dispatch } = rates[target];
    const elements = others.arithmetic / arithmetic + others.functions / functions;
    return sums.additions / ofSums + elements + calls + dispatch * statements.length;
  };
  const times = { typescript: seconds("typescript"), wasm: seconds("wasm"), webgpu: seconds("webgpu") };
  const target = times.typescript - times.wasm > worthIt ? "wasm" : "typescript";
  const operations = sums.operations + others.arithmetic + others.calls;
  const best = { target, of, operations, seconds: times } as const;
  return { ...best, reason: reasonOf(best, "too little to save for code that cannot be read") };
}

/** What is left of a choice where a model needs more memory than WebAssembly has. */
export function withoutWasm(choice: Choice, gibibytes: string): Choice {
  const best = { ...choice, target: "typescript" } as const;
  return {
    ...best,
    reason: reasonOf(best, `the model needs ${gibibytes} GiB of memory, and WebAssembly has 4`),
  };
}

interface Elements {
  readonly arithmetic: number;
  /** Calls of functions, and what they cost together, in additions. */
  readonly calls: number;
  readonly functions: number;
}

/** What equations without sums do; what does not change in a loop counts once, as kernels compute it outside. */
function costOfElements(statements: readonly Statement[]): Elements {
  let [arithmetic, calls, functions] = [0, 0, 0];
  for (const s of statements) {
    if (s.kind !== "equation") continue;
    visit([s.body], (e) => {
      if (e.kind !== "apply") return;
      const { operations, called } = operationOf(e);
      const turns = countOf(freeIndices(e));
      arithmetic += turns * operations;
      if (called === undefined) return;
      calls += turns;
      functions += turns * atoms[called].cost;
    });
  }
  return { arithmetic, calls, functions };
}

/** `a step is 205 MFLOP; TypeScript would take about 45 ms, WebAssembly 5.7 ms`, and why where it is not the faster one. */
function reasonOf(
  { target, of, operations, seconds }: Omit<Choice, "reason">,
  whyNotFastest: string,
): string {
  const names = { typescript: "TypeScript", wasm: "WebAssembly" } as const;
  const other = target === "wasm" ? "typescript" : "wasm";
  const what = of === "step" ? "a step" : "a forward pass";
  const flop = scaled(operations, [
    [1e9, "GFLOP"],
    [1e6, "MFLOP"],
    [1e3, "kFLOP"],
    [1, "FLOP"],
  ]);
  const time = (t: ConcreteTarget): string =>
    scaled(seconds[t], [
      [1, "s"],
      [1e-3, "ms"],
      [1e-6, "µs"],
    ]);
  const all = `${what} is ${flop}; ${names[other]} would take about ${time(other)}, ${names[target]} ${time(target)}`;
  const why = seconds[other] < seconds[target] ? `: ${whyNotFastest}` : "";
  const best = Math.min(seconds.typescript, seconds.wasm);
  const gpu =
    seconds.webgpu < best / 2
      ? `a GPU may take ${time("webgpu")}: --target webgpu, whose methods are promises`
      : "too small for a GPU";
  return `${all}${why}; ${gpu}`;
}

/** Two digits, or the whole number where it has more. */
function scaled(value: number, units: readonly (readonly [size: number, name: string])[]): string {
  const [size, name] = units.find(([least]) => value >= 0.995 * least) ?? units.at(-1)!;
  const number = value / size;
  return `${number < 9.95 ? Number(number.toPrecision(2)) : Math.round(number)} ${name}`;
}
