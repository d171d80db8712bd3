/**
 * Kernels divided by rows: every thread computes the same rows of whatever is stored, in all parts of a kernel, and in all
 * kernels with as many rows. So a part may read what another one has stored, a batch stays where it is from kernel to kernel,
 * and threads need not wait for each other between them (`phases.ts`).
 */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Divided, Kernel, KernelStatement, Loop } from "../../ir/kernel.ts";
import { expressionsIn } from "../../ir/kernel-walk.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Sizes } from "../../ir/sizes.ts";
import type { Affine, Tensor } from "../../ir/types.ts";
import type { Access } from "./independence.ts";
import { accessesIn } from "./independence.ts";
import type { Block } from "./parts.ts";
import { isDivisible, isOnce, Parts } from "./parts.ts";

/** What loops do in a turn, 1, 2 or 4 rows, fits into the largest block, which kernels of many rows have in common. */
const blocks = [1, 2, 4] as const;
const largestBlock = 4;
/** So many rows are as many as go into the largest blocks for four threads. */
const manyRows = 16;

export interface RowLimits {
  /** Whether only rows of a dynamic dimension count, which are those of many kernels. */
  readonly ofBatch: boolean;
  /** What every thread repeats, such as copying panels, is at most so much of all that is done. */
  readonly mostRepeated: number;
}

/** Undefined where something that is stored has no rows, or not as many; where rows are not independent; or not worth it. */
export function divideRows(kernel: Kernel, limits: RowLimits, sizes: Sizes, b: Builder): Divided | undefined {
  const stored = new Parts(kernel, b).storesIn(kernel.body).map((s) => s.tensor);
  const [count] = stored.map((t) => t.shape[0]);
  if (!count || stored.some((t) => t.shape.length < 2 || t.shape[0] !== count)) return undefined;
  if (limits.ofBatch && count.terms.length === 0) return undefined;
  const rows = sizes.largest(count);
  const possible = rows < manyRows ? blocks.filter((block) => 2 * block <= rows) : [largestBlock];
  for (const block of possible) {
    const divided = new RowDivision(kernel, block, limits, sizes, b).run(count, new Set(stored));
    if (divided) return divided;
  }
  return undefined;
}

class RowDivision {
  private readonly parts: Parts;
  private repeated = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly rowsInBlock: number,
    private readonly limits: RowLimits,
    private readonly sizes: Sizes,
    private readonly b: Builder,
  ) {
    this.parts = new Parts(kernel, b);
  }

  run(count: Affine, stored: ReadonlySet<Tensor>): Divided | undefined {
    const body = this.block(this.kernel.body, 1);
    const most = this.limits.mostRepeated * this.sizes.work(this.kernel.body);
    if (!body || this.repeated > most) return undefined;
    const own = this.accessedByRows();
    if (![...stored].every((t) => own.has(t))) return undefined;
    return this.parts.result(body, { count, block: this.rowsInBlock, own });
  }

  /** The statements, with loops over rows divided, which are run so often; undefined where something else is stored. */
  private block(block: Block, times: number): Block | undefined {
    const { parts } = this;
    const out: KernelStatement[] = [];
    for (let at = 0; at < block.length;) {
      const s = block[at]!;
      if (parts.isPrivate(s)) {
        this.repeated += times * this.sizes.work([s]);
        out.push(parts.everywhere(s));
        at++;
        continue;
      }
      if (s.kind === "loop" && this.fixedRow([s]) === undefined) {
        const inner = this.goesOverRows(s) ? parts.share(s) : this.around(s, times);
        if (!inner) return undefined;
        out.push(inner);
        at++;
        continue;
      }
      const alone = parts.aloneFrom(block, at);
      const row = alone && this.fixedRow(alone);
      if (!alone || row === undefined) return undefined;
      out.push(parts.once(alone, row));
      at += alone.length;
    }
    return out;
  }

  /** A loop that every thread runs, over rows of its own. */
  private around(s: Loop, times: number): Loop | undefined {
    if (s.lanes !== undefined) return undefined;
    const body = this.block(s.body, times * this.sizes.turns(s));
    return body && { ...s, body };
  }

  /** Whether each turn stores rows that it begins, and as many as there are to the next. */
  private goesOverRows(s: Loop): boolean {
    const step = s.step ?? 1;
    const begins = step === 1 || (this.b.constantOf(s.from) ?? 1) % step === 0;
    if (!isDivisible(s) || s.lanes !== undefined || this.rowsInBlock % step !== 0 || !begins) return false;
    const stores = [...accessesIn(s)].filter(([t, { stores }]) => stores && !this.parts.scratch.has(t));
    return stores.every(([, access]) => this.isInTurn(access));
  }

  /** One of the rows that a block stores, if they are known, and of one thread. */
  private fixedRow(block: Block): number | undefined {
    const rows = this.parts.storesIn(block).map((s) => this.b.constantOf(s.subscripts[0]!));
    const [first] = rows;
    if (first === undefined) return undefined;
    return rows.every((row) => row !== undefined && this.areInOneBlock(row, first)) ? first : undefined;
  }

  /** What is accessed by its row wherever it is, and so by one thread only, for each row. */
  private accessedByRows(): Set<Tensor> {
    const { divided, common } = this.parts;
    const byRows = new Map<Tensor, boolean>();
    for (const [tensor, access] of divided.flatMap((s) => [...accessesIn(s)]))
      byRows.set(tensor, byRows.get(tensor) !== false && this.isInTurn(access));
    for (const { tensor } of readsOf(...expressionsIn(common))) byRows.set(tensor, false);
    return new Set([...byRows].flatMap(([tensor, holds]) => (holds ? [tensor] : [])));
  }

  /** Whether the row of an access is one of those that its turn has. */
  private isInTurn({ loop, subscripts: [row, ...inner] }: Access): boolean {
    if (!row || inner.length === 0) return false;
    const { b } = this;
    if (isOnce(loop, b)) {
      const [fixed, turn] = [b.constantOf(row), b.constantOf(loop.from)];
      return fixed !== undefined && turn !== undefined && this.areInOneBlock(fixed, turn);
    }
    const { low, high } = rangeOf(b.minus(row, b.of(loop.index)));
    return low >= 0 && high < (loop.step ?? 1);
  }

  private areInOneBlock(row: number, other: number): boolean {
    return Math.floor(row / this.rowsInBlock) === Math.floor(other / this.rowsInBlock);
  }
}
