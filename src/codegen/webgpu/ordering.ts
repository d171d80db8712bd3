/** When the invocations of a workgroup have to wait for one another, since they touch the same cells of buffers. */
import type { KernelStatement } from "../../ir/kernel.ts";
import { expressionsIn, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Tensor } from "../../ir/types.ts";
import type { Body } from "./body.ts";

/** What was read and stored since all invocations last waited, by the names of bindings. */
export class Ordering {
  private read = new Set<string>();
  private stored = new Set<string>();

  constructor(private readonly body: Body) {}

  /** Whether all have to wait before the next statement: it touches what one before it stored, or stores what it read. */
  mustWait(s: KernelStatement): boolean {
    const read = this.names(readsOf(...expressionsIn([s])).map((r) => r.tensor));
    const stored = this.names([...statementsIn([s])].flatMap((x) => (x.kind === "store" ? [x.tensor] : [])));
    const clashes =
      [...read].some((name) => this.stored.has(name)) ||
      [...stored].some((name) => this.stored.has(name) || this.read.has(name));
    if (clashes) {
      this.read = new Set();
      this.stored = new Set();
    }
    for (const name of read) this.read.add(name);
    for (const name of stored) this.stored.add(name);
    return clashes;
  }

  private names(tensors: readonly Tensor[]): Set<string> {
    const found = tensors.map((t) => this.body.tensor(t)).filter((t) => !t.byValue);
    return new Set(found.map((t) => t.name));
  }
}
