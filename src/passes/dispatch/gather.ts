/**
 * Additions to cells that data chooses, turned around. `for t: E[token[t], d] += y[t, d]` has independent turns for d alone,
 * and each of them adds to memory again and again. Where E is not large it is quicker for each of its cells to look at all
 * turns, and to add up those that are for it: `E[v, d] += Σ_t (token[t] = v) y[t, d]`. The order of the additions stays.
 */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop, Store, Variable } from "../../ir/kernel.ts";
import { expressionsIn, mapStatement, statementsIn } from "../../ir/kernel-walk.ts";
import { nestOf } from "../../ir/nest.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Index, Tensor } from "../../ir/types.ts";
import { constantOf, localValue } from "../schedule/reduction.ts";
import type { Block } from "./block.ts";
import { withLeaf } from "./nest.ts";
import { dimOf } from "./table.ts";

/** A nest that stores each cell of a tensor once. */
export interface Gathered {
  readonly nest: Block;
  readonly tensor: Tensor;
}

/** The same additions, by cells, to what the tensor holds, or to zeros; undefined where the nest does anything else, or has a loop for every cell already. */
export function gather(nest: Block, isCleared: (t: Tensor) => boolean, b: Builder): Gathered | undefined {
  const { loops, leaf } = nestOf(nest);
  const inside = [...statementsIn(leaf)];
  const stores = inside.filter((s) => s.kind === "store");
  const [store, ...others] = stores;
  const isSerial = leaf.at(-1)?.kind === "loop" && leaf.slice(0, -1).every((s) => s.kind === "let");
  if (!isSerial || !store?.accumulate || others.length > 0) return undefined;
  if (inside.some((s) => s.kind === "assign" || s.kind === "variable")) return undefined;
  if (readsOf(...expressionsIn(nest)).some((r) => r.tensor === store.tensor)) return undefined;
  const cells = cellsOf(store, loops, b);
  if (!cells) return undefined;
  const { tensor, subscripts, value, origin } = store;
  const sum = b.local("sum", tensor.type);
  const start: Variable = { kind: "variable", local: sum, value: constantOf(b, tensor.type, 0) };
  const isMeant = b.and(
    ...cells.flatMap((index, d) =>
      loops.some((l) => l.index === index) ? [] : [b.zero(b.minus(subscripts[d]!, index))],
    ),
  );
  const add: KernelStatement = { kind: "assign", local: sum, value, reducer: "sum" };
  const taken: KernelStatement = { kind: "if", condition: isMeant, body: [add], otherwise: [] };
  const walk = (list: Block): Block =>
    list.map((s) => (s === store ? taken : mapStatement(s, (e) => e, walk)));
  const added: Store = {
    kind: "store",
    tensor,
    subscripts: cells.map((i) => b.of(i)),
    value: localValue(b, sum),
    accumulate: !isCleared(tensor),
    origin,
  };
  const chosen = cells.filter((i) => loops.every((l) => l.index !== i));
  const around = chosen.reduceRight<Block>(
    (body, index) => [{ kind: "loop", index, role: "map", from: b.integer(0), to: index.extent, body }],
    withLeaf(nest, [start, ...walk(leaf), added]),
  );
  return { nest: around, tensor };
}

/** For each dimension the loop that runs through it, or an index for a new one; undefined where there would be none new. */
function cellsOf({ tensor, subscripts }: Store, loops: readonly Loop[], b: Builder): Index[] | undefined {
  const plain = new Set<Index>();
  const cells = subscripts.map((s, d): Index => {
    const extent = tensor.shape[d]!;
    const loop = loops.find((l) => s === b.of(l.index) && l.index.extent === extent);
    if (loop) plain.add(loop.index);
    return loop?.index ?? b.index("cell", extent);
  });
  const made = cells.filter((i) => !plain.has(i));
  const isNew = new Set(cells).size === cells.length && made.length > 0;
  // A dimension that only a new loop has is found by the extents of what is passed: it must be one of them itself.
  const isPassed = made.every((i) => b.constantOf(i.extent) !== undefined || dimOf(i.extent) !== undefined);
  return isNew && isPassed && plain.size === loops.length ? cells : undefined;
}
