/** What a kernel really did, counted while the interpreter runs it, beside what was predicted for each call. */
import { operationOf } from "../../src/ir/cost.ts";
import type { Memory, Observer } from "../../src/ir/kernel-interpreter.ts";
import { execute } from "../../src/ir/kernel-interpreter.ts";
import type { Call, Procedure } from "../../src/ir/kernel.ts";
import type { Expr, Tensor } from "../../src/ir/types.ts";
import type { Counts } from "../../src/report/count.ts";
import { countKernel } from "../../src/report/count.ts";
import { passedDims } from "../../src/report/report.ts";

/** Counts by name: `+` for operations, the name of a function, `read x`, `write x`. */
type Tally = Map<string, number>;

class Counter implements Observer {
  readonly tally: Tally = new Map();
  /** Numbers passed by value, and what the kernel keeps for itself. */
  private uncounted: ReadonlySet<Tensor> = new Set();

  begin(call: Call): void {
    this.tally.clear();
    const own = call.kind === "call" ? [...call.kernel.scalars, ...(call.kernel.scratch ?? [])] : [];
    this.uncounted = new Set(own);
  }

  evaluated(e: Expr): void {
    if (e.kind === "read" && !this.uncounted.has(e.tensor)) this.tick(`read ${e.tensor.id}`);
    if (e.kind !== "apply") return;
    const { operations, called } = operationOf(e);
    this.tick("+", operations);
    if (called !== undefined) this.tick(called);
  }

  changed(s: Parameters<Observer["changed"]>[0]): void {
    if (s.kind === "assign") return this.tick("+", s.reducer !== null && s.local.type === "f32" ? 1 : 0);
    if (this.uncounted.has(s.tensor)) return;
    this.tick(`write ${s.tensor.id}`);
    if (!s.accumulate) return;
    this.tick(`read ${s.tensor.id}`);
    this.tick("+", s.tensor.type === "f32" ? 1 : 0);
  }

  private tick(name: string, count = 1): void {
    if (count > 0) this.tally.set(name, (this.tally.get(name) ?? 0) + count);
  }
}

function predicted(counts: Counts): Tally {
  const tally: Tally = new Map(counts.functions);
  if (counts.operations > 0) tally.set("+", counts.operations);
  for (const [t, n] of counts.reads) tally.set(`read ${t.id}`, n);
  for (const [t, n] of counts.writes) tally.set(`write ${t.id}`, n);
  return tally;
}

const total = (tally: Tally): number => [...tally.values()].reduce((sum, n) => sum + n, 0);

export interface Comparison {
  readonly calls: number;
  /** Calls under whose conditions on data something stands. */
  readonly atMost: readonly string[];
  /** What all calls together were predicted to do, and how much less they did. */
  readonly predicted: number;
  readonly less: number;
  readonly wrong: readonly string[];
}

/**
 * Runs procedures and compares call by call. Every count must be exact where nothing depends on data; where something
 * does, no count may be exceeded, and all together may differ by no more than was said to depend on data.
 */
export function compare(procedures: readonly Procedure[], memory: Memory): Comparison {
  const wrong: string[] = [];
  const atMost: string[] = [];
  let [calls, all, less] = [0, 0, 0];
  const counter = new Counter();
  for (const procedure of procedures) {
    for (const call of procedure.calls) {
      counter.begin(call);
      execute({ ...procedure, calls: [call] }, memory, undefined, counter);
      if (call.kind === "clear") continue;
      const counts = countKernel(call.kernel, passedDims(call, memory.dims));
      const [expected, found] = [predicted(counts), counter.tally];
      const name = `${procedure.name}: ${call.kernel.name}`;
      calls++;
      all += total(expected);
      less += total(expected) - total(found);
      if (counts.conditional > 0) atMost.push(name);
      if (total(expected) - total(found) > counts.conditional)
        wrong.push(`${name}: ${total(expected) - total(found)} less, of ${counts.conditional}`);
      for (const what of new Set([...expected.keys(), ...found.keys()])) {
        const [wanted, actual] = [expected.get(what) ?? 0, found.get(what) ?? 0];
        if (counts.conditional > 0 ? actual > wanted : actual !== wanted)
          wrong.push(`${name}: ${what} is ${actual}, not ${wanted}`);
      }
    }
  }
  return { calls, atMost, predicted: all, less, wrong };
}
