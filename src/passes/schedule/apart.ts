/**
 * Left factors whose turns lie a power of two apart. A sum over k reads two rows of A[k, i] at each turn, and the next turn
 * a whole row of A further. Where that is a multiple of a large power of two, all turns share a few sets of the nearest
 * cache: what the next rows need, which stands in the same lines, is gone before they come. So the factor is copied once,
 * as it lies, with its rows an odd number of lines apart.
 *
 * Lam, Rothberg and Wolf, "The cache performance and optimizations of blocked algorithms" (1991), on such conflicts.
 */
import type { Builder } from "../../ir/builder.ts";
import { maximumExtent, rangeOf } from "../../ir/affine.ts";
import type { KernelStatement, Store } from "../../ir/kernel.ts";
import { expressionsIn, statementsIn } from "../../ir/kernel-walk.ts";
import { freeIndices, readsOf, substitute } from "../../ir/rewrite.ts";
import type { Affine, Index, Read, Tensor } from "../../ir/types.ts";
import type { Contraction } from "./contraction.ts";
import { summedBy } from "./contraction.ts";
import { rangeConditions } from "./guards.ts";
import { turnsOf } from "./jam.ts";
import { nearestCache } from "./machine.ts";
import type { NameSpace } from "./names.ts";

type Block = readonly KernelStatement[];

/** A factor that is copied: where its copy is, and what copies it. */
export interface Apart {
  readonly read: Read;
  readonly tensor: Tensor;
  readonly copy: Block;
}

/** The left factors of a contraction that are worth a copy, of at most so many values each. */
export function apart(
  c: Contraction,
  leaf: Block,
  most: number,
  names: NameSpace,
  b: Builder,
): readonly Apart[] {
  const stored = new Set([...statementsIn(leaf)].flatMap((s) => (s.kind === "store" ? [s.tensor] : [])));
  const known = new Set([...c.batch, ...c.reductions, c.rows].map((l) => l.index));
  const reads = readsOf(...c.reductions.flatMap((l) => [...expressionsIn(l.body)]));
  return reads
    .filter(
      (r) =>
        r.type === "f32" &&
        !stored.has(r.tensor) &&
        readsOf(...r.subscripts).length === 0 &&
        [...freeIndices(...r.subscripts)].every((i) => known.has(i)) &&
        rangeConditions(b, r.tensor, r.subscripts).length === 0 &&
        conflicts(r, c, b),
    )
    .flatMap((r) => {
      const copied = copyOf(r, c, leaf, names, b);
      const size = copied.tensor.shape.reduce((n, e) => n * rangeOf(e).high, 1);
      return size > most ? [] : [copied];
    });
}

/** Whether rows lie side by side, and the turns of the sums meet in more lines than their sets of the cache hold. */
function conflicts(read: Read, c: Contraction, b: Builder): boolean {
  const summed = summedBy(c, read);
  const inner = summed.at(-1);
  if (!inner || b.constantOf(c.rows.index.extent) === undefined || strideOf(read, c.rows.index, b) !== 1)
    return false;
  const stride = strideOf(read, inner, b);
  const { line, sets, ways } = nearestCache;
  if (stride === undefined || stride === 0 || stride % line !== 0) return false;
  const used = sets / commonDivisor(sets, stride / line);
  const turns = summed.reduce((n, i) => n * maximumExtent(i), 1);
  // The panel needs room, too.
  return used < sets && turns > (used * ways) / 2;
}

/** How many values apart an index reads from turn to turn, where that is a number. */
function strideOf({ tensor, subscripts }: Read, index: Index, b: Builder): number | undefined {
  let apart = 0;
  let unit: number | undefined = 1;
  for (let d = subscripts.length - 1; d >= 0; d--) {
    const terms = subscripts[d]!.terms.filter((t) => t.atom === index);
    const isPlain = subscripts[d]!.terms.every((t) => t.atom.kind === "index" || t.atom.kind === "dim");
    if (!isPlain || (terms.length > 0 && unit === undefined)) return undefined;
    for (const { factor } of terms) apart += factor * unit!;
    const extent = b.constantOf(tensor.shape[d]!);
    unit = unit === undefined || extent === undefined ? undefined : unit * extent;
  }
  return apart;
}

function copyOf(read: Read, c: Contraction, leaf: Block, names: NameSpace, b: Builder): Apart {
  const summed = summedBy(c, read);
  const rows = c.rows.index;
  const { line } = nearestCache;
  const lines = Math.ceil(b.constantOf(rows.extent)! / line);
  const shape = [...summed.map((i) => i.extent), b.integer(line * (lines + 1 - (lines % 2)))];
  const name = names.fresh("rows");
  const tensor = b.tensor({ name, type: "f32", shape, role: "definition", span: read.tensor.span });
  const { origin } = [...statementsIn(leaf)].find((s): s is Store => s.kind === "store")!;
  const own = summed.map((i) => b.index(i.name, i.extent));
  const store = (row: Affine): Store => {
    const at = new Map<Index, Affine>([[rows, row], ...summed.map((i, n) => [i, b.of(own[n]!)] as const)]);
    const subscripts = [...own.map((i) => b.of(i)), row];
    return {
      kind: "store",
      tensor,
      subscripts,
      value: substitute(b, read, at),
      accumulate: false,
      origin,
    };
  };
  const inner = turnsOf(rows, 4, true, b).flatMap<KernelStatement>(({ places, around }) => {
    const body = places.map(store);
    return around ? [{ kind: "loop", role: "map", ...around, body }] : body;
  });
  const from = b.integer(0);
  const copy = own.reduceRight<Block>(
    (body, index) => [{ kind: "loop", index, role: "map", from, to: index.extent, body }],
    inner,
  );
  return { read, tensor, copy };
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
