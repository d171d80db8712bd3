/**
 * What a model costs, before anything runs: operations and traffic of every call of every procedure, and the memory.
 * The counts are those of the kernels as they are executed at this level, where fusion may compute a value twice.
 */
import type { AtomName } from "../ir/atoms.ts";
import { evaluateAffine, extentsOf } from "../ir/interpreter-expressions.ts";
import type { Block, Call, Kernel, Procedure, Schedule } from "../ir/kernel.ts";
import { printStatement } from "../ir/printer.ts";
import type { Dim, ScalarType, Tensor } from "../ir/types.ts";
import type { Counts } from "./count.ts";
import { countKernel } from "./count.ts";

/** Numbers are exact unless `atMost` is set. */
export interface Cost {
  /** Arithmetic, square roots, comparisons and selections of floats, each as one. */
  readonly operations: number;
  /** Calls of exp, log, tanh …, by name. */
  readonly functions: Readonly<Partial<Record<AtomName, number>>>;
  /** Every read and every store, as the kernels make them. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** The same where every cell of a buffer is moved once only: what no cache can save. */
  readonly compulsoryBytesRead: number;
  readonly compulsoryBytesWritten: number;
  /** Some of this stands under a condition on data, both sides of which are counted. */
  readonly atMost: boolean;
}

/** One call of a kernel, or one buffer that is filled with zeros. */
export interface CallCost extends Cost {
  readonly kernel: string;
  /** Its equations, as the graph prints them. */
  readonly computes: readonly string[];
}

export interface ProcedureCost extends Cost {
  readonly name: string;
  /** The number of different kernels that are called. */
  readonly kernels: number;
  readonly calls: readonly CallCost[];
}

export interface Room {
  /** The number of values. */
  readonly count: number;
  readonly bytes: number;
}

/** What a GPU is asked for, where that is the target: its calls are dispatches. */
export interface DeviceCost {
  /** Different compute pipelines. */
  readonly shaders: number;
  /** The storage buffers that the largest dispatch binds, and the bytes that its largest workgroup has in common. */
  readonly bindings: number;
  readonly workgroupBytes: number;
  /** Buffers for tensors, all of them together, and the largest. */
  readonly buffers: number;
  readonly bytes: number;
  readonly largestBuffer: number;
}

export interface CostReport {
  readonly model: string;
  readonly level: number;
  readonly dimensions: readonly { readonly name: string; readonly count: number; readonly maximum: number }[];
  readonly memory: {
    readonly parameters: Room;
    readonly gradients: Room;
    readonly optimizerStates: Room;
    /** Of layers: running statistics. */
    readonly states: Room;
    /** Everything in between, where values whose lives do not overlap share a place. */
    readonly values: Room;
    readonly inputs: Room;
    /** What a module takes when a model is created: dimensions that vary by call are at their maximum. */
    readonly total: Room;
  };
  readonly procedures: readonly ProcedureCost[];
  readonly device?: DeviceCost;
  /** What `backward` does beyond `evaluate`, over what `evaluate` does: operations and functions, each as one. */
  readonly backwardToForward: number | null;
}

/** The report for these counts of dimensions; of dimensions that are not given, for the largest. */
export function reportOf(
  schedule: Schedule,
  at: ReadonlyMap<Dim, number>,
  costOfDevice?: (dims: ReadonlyMap<Dim, number>) => DeviceCost,
): CostReport {
  const { program } = schedule;
  const dims = new Map(program.dims.map((d) => [d, at.get(d) ?? d.maximum]));
  const counter = new CallCounter(dims);
  const { forward, evaluate, backward, statistics, update, initialise } = schedule;
  const inOrder = [initialise, forward, evaluate, backward, statistics, update];
  const procedures = inOrder.map((p) => procedureCost(p, counter));
  const work = (wanted: Procedure): number => operationsAndFunctions(procedures[inOrder.indexOf(wanted)]!);
  return {
    model: program.name,
    level: schedule.level,
    dimensions: program.dims.map((d) => ({ name: d.name, count: dims.get(d)!, maximum: d.maximum })),
    memory: memoryOf(schedule, dims),
    procedures,
    ...(costOfDevice && { device: costOfDevice(dims) }),
    backwardToForward: program.loss && work(evaluate) > 0 ? work(backward) / work(evaluate) - 1 : null,
  };
}

/** Every operation and every function as one. */
function operationsAndFunctions(cost: Cost): number {
  return Object.values(cost.functions).reduce((sum, n) => sum + n, cost.operations);
}

function procedureCost({ name, calls }: Procedure, counter: CallCounter): ProcedureCost {
  const costs = calls.map((c) => counter.costOf(c));
  const kernels = new Set(calls.flatMap((c) => (c.kind === "call" ? [c.kernel] : []))).size;
  return { name, kernels, ...sumOf(costs), calls: costs };
}

function sumOf(costs: readonly Cost[]): Cost {
  const functions: Partial<Record<AtomName, number>> = {};
  for (const c of costs)
    for (const [name, n] of Object.entries(c.functions) as [AtomName, number][])
      functions[name] = (functions[name] ?? 0) + n;
  const sum = (of: (c: Cost) => number): number => costs.reduce((total, c) => total + of(c), 0);
  return {
    operations: sum((c) => c.operations),
    functions,
    bytesRead: sum((c) => c.bytesRead),
    bytesWritten: sum((c) => c.bytesWritten),
    compulsoryBytesRead: sum((c) => c.compulsoryBytesRead),
    compulsoryBytesWritten: sum((c) => c.compulsoryBytesWritten),
    atMost: costs.some((c) => c.atMost),
  };
}

/** Calls of one kernel with the same counts are counted once. */
class CallCounter {
  private readonly known = new Map<Kernel, Map<string, Counts>>();

  constructor(private readonly dims: ReadonlyMap<Dim, number>) {}

  costOf(call: Call): CallCost {
    if (call.kind === "clear") return clearing(call.tensor, this.dims);
    const { kernel } = call;
    const { operations, functions, reads, writes, conditional } = this.countsOf(call);
    const moved = (counts: ReadonlyMap<Tensor, number>): [all: number, compulsory: number] => {
      const passed = new Map<Tensor, number>();
      kernel.buffers.forEach(({ tensor }, i) => {
        const actual = call.buffers[i]!;
        passed.set(actual, (passed.get(actual) ?? 0) + (counts.get(tensor) ?? 0));
      });
      const sum = (of: (t: Tensor, n: number) => number): number =>
        [...passed].reduce((total, [t, n]) => total + of(t, n) * bytesOf[t.type], 0);
      return [sum((_, n) => n), sum((t, n) => Math.min(n, sizeOf(t, this.dims)))];
    };
    const [bytesRead, compulsoryBytesRead] = moved(reads);
    const [bytesWritten, compulsoryBytesWritten] = moved(writes);
    return {
      kernel: kernel.name,
      computes: call.statements.map((s) => printStatement(s).replaceAll("\n", "")),
      operations,
      functions: Object.fromEntries(functions),
      bytesRead,
      bytesWritten,
      compulsoryBytesRead,
      compulsoryBytesWritten,
      atMost: conditional > 0,
    };
  }

  private countsOf(call: Extract<Call, { kind: "call" }>): Counts {
    const { kernel } = call;
    const passed = passedDims(call, this.dims);
    const key = kernel.dims.map((d) => passed.get(d)).join();
    const ofKernel = this.known.get(kernel) ?? new Map<string, Counts>();
    this.known.set(kernel, ofKernel);
    const counts = ofKernel.get(key) ?? countKernel(kernel, passed);
    ofKernel.set(key, counts);
    return counts;
  }
}

/** The values of dimensions inside the kernel of a call; extents may mention others that are not passed. */
export function passedDims(
  call: Extract<Call, { kind: "call" }>,
  dims: ReadonlyMap<Dim, number>,
): ReadonlyMap<Dim, number> {
  const passed = new Map(dims);
  call.kernel.dims.forEach((d, i) => {
    const given = call.dims[i]!;
    passed.set(d, typeof given === "number" ? given : dims.get(given)!);
  });
  return passed;
}

function clearing(tensor: Tensor, dims: ReadonlyMap<Dim, number>): CallCost {
  const bytes = sizeOf(tensor, dims) * bytesOf[tensor.type];
  return {
    kernel: "fill",
    computes: [`${tensor.name} = 0`],
    operations: 0,
    functions: {},
    bytesRead: 0,
    bytesWritten: bytes,
    compulsoryBytesRead: 0,
    compulsoryBytesWritten: bytes,
    atMost: false,
  };
}

// --------------------------------------------------------------------------------------------------------------- memory

/** What a value takes in the typed arrays of a module. */
const bytesOf: Readonly<Record<ScalarType, number>> = { f32: 4, i32: 4, bool: 1 };

const sizeOf = (t: Tensor, dims: ReadonlyMap<Dim, number>): number =>
  extentsOf(t, dims).reduce((n, e) => n * e, 1);

function memoryOf({ program, plan }: Schedule, dims: ReadonlyMap<Dim, number>): CostReport["memory"] {
  const largest = new Map([...dims].map(([d, n]) => [d, d.varies === "call" ? d.maximum : n]));
  const room = (things: readonly { readonly type: ScalarType; readonly count: number }[]): Room => ({
    count: things.reduce((sum, t) => sum + t.count, 0),
    bytes: things.reduce((sum, t) => sum + t.count * bytesOf[t.type], 0),
  });
  const optimizers = new Set(program.optimizerStates);
  const block = (name: Block, wanted: (t: Tensor) => boolean = () => true): Room =>
    room(
      plan.slots
        .filter((s) => s.block === name && wanted(s.tensors[0]!))
        // What follows a tensor up to the next multiple of 64 bytes is not counted: it belongs to no one.
        .map((s) => ({
          type: s.type,
          count: name === "values" ? evaluateAffine(s.size, largest) : sizeOf(s.tensors[0]!, largest),
        })),
    );
  const parts = {
    parameters: block("parameters"),
    gradients: block("gradients"),
    optimizerStates: block("states", (t) => optimizers.has(t)),
    states: block("states", (t) => !optimizers.has(t)),
    values: block("values"),
    inputs: room(program.inputs.map((t) => ({ type: t.type, count: sizeOf(t, largest) }))),
  };
  const all = Object.values(parts);
  const total = {
    count: all.reduce((sum, r) => sum + r.count, 0),
    bytes: all.reduce((sum, r) => sum + r.bytes, 0),
  };
  return { ...parts, total };
}
