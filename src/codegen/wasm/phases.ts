/**
 * When threads must wait for each other: before a call that touches what another thread has stored since they last met, or
 * stores what another one has touched. Tensors that share a place in memory count as one. What a thread has in rows of its
 * own, in calls with as many rows, no other one touches.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Call, Divided, Kernel, KernelCall } from "../../ir/kernel.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Tensor } from "../../ir/types.ts";
import { sizeOfElement } from "./addresses.ts";
import type { MemoryLayout } from "./layout.ts";
import { largestSize } from "./layout.ts";

export interface PhasedCall {
  readonly call: Call;
  /** Whether threads share its kernel; else the first one makes it alone. */
  readonly isDivided: boolean;
  /** Whether threads meet before it. */
  readonly waits: boolean;
}

/** How many rows a place has, in which blocks, and how far they are apart. */
interface Pitch {
  readonly count: Affine;
  readonly block: number;
  readonly bytes: Affine;
}

interface Access {
  readonly from: number;
  readonly to: number;
  readonly stores: boolean;
  /** Which part of it a thread touches: all of it, and no other thread any; its own rows; or whatever. */
  readonly part: "alone" | Pitch | undefined;
}

export function phasesOf(
  calls: readonly Call[],
  layout: MemoryLayout,
  b: Builder,
  divided: ReadonlyMap<Kernel, Divided> = new Map(),
): PhasedCall[] {
  let since: Access[] = [];
  return calls.map((call) => {
    const shared = call.kind === "call" ? divided.get(call.kernel) : undefined;
    const accesses = accessesOf(call, layout, shared, b);
    const waits = accesses.some((a) => since.some((other) => conflict(a, other)));
    since = waits ? accesses : [...since, ...accesses];
    return { call, isDivided: shared !== undefined, waits };
  });
}

const conflict = (a: Access, b: Access): boolean =>
  (a.stores || b.stores) && a.from < b.to && b.from < a.to && !areOfOneThread(a, b);

/** Whether what a thread touches in both is touched by no other thread in either. */
function areOfOneThread({ part: x, from }: Access, { part: y, from: other }: Access): boolean {
  if (x === undefined || y === undefined) return false;
  if (x === "alone" || y === "alone") return x === y;
  return from === other && x.count === y.count && x.block === y.block && x.bytes === y.bytes;
}

function accessesOf(call: Call, layout: MemoryLayout, divided: Divided | undefined, b: Builder): Access[] {
  const access = (tensor: Tensor, stores: boolean, part: Access["part"]): Access[] => {
    const from = layout.addresses.get(tensor);
    // What has no place is passed by value.
    return from === undefined ? [] : [{ from, to: from + largestSize(tensor), stores, part }];
  };
  if (call.kind === "clear") return access(call.tensor, true, "alone");
  const pitchOf = pitches(call, divided, b);
  const others = divided ? undefined : "alone";
  return [
    ...call.kernel.buffers.flatMap(({ tensor, access: kind }, i) =>
      access(call.buffers[i]!, kind !== "read", pitchOf(tensor) ?? others),
    ),
    ...call.scalars.flatMap((t) => access(t, false, others)),
  ];
}

/** The rows of the buffers that a thread accesses in its own rows only, with the counts of a call. */
function pitches(
  { kernel, dims }: KernelCall,
  divided: Divided | undefined,
  b: Builder,
): (buffer: Tensor) => Pitch | undefined {
  const rows = divided?.rows;
  if (!rows) return () => undefined;
  const passed = new Map(kernel.dims.map((d, i) => [d, b.toAffine(dims[i]!)]));
  const rewrite = rewriter(b, { atom: (a) => (a.kind === "dim" ? passed.get(a) : undefined) });
  const here = (extent: Affine): Affine => rewrite(extent) as Affine;
  const count = here(rows.count);
  return (buffer) => {
    if (!rows.own.has(buffer)) return undefined;
    const inner = buffer.shape.slice(1).map(here);
    const bytes = inner.reduce((n, e) => b.times(n, e), b.integer(sizeOfElement(buffer)));
    return { count, block: rows.block, bytes };
  };
}
