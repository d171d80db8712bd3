/**
 * Kernels divided by rows: every thread computes the same rows of whatever is stored, in all parts of a kernel, and in all
 * kernels with as many rows. So a part may read what another one has stored, a batch stays where it is from kernel to kernel,
 * and threads need not wait for each other between them (`phases.ts`).
 */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Divided, Kernel, KernelStatement, Loop } from "../../ir/kernel.ts";
import { rowsInBlock } from "../../ir/kernel.ts";
import { expressionsIn } from "../../ir/kernel-walk.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Sizes } from "../../ir/sizes.ts";
import type { Affine, Tensor } from "../../ir/types.ts";
import type { Access } from "./independence.ts";
import { accessesIn } from "./independence.ts";
import type { Block } from "./parts.ts";
import { isDivisible, Parts, usesLocalsOf } from "./parts.ts";

/** Fewer blocks of rows are not worth it. */
const fewestBlocks = 2;
/** What every thread repeats, such as copying panels, is at most so much of all that is done. */
const mostRepeated = 1 / 8;

/** Undefined where something that is stored has no rows, or not as many; where rows are not independent; or not worth it. */
export function divideRows(kernel: Kernel, sizes: Sizes, b: Builder): Divided | undefined {
  const stored = new Parts(kernel, b).storesIn(kernel.body).map((s) => s.tensor);
  const [count] = stored.map((t) => t.shape[0]);
  if (!count || stored.some((t) => t.shape.length < 2 || t.shape[0] !== count)) return undefined;
  if (sizes.largest(count) < fewestBlocks * rowsInBlock) return undefined;
  return new RowDivision(kernel, sizes, b).run(count, new Set(stored));
}

class RowDivision {
  private readonly parts: Parts;
  private repeated = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly sizes: Sizes,
    private readonly b: Builder,
  ) {
    this.parts = new Parts(kernel, b);
  }

  run(count: Affine, stored: ReadonlySet<Tensor>): Divided | undefined {
    const body = this.block(this.kernel.body, 1);
    if (!body || this.repeated > mostRepeated * this.sizes.work(this.kernel.body)) return undefined;
    const own = this.accessedByRows();
    return [...stored].every((t) => own.has(t)) ? this.parts.result(body, { count, own }) : undefined;
  }

  /** The statements, with loops over rows divided, which are run so often; undefined where something else is stored. */
  private block(block: Block, times: number): Block | undefined {
    const { parts } = this;
    const out: KernelStatement[] = [];
    for (let at = 0; at < block.length;) {
      const s = block[at]!;
      if (parts.isPrivate(s)) {
        parts.common.push(s);
        this.repeated += times * this.sizes.work([s]);
        out.push(s);
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
      let end = at + 1;
      while (end < block.length && !isDivisible(block[end]!)) end++;
      const alone = block.slice(at, end);
      const row = this.fixedRow(alone);
      if (row === undefined || usesLocalsOf(alone, block.slice(end))) return undefined;
      out.push(parts.once(alone, row));
      at = end;
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
    if (!isDivisible(s) || s.lanes !== undefined || rowsInBlock % step !== 0 || !begins) return false;
    const all = [...accessesIn(s)];
    return all.every(([t, a]) => (a.stores ? !this.parts.scratch.has(t) && this.isInTurn(a) : true));
  }

  /** One of the rows that a block stores, if they are known, and of one thread. */
  private fixedRow(block: Block): number | undefined {
    const rows = this.parts.storesIn(block).map((s) => this.b.constantOf(s.subscripts[0]!));
    const [first] = rows;
    if (first === undefined) return undefined;
    return rows.every((row) => row !== undefined && areInOneBlock(row, first)) ? first : undefined;
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
      return fixed !== undefined && turn !== undefined && areInOneBlock(fixed, turn);
    }
    const { low, high } = rangeOf(b.minus(row, b.of(loop.index)));
    return low >= 0 && high < (loop.step ?? 1);
  }
}

const isOnce = (s: Loop, b: Builder): boolean => b.constantOf(s.index.extent) === 1;
const areInOneBlock = (row: number, other: number): boolean =>
  Math.floor(row / rowsInBlock) === Math.floor(other / rowsInBlock);
