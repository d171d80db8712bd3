/**
 * Nests whose leaf is shared by a workgroup (`RowsLaunch`): the turns of the loops in the leaf are divided among its
 * invocations, where they are independent, or where all that the loop leaves behind is folds (src/ir/folds.ts).
 */
import { foldsOf } from "../../ir/folds.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { expressionsIn, statementsIn } from "../../ir/kernel-walk.ts";
import type { RowsLaunch } from "../../ir/launch.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Index } from "../../ir/types.ts";
import { nestOf } from "../../ir/nest.ts";
import type { Block } from "./block.ts";
import { storedIn } from "./block.ts";
import { collapse } from "./collapse.ts";
import type { Setting } from "./cost.ts";
import { costOf } from "./cost.ts";
import { withLeaf } from "./nest.ts";

export interface Rows {
  readonly nest: Block;
  readonly launch: RowsLaunch;
  readonly cost: number;
}

/** Invocations of a workgroup, and of one whose rows are long. */
const sizesOfGroups = { short: 64, long: 256 } as const;
/** From how many turns on a row is long. */
const longRow = 4096;

/** The nest with workgroups for its loops; undefined where nothing in its leaf can be shared. */
export function rowsOf(nest: Block, setting: Setting): Rows | undefined {
  const { sizes, device, b } = setting;
  const { loops, leaf } = nestOf(nest);
  const shared = new Map<KernelStatement, Loop>();
  for (const s of leaf) {
    if (s.kind !== "loop") continue;
    const loop = collapse(s, b);
    if (isShared(loop) && sizes.turns(loop) >= device.fewestTurns) shared.set(s, loop);
  }
  const alike = leaf.filter((s) => !shared.has(s));
  if (shared.size === 0 || !isReadOnly(alike, leaf)) return undefined;
  const longest = Math.max(...[...shared.values()].map((l) => sizes.turns(l)));
  const size = longest >= longRow ? sizesOfGroups.long : sizesOfGroups.short;
  const groups = loops.reduce((n, l) => n * sizes.turns(l), 1);
  let operations = 0;
  for (const s of leaf) {
    const loop = shared.get(s);
    operations += loop ? operationsOf(loop, s as Loop, groups * size, size, setting) : sizes.work([s]);
  }
  const body = leaf.map((s) => shared.get(s) ?? s);
  return {
    nest: withLeaf(nest, body),
    launch: {
      kind: "rows",
      loops: loops.map((l) => l.index),
      shared: [...shared.values()].map((l) => l.index),
      size,
    },
    cost: costOf(groups * size, operations, device),
  };
}

/** Whether what all invocations store alike is read nowhere in the leaf: some may be ahead of others. */
function isReadOnly(alike: Block, leaf: Block): boolean {
  const stored = storedIn(alike);
  const adds = [...statementsIn(alike)].some((s) => s.kind === "store" && s.accumulate);
  return !adds && readsOf(...expressionsIn(leaf)).every((r) => !stored.has(r.tensor));
}

const isShared = (loop: Loop): boolean => loop.role === "map" || foldsOf(loop) !== undefined;

/** `given`: the loop before it was collapsed, whose innermost turns are neighbours. */
function operationsOf(
  loop: Loop,
  given: Loop,
  invocations: number,
  size: number,
  { sizes, device }: Setting,
): number {
  const turns = Math.ceil(sizes.turns(loop) / size);
  const apart = invocations > device.full && !isContiguous(given) ? device.scattered : 1;
  const folds = loop.role === "map" ? 1 : foldsOf(loop)!.length;
  return turns * sizes.work(loop.body) * apart + folds * device.meeting;
}

/** Whether neighbouring turns of the innermost loop read neighbouring cells. */
function isContiguous(loop: Loop): boolean {
  let at = loop;
  for (
    let inner = at.body.find((s) => s.kind === "loop");
    inner;
    inner = at.body.find((s) => s.kind === "loop")
  )
    at = inner;
  const index: Index = at.index;
  const reads = readsOf(...expressionsIn(at.body)).filter((r) => freeIndices(r).has(index));
  return reads.every((r) => r.subscripts.at(-1)?.terms.some((t) => t.atom === index && t.factor === 1));
}
