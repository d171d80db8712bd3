/**
 * How a call binds its buffers. Within one dispatch a buffer of the device is either only read, by any number of bindings, or
 * all its bindings may write and no two of them overlap (WebGPU, "usage scope": read-only storage excludes writing, and
 * two bindings that write must not alias). So a binding is `read_write` where anything of its buffer is written, and
 * what would overlap is bound as one, with offsets.
 */
import { mostBindings } from "../../ir/device.ts";
import type { KernelCall } from "../../ir/kernel.ts";
import type { Affine, ScalarType } from "../../ir/types.ts";
import type { Builder } from "../../ir/builder.ts";
import type { DeviceMemory, Stretch } from "./memory.ts";
import { overlap, together } from "./memory.ts";
import type { Binding, DevicePlace } from "./program.ts";

export interface Bound {
  readonly bindings: readonly Binding[];
  readonly places: readonly DevicePlace[];
  readonly offsets: readonly Affine[];
}

/** Buffers of the kernel that are bound as one, and what they span. */
interface Group {
  readonly buffers: readonly number[];
  readonly type: ScalarType;
  readonly stretch: Stretch;
}

export function bindCall(call: KernelCall, memory: DeviceMemory, builder: Builder): Bound {
  const { kernel } = call;
  const written = new Set(
    call.buffers.flatMap((t, n) =>
      kernel.buffers[n]!.access === "read" ? [] : [memory.stretchOf(t).buffer],
    ),
  );
  const single = call.buffers.map((t, n): Group => {
    return { buffers: [n], type: t.type, stretch: memory.stretchOf(t) };
  });
  const groups = apart(fewEnough(single, kernel.name), written, kernel.name);
  const bindings = groups.map(({ buffers, type, stretch }): Binding => {
    return { buffers, type, access: written.has(stretch.buffer) ? "read_write" : "read" };
  });
  const offsets = groups.flatMap(({ buffers, stretch }) => {
    if (buffers.length === 1) return [];
    const { from } = memory.placeOf(stretch);
    return buffers.map((n) => builder.minus(memory.placeOf(memory.stretchOf(call.buffers[n]!)).from, from));
  });
  return { bindings, places: groups.map((g) => memory.placeOf(g.stretch)), offsets };
}

/** Where there are too many: buffers of one type that stand in one buffer of the device are bound as one, the most first. */
function fewEnough(single: readonly Group[], name: string): readonly Group[] {
  let groups = single;
  while (groups.length > mostBindings) {
    const families = [...familiesOf(groups)]
      .filter((f) => f.length > 1)
      .toSorted((a, z) => z.length - a.length);
    const [largest] = families;
    if (!largest)
      throw new Error(`\`${name}\` needs ${groups.length} bindings, and a dispatch has ${mostBindings}`);
    groups = joined(groups, largest);
  }
  return groups;
}

function familiesOf(groups: readonly Group[]): Iterable<Group[]> {
  const families = new Map<string, Group[]>();
  for (const group of groups) {
    const key = `${group.stretch.buffer.name} ${group.type}`;
    families.set(key, [...(families.get(key) ?? []), group]);
  }
  return families.values();
}

/** No two bindings that may write have a place in common. */
function apart(given: readonly Group[], written: ReadonlySet<unknown>, name: string): readonly Group[] {
  let groups = given;
  for (;;) {
    const clash = clashIn(groups.filter((g) => written.has(g.stretch.buffer)));
    if (!clash) return groups;
    const [a, z] = clash;
    if (a.type !== z.type) throw new Error(`\`${name}\` is passed one place as ${a.type} and as ${z.type}`);
    groups = joined(groups, clash);
  }
}

function clashIn(groups: readonly Group[]): [Group, Group] | undefined {
  for (const [n, a] of groups.entries()) {
    const z = groups.slice(n + 1).find((other) => overlap(a.stretch, other.stretch));
    if (z) return [a, z];
  }
  return undefined;
}

/** Some of the groups as one, in the place of the first. */
function joined(groups: readonly Group[], members: readonly Group[]): Group[] {
  const [first] = members;
  const one = {
    buffers: members.flatMap((g) => g.buffers).toSorted((a, z) => a - z),
    type: first!.type,
    stretch: members.map((g) => g.stretch).reduce(together),
  };
  return groups.flatMap((g) => (g === first ? [one] : members.includes(g) ? [] : [g]));
}

/** The buffers of a kernel that share a binding, in the order in which a call passes where they begin. */
export function sharingBuffers(bindings: readonly Binding[]): readonly number[] {
  return bindings.filter((b) => b.buffers.length > 1).flatMap((b) => b.buffers);
}
