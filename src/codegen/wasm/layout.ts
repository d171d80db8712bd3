/** Where every tensor stands in the memory of a WebAssembly module: all addresses are known when it is compiled. */
import { rangeOf } from "../../ir/affine.ts";
import type { Block, Schedule } from "../../ir/kernel.ts";
import type { Tensor } from "../../ir/types.ts";
import { sizeOfElement } from "./addresses.ts";

/** Every tensor begins on such a multiple, and so much of the memory is behind the last one, for reads of vectors. */
const alignment = 64;
const pageSize = 65536;
/** What a memory can have: 4 GiB. */
export const mostPages = 65536;

export interface MemoryLayout {
  readonly addresses: ReadonlyMap<Tensor, number>;
  /** From the first byte of a block to behind its last one. */
  readonly blocks: ReadonlyMap<Block, { readonly from: number; readonly to: number }>;
  /** Where the memory begins that kernels use while they run, one after the other, and how many bytes of it each thread has. */
  readonly scratch: number;
  readonly scratchSize: number;
  /** Where threads agree on what they do. */
  readonly control: number;
  readonly pages: number;
}

/** The global that says where the tensors of a kernel's own may stand. */
export const scratchName = "$scratch";

/** Where each tensor of a kernel's own stands, in bytes from the beginning of the memory for them. */
export function scratchOffsets(tensors: readonly Tensor[]): number[] {
  return tensors.map((_, n) => sizeOfScratch(tensors.slice(0, n)));
}

const sizeOfScratch = (tensors: readonly Tensor[]): number =>
  tensors.reduce((n, t) => n + aligned(largestSize(t)), 0);

/**
 * `reach`: so many bytes before the first tensor may be mentioned, though they are not read. `controlSize`: the bytes
 * that threads need. The memory for further threads' kernels follows the end.
 */
export function layOutMemory(
  schedule: Schedule,
  inputs: readonly Tensor[],
  reach: number,
  controlSize = 0,
): MemoryLayout {
  const addresses = new Map<Tensor, number>();
  const blocks = new Map<Block, { from: number; to: number }>();
  let end = aligned(reach);
  const take = (tensors: readonly Tensor[]): void => {
    for (const t of tensors) addresses.set(t, end);
    end = aligned(end + Math.max(...tensors.map(largestSize)));
  };
  for (const slot of schedule.plan.slots) {
    const from = blocks.get(slot.block)?.from ?? end;
    take(slot.tensors);
    blocks.set(slot.block, { from, to: end });
  }
  for (const { tensor, slots } of schedule.plan.rows)
    addresses.set(tensor, addresses.get(slots[0]!.tensors[0]!)!);
  for (const t of inputs) if (!addresses.has(t)) take([t]);
  const control = end;
  end = aligned(end + controlSize);
  const scratch = end;
  const scratchSize = Math.max(0, ...schedule.kernels.map((k) => sizeOfScratch(k.scratch ?? [])));
  end += scratchSize;
  return { addresses, blocks, control, scratch, scratchSize, pages: Math.ceil((end + alignment) / pageSize) };
}

/** How many pages more there are for each further thread. */
export const pagesOfThread = ({ scratchSize }: MemoryLayout): number => Math.ceil(scratchSize / pageSize);

/** How large a memory is, where it is larger than any can be. */
export function excessOf({ pages }: MemoryLayout): { readonly gibibytes: string } | undefined {
  return pages > mostPages ? { gibibytes: ((pages * pageSize) / 2 ** 30).toFixed(1) } : undefined;
}

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** The bytes of a tensor at its largest extents. */
export function largestSize(tensor: Tensor): number {
  return tensor.shape.reduce((n, e) => n * rangeOf(e).high, sizeOfElement(tensor));
}
