/** Tensors that share a slot, found greedily: the largest first, each in the first slot where it disturbs nobody. */
import type { Slot } from "../../ir/kernel.ts";
import type { Affine, Tensor } from "../../ir/types.ts";
import type { Life } from "./lives.ts";

/** A tensor and its views, with one place. */
export interface Tenant {
  readonly tensors: readonly Tensor[];
  readonly size: Affine;
  readonly lives: readonly Life[];
}

interface Room {
  readonly tenants: Tenant[];
  readonly size: Affine;
}

export function shareSlots(tenants: readonly Tenant[], share: boolean): Slot[] {
  const rooms: Room[] = [];
  // The first tenant of a room of numbers is its largest, so the room never grows.
  const order = share ? tenants.toSorted((a, b) => b.size.constant - a.size.constant) : tenants;
  for (const tenant of order) {
    const room = share ? rooms.find((r) => suits(r, tenant)) : undefined;
    if (room) room.tenants.push(tenant);
    else rooms.push({ tenants: [tenant], size: tenant.size });
  }
  return rooms.map(({ tenants: all, size }) => ({
    block: "values",
    type: all[0]!.tensors[0]!.type,
    size,
    tensors: all.flatMap((t) => t.tensors),
  }));
}

/** Sizes that are bound at creation can't be compared: such tensors share only with tensors of the same size. */
function suits(room: Room, tenant: Tenant): boolean {
  const numeric = (size: Affine): boolean => size.terms.length === 0;
  const comparable = room.size === tenant.size || (numeric(room.size) && numeric(tenant.size));
  const sameType = room.tenants[0]!.tensors[0]!.type === tenant.tensors[0]!.type;
  return comparable && sameType && room.tenants.every((other) => !overlap(other, tenant));
}

function overlap(a: Tenant, b: Tenant): boolean {
  return a.lives.some((x) =>
    b.lives.some((y) => x.timeline === y.timeline && x.from <= y.to && y.from <= x.to),
  );
}
