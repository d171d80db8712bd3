/**
 * Places in memory as polynomials of indices and dimensions, so that what two of them differ by is known, and what a
 * loop adds to them.
 */
import { rangeOfAtom } from "../../ir/affine.ts";
import { freeIndices } from "../../ir/rewrite.ts";
import type { Affine, Index, IntegerAtom, Local, Tensor } from "../../ir/types.ts";

interface Monomial {
  readonly factor: number;
  /** In order of their identity. */
  readonly atoms: readonly IntegerAtom[];
}

/** Σ factor · Π atoms */
export class Polynomial {
  private constructor(private readonly monomials: ReadonlyMap<string, Monomial>) {}

  static readonly zero = new Polynomial(new Map());

  static of(form: Affine): Polynomial {
    return Polynomial.sum([
      { factor: form.constant, atoms: [] },
      ...form.terms.map(({ factor, atom }) => ({ factor, atoms: [atom] })),
    ]);
  }

  private static sum(list: readonly Monomial[]): Polynomial {
    const found = new Map<string, Monomial>();
    for (const { factor, atoms } of list) {
      const key = atoms.map(identity).join("·");
      const total = (found.get(key)?.factor ?? 0) + factor;
      if (total === 0) found.delete(key);
      else found.set(key, { factor: total, atoms });
    }
    return new Polynomial(found);
  }

  get list(): readonly Monomial[] {
    return [...this.monomials.values()];
  }

  /** Equal polynomials have equal keys. */
  get key(): string {
    return [...this.monomials]
      .map(([key, { factor }]) => `${factor}*${key}`)
      .sort()
      .join("+");
  }

  get constant(): number {
    return this.monomials.get("")?.factor ?? 0;
  }

  /** The number that this is, if it is one. */
  get number(): number | undefined {
    const isNumber = this.monomials.size === 0 || (this.monomials.size === 1 && this.monomials.has(""));
    return isNumber ? this.constant : undefined;
  }

  plus(other: Polynomial): Polynomial {
    return Polynomial.sum([...this.list, ...other.list]);
  }

  times(other: Polynomial): Polynomial {
    const products = this.list.flatMap((a) =>
      other.list.map((b) => ({
        factor: a.factor * b.factor,
        atoms: [...a.atoms, ...b.atoms].sort((p, q) => p.id - q.id),
      })),
    );
    return Polynomial.sum(products);
  }

  withoutConstant(): Polynomial {
    return Polynomial.sum(this.list.filter((m) => m.atoms.length > 0));
  }

  /** p = slope · index + rest; undefined where it is no such sum. */
  split(index: Index): { slope: Polynomial; rest: Polynomial } | undefined {
    const slope: Monomial[] = [];
    const rest: Monomial[] = [];
    for (const m of this.list) {
      const others = m.atoms.filter((a) => a !== index);
      if (others.some((a) => dependsOn(a, index))) return undefined;
      const degree = m.atoms.length - others.length;
      if (degree > 1) return undefined;
      if (degree === 1) slope.push({ factor: m.factor, atoms: others });
      else rest.push(m);
    }
    return { slope: Polynomial.sum(slope), rest: Polynomial.sum(rest) };
  }

  /** A number that this is never below. */
  lowerBound(): number {
    return this.list.reduce((sum, { factor, atoms }) => {
      let low = factor;
      let high = factor;
      for (const atom of atoms) {
        const range = rangeOfAtom(atom);
        const corners = [low * range.low, low * range.high, high * range.low, high * range.high];
        low = Math.min(...corners);
        high = Math.max(...corners);
      }
      return Number.isNaN(low) ? -Infinity : sum + low;
    }, 0);
  }

  /** Whether all that this mentions has a value where only these have one. */
  isKnown(indices: ReadonlySet<Index>, locals: ReadonlySet<Local>): boolean {
    return this.list.every((m) => m.atoms.every((a) => isKnownAtom(a, indices, locals)));
  }
}

const identity = (atom: IntegerAtom): string => `${atom.kind}${atom.id}`;

function dependsOn(atom: IntegerAtom, index: Index): boolean {
  if (atom.kind === "index") return atom === index;
  return atom.kind !== "dim" && freeIndices(atom.value).has(index);
}

/** What is read may change, and need not be there: it is never known. */
function isKnownAtom(atom: IntegerAtom, indices: ReadonlySet<Index>, locals: ReadonlySet<Local>): boolean {
  switch (atom.kind) {
    case "index":
      return indices.has(atom);
    case "dim":
      return true;
    case "floor":
    case "modulo":
      return atom.value.terms.every((t) => isKnownAtom(t.atom, indices, locals));
    case "opaque":
      return atom.value.kind === "local" && locals.has(atom.value);
  }
}

/** By the subscripts of a read or a store: the same are asked about several times. */
const positions = new WeakMap<
  readonly Affine[],
  { readonly tensor: Tensor; readonly position: Polynomial }
>();

/** The position of an element in its row-major tensor. */
export function positionOf(tensor: Tensor, subscripts: readonly Affine[]): Polynomial {
  const known = positions.get(subscripts);
  if (known?.tensor === tensor) return known.position;
  const position = subscripts.reduce(
    (before, subscript, d) => before.times(Polynomial.of(tensor.shape[d]!)).plus(Polynomial.of(subscript)),
    Polynomial.zero,
  );
  positions.set(subscripts, { tensor, position });
  return position;
}

/** Bytes of one element in memory. */
export const sizeOfElement = (tensor: Tensor): number => (tensor.type === "bool" ? 1 : 4);
