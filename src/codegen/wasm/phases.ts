/**
 * When threads must wait for each other: before a call that touches what another thread has stored since they last met, or
 * stores what another one has touched. Tensors that share a place in memory count as one.
 */
import type { Call, Divided, Kernel } from "../../ir/kernel.ts";
import type { Tensor } from "../../ir/types.ts";
import type { MemoryLayout } from "./layout.ts";
import { largestSize } from "./layout.ts";

export interface PhasedCall {
  readonly call: Call;
  /** Whether threads share its kernel; else the first one makes it alone. */
  readonly isDivided: boolean;
  /** Whether threads meet before it. */
  readonly waits: boolean;
}

interface Access {
  readonly from: number;
  readonly to: number;
  readonly stores: boolean;
  /** By the first thread only. */
  readonly alone: boolean;
}

export function phasesOf(
  calls: readonly Call[],
  layout: MemoryLayout,
  divided: ReadonlyMap<Kernel, Divided> = new Map(),
): PhasedCall[] {
  let since: Access[] = [];
  return calls.map((call) => {
    const isDivided = call.kind === "call" && divided.has(call.kernel);
    const accesses = accessesOf(call, layout, !isDivided);
    const waits = accesses.some((a) => since.some((other) => conflict(a, other)));
    since = waits ? accesses : [...since, ...accesses];
    return { call, isDivided, waits };
  });
}

const conflict = (a: Access, b: Access): boolean =>
  (a.stores || b.stores) && !(a.alone && b.alone) && a.from < b.to && b.from < a.to;

function accessesOf(call: Call, layout: MemoryLayout, alone: boolean): Access[] {
  const access = (tensor: Tensor, stores: boolean): Access[] => {
    const from = layout.addresses.get(tensor);
    // What has no place is passed by value.
    return from === undefined ? [] : [{ from, to: from + largestSize(tensor), stores, alone }];
  };
  if (call.kind === "clear") return access(call.tensor, true);
  return [
    ...call.kernel.buffers.flatMap((buffer, i) => access(call.buffers[i]!, buffer.access !== "read")),
    ...call.scalars.flatMap((t) => access(t, false)),
  ];
}
