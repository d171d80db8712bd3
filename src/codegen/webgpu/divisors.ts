/**
 * What may be divided by as it stands. WGSL says nothing of a quotient by 0, or by what is no normal number, and devices
 * multiply by a reciprocal that they may have flushed to 0. So quotients are computed by a function that looks at the bits
 * of the divisor, except where its value is known to stay away from 0.
 */
import { rangeOf } from "../../ir/affine.ts";
import type { AtomName } from "../../ir/atom.ts";
import type { Apply, Expr, Local } from "../../ir/types.ts";

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Far above the smallest normal number: bounds are found without rounding. */
const least = 1e-30;
/** Reciprocals of larger numbers are no normal numbers. A divisor that is known to be away from 0 is taken to be smaller. */
const most = 2 ** 126;

const anything: Range = { low: -Infinity, high: Infinity };
const positive: Range = { low: 0, high: Infinity };

export class Divisors {
  private readonly known = new Map<Expr, Range>();

  /** `valueOf`: what a local was bound to, where that is known. */
  constructor(private readonly valueOf: (local: Local) => Expr | undefined) {}

  /** Whether the value is a number that is not near 0, or none at all. */
  isAwayFromZero(e: Expr): boolean {
    if (e.kind === "constant") return Math.abs(e.value) >= least && Math.abs(e.value) <= most;
    const { low, high } = this.rangeOf(e);
    return low >= least || high <= -least;
  }

  private rangeOf(e: Expr): Range {
    const known = this.known.get(e);
    if (known) return known;
    const found = this.find(e);
    const range = Number.isNaN(found.low) || Number.isNaN(found.high) ? anything : found;
    this.known.set(e, range);
    return range;
  }

  private find(e: Expr): Range {
    switch (e.kind) {
      case "constant":
        return { low: e.value, high: e.value };
      case "affine":
        return rangeOf(e);
      case "condition":
        return { low: 0, high: 1 };
      case "local": {
        const value = this.valueOf(e);
        return value ? this.rangeOf(value) : anything;
      }
      case "apply":
        return this.ofApply(e);
      case "read":
      case "reduce":
        return e.type === "bool" ? { low: 0, high: 1 } : anything;
    }
  }

  private ofApply({ atom, args, type }: Apply): Range {
    if (type === "bool") return { low: 0, high: 1 };
    const of = ranges[atom];
    if (!of) return anything;
    const isSquare = atom === "mul" && args[0] === args[1];
    return isSquare ? positive : of(...args.map((a) => this.rangeOf(a)));
  }
}

const hull = (a: Range, b: Range): Range => ({
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
});

/** The ranges of what is often divided by, from those of the arguments. What is not listed may be anything. */
const ranges: Partial<Record<AtomName, (...args: Range[]) => Range>> = {
  add: (a, b) => ({ low: a!.low + b!.low, high: a!.high + b!.high }),
  sub: (a, b) => ({ low: a!.low - b!.high, high: a!.high - b!.low }),
  neg: (a) => ({ low: -a!.high, high: -a!.low }),
  mul: (a, b) => {
    const corners = [a!.low * b!.low, a!.low * b!.high, a!.high * b!.low, a!.high * b!.high];
    return { low: Math.min(...corners), high: Math.max(...corners) };
  },
  // Of a negative number it is none.
  sqrt: (a) => ({ low: Math.sqrt(Math.max(0, a!.low)), high: Math.sqrt(Math.max(0, a!.high)) }),
  exp: () => positive,
  sigmoid: () => ({ low: 0, high: 1 }),
  softplus: () => positive,
  tanh: () => ({ low: -1, high: 1 }),
  abs: (a) => ({ low: Math.max(0, a!.low, -a!.high), high: Math.max(-a!.low, a!.high) }),
  min: (a, b) => ({ low: Math.min(a!.low, b!.low), high: Math.min(a!.high, b!.high) }),
  max: (a, b) => ({ low: Math.max(a!.low, b!.low), high: Math.max(a!.high, b!.high) }),
  pow: (_, b) => (b!.low === 2 && b!.high === 2 ? positive : anything),
  select: (_, a, b) => hull(a!, b!),
  cast: (a) => a!,
  random: () => ({ low: 0, high: 1 }),
  stop_gradient: (a) => a!,
  // What is close to 0 becomes 0, of either sign.
  flush: (a) => hull(a!, { low: 0, high: 0 }),
};
