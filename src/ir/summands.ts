/** Row-major places, in parts: a subscript of each dimension times the number of values behind it. */
import type { Affine, Index, Tensor, Term } from "./types.ts";

/** One dimension's share of an address: (terms + constant) · stride · extents. */
export interface Summand {
  readonly terms: readonly Term[];
  readonly constant: number;
  readonly stride: number;
  /** Inner extents that are no numbers. */
  readonly extents: readonly Affine[];
}

export function summands(tensor: Tensor, subscripts: readonly Affine[]): Summand[] {
  return subscripts.map((subscript, d) => {
    const inner = tensor.shape.slice(d + 1);
    const stride = inner.reduce((n, e) => (e.terms.length === 0 ? n * e.constant : n), 1);
    const extents = inner.filter((e) => e.terms.length > 0);
    return { terms: subscript.terms, constant: subscript.constant, stride, extents };
  });
}

/** Values in one vector. */
export const vectorLength = 4;

/**
 * The address in vectors, where that of every part is a number of vectors. Four neighbouring turns of `along` are one
 * vector, and the index counts these: it must be a part of the address by itself.
 */
export function inVectors(parts: readonly Summand[], along?: Index): readonly Summand[] | undefined {
  const isWhole = (n: number): boolean => n % vectorLength === 0;
  const quarters = parts.map((part): Summand | undefined => {
    const { terms, constant, stride, extents } = part;
    const isAlong = ({ atom }: Term): boolean => atom === along;
    if (terms.some(isAlong)) {
      if (stride !== 1 || extents.length > 0) return undefined;
      if (terms.some((t) => isAlong(t) && t.factor !== 1)) return undefined;
    } else if (isWhole(stride)) return { ...part, stride: stride / vectorLength };
    if (!isWhole(constant) || !terms.every((t) => isAlong(t) || isWhole(t.factor))) return undefined;
    const quarter = terms.map((t) => (isAlong(t) ? t : { ...t, factor: t.factor / vectorLength }));
    return { ...part, terms: quarter, constant: constant / vectorLength };
  });
  return quarters.every((part) => part !== undefined) ? quarters : undefined;
}
