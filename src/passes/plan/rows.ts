/**
 * One call in place of many. A kernel that treats every cell alike is called for one parameter after another; where what
 * it is passed lies side by side, so that parameters, gradients and each state of the optimizer stand in the same order,
 * it runs over all of them in one loop. Groups with hypers of their own are rows of their own, and frozen parameters are in
 * none.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Call, Kernel, KernelCall, Plan, Procedure, Row, Slot } from "../../ir/kernel.ts";
import type { Tensor } from "../../ir/types.ts";

/** Tensors that should stand side by side, in this order. */
export function chainsIn({ calls }: Procedure): Tensor[][] {
  const chains: Tensor[][] = [];
  const placed = new Map<Tensor, number>();
  for (const family of familiesIn(calls)) {
    const columns = columnsOf(family);
    const known = columns.find((column) => column.every((t) => placed.has(t)));
    const order = family.map((_, n) => n);
    if (known) order.sort((a, z) => placed.get(known[a]!)! - placed.get(known[z]!)!);
    for (const column of columns) {
      if (column.some((t) => placed.has(t)) || new Set(column).size < column.length) continue;
      chains.push(order.map((n) => column[n]!));
      for (const n of order) placed.set(column[n]!, placed.size);
    }
  }
  return chains;
}

/** The tensors of a block in their order, but each chain from its first one on. */
export function inChains(tensors: readonly Tensor[], chains: readonly (readonly Tensor[])[]): Tensor[] {
  const own = new Set(tensors);
  const chainOf = new Map(chains.flatMap((chain) => chain.map((t) => [t, chain] as const)));
  return [...new Set(tensors.flatMap((t) => (chainOf.get(t) ?? [t]).filter((x) => own.has(x))))];
}

/** The procedure with one call for each row of slots, and the plan with these rows. */
export function callInRows(
  procedure: Procedure,
  plan: Plan,
  b: Builder,
): { readonly procedure: Procedure; readonly plan: Plan } {
  const places = new Places(plan.slots);
  const rows = new RowTable(plan.slots, b);
  let calls = procedure.calls;
  for (const family of familiesIn(calls)) {
    for (const run of runsOf(family, places)) {
      const at = placeFor(run, calls, places);
      if (at === undefined) continue;
      const members = new Set<Call>(run);
      const whole = joined(run, places, rows);
      calls = calls.flatMap((c, n) => (n === at ? [whole] : members.has(c) ? [] : [c]));
    }
  }
  return { procedure: { ...procedure, calls }, plan: { ...plan, rows: [...plan.rows, ...rows.all] } };
}

/** Calls of one kernel that differ in nothing but the rows that they are passed: at least two. */
function familiesIn(calls: readonly Call[]): KernelCall[][] {
  const families = new Map<Kernel, Map<string, KernelCall[]>>();
  for (const call of calls) {
    if (call.kind === "clear" || call.kernel.row === undefined) continue;
    const { kernel } = call;
    // How long a row is must be known, though its slot may be as long whatever the model is created with.
    if (typeof call.dims[kernel.dims.indexOf(call.kernel.row)] !== "number") continue;
    const values = call.buffers.filter((_, n) => !isRow(kernel, n));
    const others = call.dims.map((d, n) =>
      kernel.dims[n] === kernel.row ? "" : typeof d === "number" ? d : `d${d.id}`,
    );
    const key = [...values.map((t) => t.id), "", ...call.scalars.map((t) => t.id), "", ...others].join(" ");
    const known = families.get(kernel) ?? new Map<string, KernelCall[]>();
    families.set(kernel, known);
    known.set(key, [...(known.get(key) ?? []), call]);
  }
  return [...families.values()].flatMap((byKey) => [...byKey.values()]).filter((f) => f.length > 1);
}

/** Whether a buffer of a kernel is a row, rather than a single value. */
const isRow = (kernel: Kernel, buffer: number): boolean => kernel.buffers[buffer]!.tensor.shape.length > 0;

/** For each row that the kernel is passed: what it is in each of the calls. */
function columnsOf(family: readonly KernelCall[]): Tensor[][] {
  const { kernel } = family[0]!;
  return kernel.buffers.flatMap((_, n) => (isRow(kernel, n) ? [family.map((c) => c.buffers[n]!)] : []));
}

/** Where tensors stand, as places in the list of slots. */
class Places {
  private readonly at = new Map<Tensor, number>();

  constructor(private readonly slots: readonly Slot[]) {
    slots.forEach((s, n) => s.tensors.forEach((t) => this.at.set(t, n)));
  }

  of(t: Tensor): number {
    return this.at.get(t) ?? -1;
  }

  /** Whether `next` begins where the slot of `t` ends. */
  follows(next: Tensor, t: Tensor): boolean {
    const [a, z] = [this.slots[this.of(t)], this.slots[this.of(next)]];
    if (!a || !z || this.of(next) !== this.of(t) + 1) return false;
    const fixed = [a, z].every((s) => s.type === "f32" && s.size.terms.length === 0);
    return fixed && a.block === z.block && a.block !== "values";
  }

  /** Whether two calls touch the same memory, and one of them changes it. */
  conflict(a: Call, z: Call): boolean {
    const same = (s: Tensor, t: Tensor): boolean => s === t || (this.of(s) >= 0 && this.of(s) === this.of(t));
    const [one, other] = [accessesOf(a), accessesOf(z)];
    return one.some((x) => other.some((y) => (x.writes || y.writes) && same(x.tensor, y.tensor)));
  }
}

function accessesOf(call: Call): { readonly tensor: Tensor; readonly writes: boolean }[] {
  if (call.kind === "clear") return [{ tensor: call.tensor, writes: true }];
  const { kernel, buffers, scalars } = call;
  return [
    ...buffers.map((tensor, n) => ({ tensor, writes: kernel.buffers[n]!.access !== "read" })),
    ...scalars.map((tensor) => ({ tensor, writes: false })),
  ];
}

/** The calls of a family in the order of their memory, cut where a row ends. */
function runsOf(family: readonly KernelCall[], places: Places): KernelCall[][] {
  const { kernel } = family[0]!;
  const first = kernel.buffers.findIndex((_, n) => isRow(kernel, n));
  const runs: KernelCall[][] = [];
  for (const call of family.toSorted((a, z) => places.of(a.buffers[first]!) - places.of(z.buffers[first]!))) {
    const before = runs.at(-1)?.at(-1);
    const goesOn = before?.buffers.every((t, n) => !isRow(kernel, n) || places.follows(call.buffers[n]!, t));
    if (goesOn) runs.at(-1)!.push(call);
    else runs.push([call]);
  }
  return runs.filter((run) => run.length > 1);
}

/** Which of the calls all of them may be done in place of: the last or the first, if nothing between them minds. */
function placeFor(run: readonly KernelCall[], calls: readonly Call[], places: Places): number | undefined {
  const members = new Set<Call>(run);
  const at = calls.flatMap((c, n) => (members.has(c) ? [n] : []));
  const [from, to] = [at[0]!, at.at(-1)!];
  const between = calls.slice(from, to).flatMap((c, n) => (members.has(c) ? [] : [from + n]));
  const free = (moves: (member: number, other: number) => boolean): boolean =>
    between.every((o) => at.every((m) => !moves(m, o) || !places.conflict(calls[m]!, calls[o]!)));
  if (free((member, other) => member < other)) return to;
  return free((member, other) => member > other) ? from : undefined;
}

function joined(run: readonly KernelCall[], places: Places, rows: RowTable): KernelCall {
  const [first, last] = [run[0]!, run.at(-1)!];
  const { kernel } = first;
  const from = kernel.buffers.findIndex((_, n) => isRow(kernel, n));
  const cells = last.dims[kernel.dims.indexOf(kernel.row!)] as number;
  const row = (n: number): Row =>
    rows.of(kernel.buffers[n]!.tensor.name, places.of(first.buffers[n]!), places.of(last.buffers[n]!), cells);
  return {
    ...first,
    buffers: first.buffers.map((t, n) => (isRow(kernel, n) ? row(n).tensor : t)),
    dims: first.dims.map((d, n) => (kernel.dims[n] === kernel.row ? row(from).tensor.shape[0]!.constant : d)),
    statements: run.flatMap((c) => c.statements),
  };
}

/** Each row has one tensor, whoever is passed it. */
class RowTable {
  private readonly known = new Map<string, Row>();

  constructor(
    private readonly slots: readonly Slot[],
    private readonly b: Builder,
  ) {}

  get all(): Row[] {
    return [...this.known.values()];
  }

  /** `cells`: how many of the last slot belong to it. */
  of(name: string, from: number, to: number, cells: number): Row {
    const key = `${from} ${to}`;
    const found = this.known.get(key);
    if (found) return found;
    const slots = this.slots.slice(from, to + 1);
    const count = slots.slice(0, -1).reduce((n, s) => n + s.size.constant, cells);
    const { role, span } = slots[0]!.tensors[0]!;
    const tensor = this.b.tensor({ name, type: "f32", shape: [this.b.integer(count)], role, span });
    const row = { tensor, slots };
    this.known.set(key, row);
    return row;
  }
}
