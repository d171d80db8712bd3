import { rangeOf } from "./affine.ts";
import type { AtomName } from "./atoms.ts";
import type { Builder } from "./builder.ts";
import type { Affine, IntegerAtom, Opaque } from "./types.ts";

/** An affine form that is ≥ 0 wherever its atoms have values. */
export type Fact = Affine;

/** What holds of an atom besides its numeric range, as forms that are ≥ 0. */
export function factsOf(atom: IntegerAtom, b: Builder): Fact[] {
  switch (atom.kind) {
    case "index":
      return atom.extent.terms.length === 0 ? [] : [b.minus(b.plus(atom.extent, -1), atom)];
    case "dim":
      return [];
    case "floor": {
      const rest = b.minus(atom.value, b.times(atom, atom.divisor));
      return [rest, b.minus(atom.divisor - 1, rest)];
    }
    case "modulo": {
      // Builder.plus would see that this is 0; it is wanted as a relation between the atoms.
      const quotient = b.floorDivide(atom.value, atom.divisor);
      const rest = sumOfTerms([atom.value, 1], [quotient, -atom.divisor], [b.of(atom), -1]);
      return [fromTerms(rest, 1, b), fromTerms(rest, -1, b)];
    }
    case "opaque":
      return factsOfOpaque(atom, b);
  }
}

interface Sum {
  constant: number;
  readonly factors: Map<IntegerAtom, number>;
}

function sumOfTerms(...parts: readonly (readonly [Affine, number])[]): Sum {
  const sum: Sum = { constant: 0, factors: new Map() };
  for (const [form, factor] of parts) {
    sum.constant += form.constant * factor;
    for (const t of form.terms) sum.factors.set(t.atom, (sum.factors.get(t.atom) ?? 0) + t.factor * factor);
  }
  return sum;
}

function fromTerms(sum: Sum, sign: 1 | -1, b: Builder): Fact {
  const terms = [...sum.factors].filter(([, f]) => f !== 0).map(([atom, f]) => ({ factor: f * sign, atom }));
  return b.affine(
    sum.constant * sign,
    terms.sort((x, y) => x.atom.id - y.atom.id),
  );
}

function factsOfOpaque(atom: Opaque, b: Builder): Fact[] {
  const { value } = atom;
  if (value.kind === "read") return value.tensor.below ? [b.minus(b.plus(value.tensor.below, -1), atom)] : [];
  if (value.kind !== "apply") return [];
  const args = value.args.filter((a): a is Affine => a.kind === "affine");
  return args.length === 2 ? (integerFacts[value.atom]?.(b.of(atom), args[0]!, args[1]!, b) ?? []) : [];
}

const integerFacts: Partial<Record<AtomName, (v: Affine, x: Affine, y: Affine, b: Builder) => Fact[]>> = {
  min: (v, x, y, b) => [b.minus(x, v), b.minus(y, v)],
  max: (v, x, y, b) => [b.minus(v, x), b.minus(v, y)],
  mul: envelope,
};

/** A product of two bounded integers lies above and below these planes (McCormick 1976). */
function envelope(v: Affine, x: Affine, y: Affine, b: Builder): Fact[] {
  const [p, q] = [rangeOf(x), rangeOf(y)];
  const corner = (s: number, t: number): Affine[] =>
    Number.isFinite(s) && Number.isFinite(t) ? [b.plus(v, b.times(x, -t), b.times(y, -s), s * t)] : [];
  return [
    ...corner(p.low, q.low),
    ...corner(p.high, q.high),
    ...corner(p.low, q.high).map((f) => b.times(f, -1)),
    ...corner(p.high, q.low).map((f) => b.times(f, -1)),
  ];
}
