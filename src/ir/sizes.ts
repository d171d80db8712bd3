/** How much kernels do, where their dimensions are largest. */
import { rangeOf } from "./affine.ts";
import { atoms } from "./atoms.ts";
import type { Builder } from "./builder.ts";
import type { Call, Kernel, KernelStatement, Loop } from "./kernel.ts";
import { remembered, rewriter, visit } from "./rewrite.ts";
import type { Affine, Dim, Expr } from "./types.ts";

type Block = readonly KernelStatement[];

/** The kernels that are called, with the largest that is passed for each of their dimensions. */
export function largestDims(calls: Iterable<Call>): Map<Kernel, Map<Dim, number>> {
  const found = new Map<Kernel, Map<Dim, number>>();
  for (const call of calls) {
    if (call.kind === "clear") continue;
    const largest = found.get(call.kernel) ?? new Map<Dim, number>();
    found.set(call.kernel, largest);
    call.kernel.dims.forEach((d, i) => {
      const passed = call.dims[i]!;
      const count = typeof passed === "number" ? passed : passed.maximum;
      largest.set(d, Math.max(count, largest.get(d) ?? 0));
    });
  }
  return found;
}

/** How much a kernel does where its dimensions are largest. */
export class Sizes {
  private readonly atMost: (e: Expr) => Expr;

  constructor(largest: ReadonlyMap<Dim, number>, b: Builder) {
    this.atMost = rewriter(b, {
      atom: (a) => (a.kind === "dim" ? b.integer(largest.get(a) ?? a.maximum) : undefined),
    });
  }

  turns(s: Loop): number {
    const [from, to] = [s.from, s.to].map((e) => rangeOf(this.atMost(e) as Affine));
    return Math.max(0, Math.ceil((to!.high - Math.max(0, from!.low)) / (s.step ?? 1)));
  }

  largest(extent: Affine): number {
    return rangeOf(this.atMost(extent) as Affine).high;
  }

  /** Operations of a block, of numbers or of vectors, functions as the atom table weighs them. */
  work(block: Block): number {
    return block.reduce((sum, s) => {
      if (s.kind === "loop") return sum + this.turns(s) * this.work(s.body);
      if (s.kind === "if") return sum + this.work(s.body) + this.work(s.otherwise);
      return sum + remembered(operations, s.value, operationsOf);
    }, 0);
  }
}

/** Calls of one kernel ask for the same values. */
const operations = new WeakMap<Expr, number>();

function operationsOf(value: Expr): number {
  let count = 1;
  visit([value], (e) => {
    if (e.kind === "apply") count += atoms[e.atom].cost;
  });
  return count;
}
