/** What integers can be where dimensions have counts. */
import type { Range } from "./affine.ts";
import { evaluateAffine } from "./interpreter-expressions.ts";
import type { Affine, Dim, IntegerAtom } from "./types.ts";

const unknown: Range = { low: -Infinity, high: Infinity };

/** Over all loops; nothing is known of what tensors hold. */
export function boundsOf({ constant, terms }: Affine, dims: ReadonlyMap<Dim, number>): Range {
  let [low, high] = [constant, constant];
  for (const { factor, atom } of terms) {
    const of = boundsOfAtom(atom, dims);
    low += Math.min(factor * of.low, factor * of.high);
    high += Math.max(factor * of.low, factor * of.high);
  }
  return Number.isNaN(low + high) ? unknown : { low, high };
}

function boundsOfAtom(atom: IntegerAtom, dims: ReadonlyMap<Dim, number>): Range {
  switch (atom.kind) {
    case "index":
      return { low: 0, high: evaluateAffine(atom.extent, dims) - 1 };
    case "dim":
      return { low: dims.get(atom) ?? NaN, high: dims.get(atom) ?? NaN };
    case "floor": {
      const { low, high } = boundsOf(atom.value, dims);
      return { low: Math.floor(low / atom.divisor), high: Math.floor(high / atom.divisor) };
    }
    case "modulo":
      return { low: 0, high: atom.divisor - 1 };
    case "opaque":
      return unknown;
  }
}
