/**
 * Reductions that elaboration took out of an equation go home: `z = z.sum + b` and `z.sum = Σ …` are one kernel, as
 * they are one line of the source.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Index, Tensor } from "../../ir/types.ts";
import type { AccessTable, Item } from "./dependences.ts";
import { isPlain, readsIn } from "./dependences.ts";
import type { KernelGroup, Member } from "./group.ts";
import { renameIndices, withOwnIndices } from "./group.ts";
import type { Readers } from "./readers.ts";
import { hasValueHere, tensorsReadBy } from "./readers.ts";

export function bringHome(items: readonly Item[], readers: Readers, access: AccessTable, b: Builder): Item[] {
  const out: Item[] = [];
  for (const item of items) {
    if (item.kind === "reshape") {
      out.push(item);
      continue;
    }
    let group = item;
    const wanted = tensorsReadBy(item.members[0]!.equation);
    for (let at = out.length - 1; at >= 0 && wanted.size > 0; at--) {
      const from = out[at]!;
      if (from.kind === "reshape" || from.members.length !== 1) continue;
      const taken = wanted.has(from.members[0]!.equation.tensor)
        ? broughtHome(from, group, readers, b)
        : undefined;
      if (!taken || out.slice(at + 1).some((x) => access.depends(x, from))) continue;
      group = taken;
      out.splice(at, 1);
    }
    out.push(readers.withInternal(group));
  }
  return out;
}

/** The group with the reduction in front of its last member, if it is a part of that member's line. */
function broughtHome(
  from: KernelGroup,
  group: KernelGroup,
  readers: Readers,
  b: Builder,
): KernelGroup | undefined {
  const reduction = withOwnIndices(group, from.members[0]!, b);
  const reader = group.members.at(-1)!;
  const { tensor, reducer } = reduction.equation;
  if (
    reducer === null ||
    !hasValueHere(reduction) ||
    !readers.isPrivate(tensor) ||
    readers.count(tensor) !== 1
  ) {
    return undefined;
  }
  if (reader.equation.reducer !== null || !sameLine(reduction, reader)) return undefined;
  const places = loopsAt(tensor, reduction, reader);
  if (!places) return undefined;
  const renamed = renameIndices(reduction, places, b);
  return { ...group, members: [renamed, ...group.members], clears: [...from.clears, ...group.clears] };
}

/** Each loop of the reduction as the outer loop of the reader at which the reader looks at it. */
function loopsAt(tensor: Tensor, reduction: Member, reader: Member): Map<Index, Index> | undefined {
  const { target } = reduction.equation;
  const reads = readsIn(reader.equation).filter((r) => r.tensor === tensor);
  if (reads.length !== 1 || target.length !== reduction.loops.length) return undefined;
  const fits = reduction.loops.every((i, d) => {
    const outer = reader.loops[d];
    return (
      outer && outer.extent === i.extent && isPlain(target[d]!, i) && isPlain(reads[0]!.subscripts[d]!, outer)
    );
  });
  return fits ? new Map(reduction.loops.map((i, d) => [i, reader.loops[d]!])) : undefined;
}

/** Elaboration says where it took a reduction from; what differentiation adds to that is told by its name. */
function sameLine(reduction: Member, reader: Member): boolean {
  const [a, z] = [reduction.equation, reader.equation];
  return a.tensor.hoistedFrom === z.tensor || a.tensor.name.startsWith(`${z.tensor.name}.`);
}
