/** Which kernels must stay in order, and which loops two equations may share. */
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Equation, Index, Read, Reshape, Tensor } from "../../ir/types.ts";
import type { KernelGroup, Member } from "./group.ts";

export type Item = KernelGroup | Reshape;

const reads = new WeakMap<Equation, readonly Read[]>();

/** Every read of an equation: in its body, its conditions and its subscripts. */
export function readsIn(e: Equation): readonly Read[] {
  const known = reads.get(e);
  if (known) return known;
  const found = readsOf(...e.target, ...e.where, e.body);
  reads.set(e, found);
  return found;
}

/** Tensors that are the same memory: a reshape and its source. */
export class Aliases {
  private readonly roots = new Map<Tensor, Tensor>();

  constructor(reshapes: readonly Reshape[]) {
    for (const r of reshapes) this.join(r);
  }

  join({ tensor, source }: Pick<Reshape, "tensor" | "source">): void {
    const [a, b] = [this.root(tensor), this.root(source)];
    if (a !== b) this.roots.set(a, b);
  }

  root(t: Tensor): Tensor {
    let root = t;
    for (let up = this.roots.get(root); up; up = this.roots.get(root)) root = up;
    return root;
  }
}

export interface Access {
  readonly reads: ReadonlySet<Tensor>;
  readonly writes: ReadonlySet<Tensor>;
}

/** What an item reads and writes, by the memory behind the tensors. */
export class AccessTable {
  private readonly memo = new Map<Item, Access>();
  private readonly aliases: Aliases;

  constructor(aliases: Aliases) {
    this.aliases = aliases;
  }

  of(item: Item): Access {
    const known = this.memo.get(item);
    if (known) return known;
    const root = (t: Tensor): Tensor => this.aliases.root(t);
    const access: Access =
      item.kind === "reshape"
        ? { reads: new Set(), writes: new Set([root(item.tensor)]) }
        : {
            reads: new Set(item.members.flatMap((m) => readsIn(m.equation).map((r) => root(r.tensor)))),
            writes: new Set(item.members.map((m) => root(m.equation.tensor))),
          };
    this.memo.set(item, access);
    return access;
  }

  /** Whether `later` must stay behind `earlier`. */
  depends(later: Item, earlier: Item): boolean {
    return follows(this.of(later), this.of(earlier));
  }
}

/** Items that stand in a row, asked as one: whether another must stay behind any of them. */
export class Together implements Access {
  readonly reads = new Set<Tensor>();
  readonly writes = new Set<Tensor>();
  private readonly table: AccessTable;

  constructor(table: AccessTable, ...items: readonly Item[]) {
    this.table = table;
    for (const item of items) this.add(item);
  }

  add(item: Item): void {
    const { reads, writes } = this.table.of(item);
    for (const t of reads) this.reads.add(t);
    for (const t of writes) this.writes.add(t);
  }

  /** Whether `item`, which comes later, must stay behind one of these. */
  isBefore(item: Item): boolean {
    return follows(this.table.of(item), this);
  }

  /** Whether one of these, which come later, must stay behind `item`. */
  isBehind(item: Item): boolean {
    return follows(this, this.table.of(item));
  }
}

/** Two reads need no order; anything else of the same memory does. */
function follows(z: Access, a: Access): boolean {
  return overlap(a.writes, z.reads) || overlap(a.writes, z.writes) || overlap(a.reads, z.writes);
}

function overlap(a: ReadonlySet<Tensor>, b: ReadonlySet<Tensor>): boolean {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  for (const t of small) if (large.has(t)) return true;
  return false;
}

/**
 * Whether two members, whose first `shared` loops become the same, may run turn by turn: a cell that one of them stores
 * and the other touches is touched by both in the same turn only. Enough for that: both name it by the plain index of the
 * loop in the same dimension.
 */
export function sharesSafely(a: Member, z: Member, shared: number, aliases: Aliases): boolean {
  const loops = a.loops.slice(0, shared);
  const places = (m: Member): [Tensor, readonly Affine[]][] =>
    readsIn(m.equation).map((r) => [r.tensor, r.subscripts]);
  const stored = (m: Member): [Tensor, readonly Affine[]] => [m.equation.tensor, m.equation.target];
  const pairs = [
    ...[...places(z), stored(z)].map((p) => [stored(a), p] as const),
    ...places(a).map((p) => [p, stored(z)] as const),
  ];
  return pairs.every(([[s, at], [t, there]]) => {
    if (aliases.root(s) !== aliases.root(t)) return true;
    return (
      s === t && loops.every((i, n) => at.some((e, d) => isPlain(e, i) && isPlain(there[d]!, z.loops[n]!)))
    );
  });
}

export function isPlain(e: Affine, i: Index): boolean {
  const [term, ...more] = e.terms;
  return e.constant === 0 && more.length === 0 && term?.factor === 1 && term.atom === i;
}
