/**
 * Kernels executed as they stand, in 64-bit floats, on the memory that the plan gives them: a schedule must compute
 * what its graphs mean. It checks what a target may rely on: every access in range, no local used before it has a value.
 */
import { atoms } from "./atoms.ts";
import type {
  Assign,
  Call,
  Kernel,
  KernelStatement,
  Loop,
  Procedure,
  Schedule,
  Slot,
  Store,
} from "./kernel.ts";
import type { AtomName } from "./atoms.ts";
import { evaluateAffine, extentsOf } from "./interpreter-expressions.ts";
import type { Dim, Expr, Index, IntegerAtom, Local, Read, Tensor } from "./types.ts";

type Values = Float64Array;

/** The memory of one model: an array a slot, shared by the tensors of the slot, and one for everything else. */
export class Memory {
  private readonly slots = new Map<Tensor, Values>();
  private readonly given = new Map<Tensor, Values>();
  readonly dims: ReadonlyMap<Dim, number>;

  /** `initial` fills every slot: NaN shows reads of what was not written. Persistent blocks start at 0. */
  constructor(schedule: Schedule, dims: ReadonlyMap<Dim, number>, initial = 0) {
    this.dims = dims;
    const { slots, rows } = schedule.plan;
    const ends = new Map<Slot, number>();
    let end = 0;
    for (const slot of slots) ends.set(slot, (end += evaluateAffine(slot.size, dims)));
    // One array for all, so that a row of slots is a stretch of it as well.
    const all = new Float64Array(end);
    for (const slot of slots) {
      const to = ends.get(slot)!;
      const values = all.subarray(to - evaluateAffine(slot.size, dims), to);
      if (slot.block === "values") values.fill(initial);
      for (const tensor of slot.tensors) this.slots.set(tensor, values);
    }
    for (const row of rows) {
      const [first, last] = [row.slots[0]!, row.slots.at(-1)!];
      const from = ends.get(first)! - evaluateAffine(first.size, dims);
      this.slots.set(row.tensor, all.subarray(from, ends.get(last)!));
    }
  }

  /** Gives an input, hyper or builtin its values, or sets those of a tensor that has a slot. */
  set(tensor: Tensor, values: ArrayLike<number>): void {
    const slot = this.slots.get(tensor);
    if (slot) slot.set(values);
    else this.given.set(tensor, Float64Array.from(values));
  }

  /** The live cells of a tensor, at the front of its slot. */
  get(tensor: Tensor): Values {
    const values = this.slots.get(tensor) ?? this.given.get(tensor);
    if (!values) throw new Error(`\`${tensor.name}\` has no place in memory`);
    return values.subarray(
      0,
      extentsOf(tensor, this.dims).reduce((n, e) => n * e, 1),
    );
  }

  /** The whole array behind a tensor: what it shares with others. */
  storage(tensor: Tensor): Values | undefined {
    return this.slots.get(tensor);
  }
}

/** Is told what kernels do, while they run: how a prediction of it is checked. */
export interface Observer {
  /** Of every node of an expression, once in a statement. */
  evaluated(e: Expr): void;
  /** Of what changes a local or a cell. */
  changed(s: Assign | Store): void;
}

/** Runs the calls of a procedure in order. `after` is told of each. */
export function execute(
  procedure: Procedure,
  memory: Memory,
  after: (call: Call) => void = () => undefined,
  observer?: Observer,
): void {
  for (const call of procedure.calls) {
    if (call.kind === "clear") memory.get(call.tensor).fill(0);
    else runKernel(call, memory, observer);
    after(call);
  }
}

function runKernel(call: Extract<Call, { kind: "call" }>, memory: Memory, observer?: Observer): void {
  const { kernel } = call;
  if (call.buffers.length !== kernel.buffers.length || call.scalars.length !== kernel.scalars.length) {
    throw new Error(`a call of ${kernel.name} does not fit its parameters`);
  }
  const values = new Map<Tensor, Values>();
  kernel.buffers.forEach((buffer, i) => values.set(buffer.tensor, memory.get(call.buffers[i]!)));
  kernel.scalars.forEach((scalar, i) => values.set(scalar, memory.get(call.scalars[i]!)));
  // Outer extents are only checked, so what they mention need not be passed.
  const dims = new Map(memory.dims);
  kernel.dims.forEach((d, i) => {
    const passed = call.dims[i]!;
    dims.set(d, typeof passed === "number" ? passed : memory.dims.get(passed)!);
  });
  for (const t of kernel.scratch ?? [])
    values.set(t, new Float64Array(extentsOf(t, dims).reduce((n, e) => n * e, 1)).fill(NaN));
  new Machine(kernel, values, dims, observer).run(kernel.body);
}

/** One execution of a kernel. */
class Machine {
  private readonly positions = new Map<Index, number>();
  private readonly locals = new Map<Local, number>();
  private readonly kernel: Kernel;
  private readonly values: ReadonlyMap<Tensor, Values>;
  private readonly dims: ReadonlyMap<Dim, number>;

  private readonly observer: Observer | undefined;

  constructor(
    kernel: Kernel,
    values: ReadonlyMap<Tensor, Values>,
    dims: ReadonlyMap<Dim, number>,
    observer: Observer | undefined,
  ) {
    this.kernel = kernel;
    this.values = values;
    this.dims = dims;
    this.observer = observer;
  }

  run(block: readonly KernelStatement[]): void {
    for (const s of block) this.statement(s);
  }

  private statement(s: KernelStatement): void {
    const evaluate = this.evaluator();
    switch (s.kind) {
      case "loop":
        return this.loop(s, evaluate);
      case "let":
      case "variable":
        this.locals.set(s.local, evaluate(s.value));
        return;
      case "assign": {
        const old = this.local(s.local);
        const value = evaluate(s.value);
        this.observer?.changed(s);
        this.locals.set(
          s.local,
          s.reducer === "sum" ? old + value : s.reducer === "prod" ? old * value : value,
        );
        return;
      }
      case "if":
        return this.run(evaluate(s.condition) ? s.body : s.otherwise);
      case "store": {
        const value = evaluate(s.value);
        const cells = this.cells(s.tensor);
        const at = this.place(s.tensor, s.subscripts.map(evaluate));
        this.observer?.changed(s);
        cells[at] = s.accumulate ? cells[at]! + value : value;
      }
    }
  }

  private loop(s: Loop, evaluate: (e: Expr) => number): void {
    const from = evaluate(s.from);
    const to = evaluate(s.to);
    const extent = evaluateAffine(s.index.extent, this.dims);
    for (let turn = from; turn < to; turn += s.step ?? 1) {
      // The turns in the lanes of a vector are independent: one after the other, they give the same.
      for (let i = turn; i < turn + (s.lanes ?? 1); i++) {
        if (i < 0 || i >= extent) this.fail(`the loop over ${s.index.name} leaves 0 … ${extent - 1} at ${i}`);
        this.positions.set(s.index, i);
        this.run(s.body);
      }
    }
    this.positions.delete(s.index);
  }

  /** Evaluates the expressions of one statement; nodes that occur several times are evaluated once. */
  private evaluator(): (e: Expr) => number {
    const memo = new Map<Expr, number>();
    const walk = (e: Expr): number => {
      const known = memo.get(e);
      if (known !== undefined) return known;
      const value = this.value(e, walk);
      this.observer?.evaluated(e);
      memo.set(e, value);
      return value;
    };
    return walk;
  }

  private value(e: Expr, walk: (e: Expr) => number): number {
    switch (e.kind) {
      case "constant":
        return e.value;
      case "affine":
        return e.terms.reduce((sum, t) => sum + t.factor * this.atom(t.atom, walk), e.constant);
      case "local":
        return this.local(e);
      case "condition":
        return Number(e.relation === "zero" ? walk(e.form) === 0 : walk(e.form) >= 0);
      case "read":
        return this.cells(e.tensor)[this.place(e.tensor, e.subscripts.map(walk), e)]!;
      case "apply":
        return this.apply(e.atom, e.args, walk);
      case "reduce":
        return this.fail("a reduction stands inside an expression");
    }
  }

  private apply(name: AtomName, args: readonly Expr[], walk: (e: Expr) => number): number {
    const row = atoms[name];
    return row.lazy ? row.lazy(...args.map((a) => () => walk(a))) : row.evaluate(...args.map(walk));
  }

  private atom(atom: IntegerAtom, walk: (e: Expr) => number): number {
    switch (atom.kind) {
      case "index": {
        const at = this.positions.get(atom);
        return at ?? this.fail(`the index ${atom.name} is used outside its loop`);
      }
      case "dim":
        if (!this.kernel.dims.includes(atom)) return this.fail(`the dimension ${atom.name} is not passed`);
        return this.dims.get(atom) ?? this.fail(`the dimension ${atom.name} has no value`);
      case "floor":
        return Math.floor(walk(atom.value) / atom.divisor);
      case "modulo":
        return walk(atom.value) - atom.divisor * Math.floor(walk(atom.value) / atom.divisor);
      case "opaque":
        return walk(atom.value);
    }
  }

  private local(local: Local): number {
    return this.locals.get(local) ?? this.fail(`the local ${local.name} has no value`);
  }

  private cells(tensor: Tensor): Values {
    return this.values.get(tensor) ?? this.fail(`the tensor ${tensor.name} is not passed`);
  }

  private place(tensor: Tensor, subscripts: readonly number[], read?: Read): number {
    const extents = extentsOf(tensor, this.dims);
    return subscripts.reduce((at, s, d) => {
      if (s >= 0 && s < extents[d]!) return at * extents[d]! + s;
      return this.fail(
        `${read ? "reads" : "writes"} ${tensor.name}[${subscripts.join()}] of [${extents.join()}]`,
      );
    }, 0);
  }

  private fail(message: string): never {
    throw new Error(`kernel ${this.kernel.name}: ${message}`);
  }
}
