/**
 * Why a tensor goes through memory: for each kernel that reads what another one stores, the one reason that kept the two
 * from being one. The decisions are those of merge.ts; nothing is decided here.
 */
import type { Tensor } from "../../ir/types.ts";
import type { AccessTable, Aliases, Item } from "./dependences.ts";
import { Together } from "./dependences.ts";
import type { KernelGroup, Member } from "./group.ts";
import type { MergeContext } from "./merge.ts";
import { mergeGroups, mostMembers } from "./merge.ts";
import { tensorsReadBy } from "./readers.ts";
import { shapeOf } from "./shape.ts";

/** Every reason that there is, as the trace says it. */
export const reasons = {
  product: "a sum of products reads each cell many times, in tiles: all must be there",
  tiles: "it comes from a sum of products, whose tiles only what follows cell by cell may share",
  loops: "the loops are not the same",
  cells: "one turn of the loops reads cells that another turn stores",
  adds: "several turns of a loop add into the same cell",
  buffers: "together they would be passed more tensors than a kernel should be",
  members: `together they would be more than ${mostMembers} equations`,
  between: "what the reader also needs is computed from it in between",
  far: "too many kernels stand between them",
  view: "it is read in another shape",
  elsewhere: "the reader shares the loops of another kernel",
} as const;

export type Reason = keyof typeof reasons;

export interface Surroundings extends MergeContext {
  readonly access: AccessTable;
}

/** One line for every tensor that a kernel reads and another one before it stored. `reach`: how many kernels back one to join is looked for. */
export function notesOfUnfused(items: readonly Item[], around: Surroundings, reach: number): string[] {
  return items.flatMap((item, at) => {
    if (item.kind === "reshape") return [];
    const own = new Set(item.members.map((m) => m.equation.tensor));
    const read = new Set(item.members.flatMap((m) => [...tensorsReadBy(m.equation)]));
    return [...read].flatMap((t) => {
      const from = own.has(t) ? -1 : lastWriter(items, at, t, around.aliases);
      if (from < 0) return [];
      const reason = reasonFor(items, { from, at, reach }, t, around);
      return [`${nameOf(item)} reads ${t.name} from memory: ${reasons[reason]}`];
    });
  });
}

const nameOf = (g: KernelGroup): string => g.members.at(-1)!.equation.tensor.name;

const writes = (item: Item, matches: (t: Tensor) => boolean): item is KernelGroup =>
  item.kind === "group" && item.members.some((m) => matches(m.equation.tensor));

function lastWriter(items: readonly Item[], before: number, t: Tensor, aliases: Aliases): number {
  const root = aliases.root(t);
  return items.slice(0, before).findLastIndex((x) => writes(x, (w) => aliases.root(w) === root));
}

function reasonFor(
  items: readonly Item[],
  { from, at, reach }: { readonly from: number; readonly at: number; readonly reach: number },
  t: Tensor,
  around: Surroundings,
): Reason {
  const [first, second] = [items[from] as KernelGroup, items[at] as KernelGroup];
  if (!writes(first, (w) => w === t)) return "view";
  const reader = second.members.find((m) => tensorsReadBy(m.equation).has(t))!;
  if (shapeOf(reader.equation) === "contraction") return "product";
  const merged = mergeGroups(first, alone(second, reader), around);
  if (typeof merged === "string") return merged;
  if (isBetween(items, from, at, around.access)) return "between";
  return at - from > reach ? "far" : "elsewhere";
}

const alone = (group: KernelGroup, member: Member): KernelGroup => ({ ...group, members: [member] });

/** Whether something has to stand behind the first and before the second. */
function isBetween(items: readonly Item[], from: number, at: number, access: AccessTable): boolean {
  const before = new Together(access, items[from]!);
  const between = new Together(access);
  for (const item of items.slice(from + 1, at)) {
    if (!before.isBefore(item)) continue;
    before.add(item);
    between.add(item);
  }
  return between.isBefore(items[at]!);
}
