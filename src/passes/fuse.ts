/** Which equations share a kernel, and which tensors exist in memory. */
import type { Level } from "../ir/kernel.ts";
import type { Builder } from "../ir/builder.ts";
import type { Context } from "../ir/context.ts";
import type { Equation, Graph, Reshape, Tensor } from "../ir/types.ts";
import { AccessTable, Aliases, Together } from "./fuse/dependences.ts";
import type { Item } from "./fuse/dependences.ts";
import type { FusedGraph, KernelGroup } from "./fuse/group.ts";
import { lone, statementsOf, storedInParts } from "./fuse/group.ts";
import { bringHome } from "./fuse/home.ts";
import type { Inlined } from "./fuse/inline.ts";
import { inlineProducers } from "./fuse/inline.ts";
import type { Merged } from "./fuse/merge.ts";
import { mergeGroups } from "./fuse/merge.ts";
import { Readers } from "./fuse/readers.ts";
import type { Surroundings } from "./fuse/unfused.ts";
import { notesOfUnfused } from "./fuse/unfused.ts";

/**
 * Level 0: one kernel per line of the source. Level 1: definitions are written into their readers where no evaluation
 * is added, and equations that share loops share a kernel. No reduction is repeated at either level. What is fused is passed
 * at most `mostBuffers` tensors.
 */
export function fuse(graph: Graph, level: Level, context: Context, mostBuffers: number): FusedGraph {
  const b = context.builder;
  const given = statementsOf(graph);
  const inlined: Inlined =
    level === 0
      ? { statements: given, sources: new Map(), notes: [] }
      : inlineProducers(graph, given, mostBuffers, b);
  const { statements } = inlined;
  const aliases = new Aliases(statements.filter((s): s is Reshape => s.kind === "reshape"));
  const readers = new Readers(statements, graph.results);
  const items = separate(statements, inlined.sources, b);
  if (level === 0) {
    const grouped = bringHome(items, readers, new AccessTable(aliases), b);
    return { name: graph.name, items: grouped, results: graph.results, notes: () => [] };
  }
  const merger = new Merger(aliases, readers, mostBuffers, b);
  for (const item of items) merger.add(item);
  return {
    name: graph.name,
    items: merger.items,
    results: graph.results,
    notes: () => [...inlined.notes, ...merger.notes, ...merger.unfused()],
  };
}

/** One kernel per equation, in graph order. */
function separate(
  statements: readonly (Equation | Reshape)[],
  sources: ReadonlyMap<Equation, readonly Equation[]>,
  b: Builder,
): Item[] {
  const complete = storedInParts(statements, b);
  const stored = new Set<Tensor>();
  return statements.map((s) => {
    const first = !stored.has(s.tensor);
    stored.add(s.tensor);
    return s.kind === "reshape" ? s : lone(s, first, sources.get(s) ?? [s], complete.has(s.tensor));
  });
}

/** How far back a kernel to join is looked for: one whose result is used, one that reads the same. */
const reach = { uses: 24, siblings: 6 } as const;

/** Adds equations one by one, each to a kernel before it where that is allowed and pays. */
class Merger implements Surroundings {
  items: Item[] = [];
  readonly notes: string[] = [];
  readonly access: AccessTable;
  readonly aliases: Aliases;
  readonly readers: Readers;
  readonly mostBuffers: number;
  readonly b: Builder;

  constructor(aliases: Aliases, readers: Readers, mostBuffers: number, b: Builder) {
    this.access = new AccessTable(aliases);
    this.aliases = aliases;
    this.readers = readers;
    this.mostBuffers = mostBuffers;
    this.b = b;
  }

  add(item: Item): void {
    if (item.kind === "group" && this.join(item)) return;
    this.items.push(item);
  }

  unfused(): string[] {
    return notesOfUnfused(this.items, this, reach.uses);
  }

  private join(group: KernelGroup): boolean {
    let sibling: { at: number; merged: Merged } | undefined;
    // What the group must stay behind, of what was passed so far: a kernel that it joins moves past none of it.
    const before = new Together(this.access);
    for (let at = this.items.length - 1; at >= Math.max(0, this.items.length - reach.uses); at--) {
      const into = this.items[at]!;
      const isFollowed = before.isBehind(into);
      if (isFollowed || this.access.depends(group, into)) before.add(into);
      if (into.kind === "reshape" || isFollowed || group.members.length > 1) continue;
      const merged = mergeGroups(into, group, this);
      if (typeof merged === "string") continue;
      if (merged.uses) {
        this.replace(at, group, merged);
        return true;
      }
      if (this.items.length - at <= reach.siblings) sibling ??= { at, merged };
    }
    if (sibling) this.replace(sibling.at, group, sibling.merged);
    return sibling !== undefined;
  }

  /** What stands behind the kernel at this place and must stay behind it. */
  private followers(at: number): Set<Item> {
    const before = new Together(this.access, this.items[at]!);
    const behind = new Set<Item>();
    for (const item of this.items.slice(at + 1)) {
      if (!before.isBefore(item)) continue;
      before.add(item);
      behind.add(item);
    }
    return behind;
  }

  private replace(at: number, group: KernelGroup, merged: Merged): void {
    const behind = this.followers(at);
    const rest = this.items.slice(at + 1);
    this.items = [
      ...this.items.slice(0, at),
      ...rest.filter((x) => !behind.has(x)),
      merged.group,
      ...rest.filter((x) => behind.has(x)),
    ];
    const name = (g: KernelGroup): string => g.members.at(-1)!.equation.tensor.name;
    this.notes.push(
      `${name(group)} joins the kernel of ${name({ ...merged.group, members: merged.group.members.slice(0, -1) })}: ${merged.reason}`,
    );
  }
}
