/**
 * Kernels divided by the turns of their loops, each of its parts for itself. A loop of independent turns is divided, or,
 * where it has few turns, one of the loops in it. What stores into no buffer but the kernel's own is done by every thread.
 * Everything else is one turn, which one of the threads takes.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Divided, Kernel, KernelStatement, Loop } from "../../ir/kernel.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import type { Sizes } from "../../ir/sizes.ts";
import { areIndependent } from "./independence.ts";
import type { Block } from "./parts.ts";
import { isDivisible, Parts } from "./parts.ts";

/** A loop of fewer turns is divided only where they are an even number; else one of the loops in it, if it has more. */
const enoughTurns = 8;

/** Undefined where a part needs what another one stores, or there is nothing to divide. */
export function divideTurns(kernel: Kernel, sizes: Sizes, b: Builder): Divided | undefined {
  return new Division(kernel, sizes, b).run();
}

class Division {
  private readonly parts: Parts;

  constructor(
    private readonly kernel: Kernel,
    private readonly sizes: Sizes,
    private readonly b: Builder,
  ) {
    this.parts = new Parts(kernel, b);
  }

  run(): Divided | undefined {
    const { parts } = this;
    const body = this.block(this.kernel.body);
    if (!body || !areIndependent(parts.divided, parts.common, parts.scratch, this.b)) return undefined;
    return parts.result(body);
  }

  /** The statements, with what is divided in them; undefined where some can't be done by several threads. */
  private block(block: Block): Block | undefined {
    const { parts } = this;
    const out: KernelStatement[] = [];
    for (let at = 0; at < block.length;) {
      const s = block[at]!;
      if (parts.isPrivate(s)) {
        out.push(parts.everywhere(s));
        at++;
        continue;
      }
      if (isDivisible(s)) {
        out.push(this.within(s, this.bestOf(s)));
        at++;
        continue;
      }
      const alone = parts.aloneFrom(block, at);
      if (!alone) return undefined;
      out.push(parts.once(alone));
      at += alone.length;
    }
    return out;
  }

  /** The loop to divide: the outermost that is divided well, or else the one with most turns. */
  private bestOf(s: Loop): Loop {
    const { sizes } = this;
    let best = s;
    for (let at = s; ;) {
      const turns = sizes.turns(at);
      if (turns >= enoughTurns || (turns > 0 && turns % 2 === 0)) return at;
      if (turns > sizes.turns(best)) best = at;
      if (!this.mayDivideWithin(at)) return best;
      const loops = at.body.filter(isDivisible);
      if (loops.length === 0) return best;
      at = loops.reduce((most, l) => (sizes.work([l]) > sizes.work([most]) ? l : most));
    }
  }

  /** The loops around the chosen one are run by every thread. */
  private within(s: Loop, chosen: Loop): Loop {
    const { parts } = this;
    if (s === chosen) return parts.share(s);
    const body = s.body.map((inner) => {
      if (isDivisible(inner) && !parts.isPrivate(inner))
        return this.within(inner, contains(inner, chosen) ? chosen : inner);
      return parts.everywhere(inner);
    });
    return { ...s, body };
  }

  /** Whether the body of a loop is loops that may be divided, and what every thread may do. */
  private mayDivideWithin(s: Loop): boolean {
    return (
      s.lanes === undefined && s.body.every((inner) => this.parts.isPrivate(inner) || isDivisible(inner))
    );
  }
}

const contains = (s: Loop, wanted: Loop): boolean => [...statementsIn([s])].includes(wanted);
