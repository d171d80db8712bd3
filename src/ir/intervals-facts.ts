import { rangeOf } from "./affine.ts";
import type { AtomName } from "./atoms.ts";
import type { Builder } from "./builder.ts";
import type { Affine, IntegerAtom, Opaque, Term } from "./types.ts";

/**
 * constant + Σ factor·atom, which is ≥ 0 wherever its atoms have values. Not in normal form, which would see that some
 * of these relations are 0: an atom may occur twice.
 */
export interface Fact {
  readonly constant: number;
  readonly terms: readonly Term[];
}

const one = (atom: IntegerAtom): Fact => ({ constant: 0, terms: [{ factor: 1, atom }] });

/** constant + Σ factor·part. */
function sum(constant: number, ...parts: readonly (readonly [part: Fact, factor: number])[]): Fact {
  return {
    constant: parts.reduce((total, [part, factor]) => total + part.constant * factor, constant),
    terms: parts.flatMap(([part, factor]) =>
      part.terms.map((t) => ({ factor: t.factor * factor, atom: t.atom })),
    ),
  };
}

/** What holds of an atom besides its numeric range. */
export function factsOf(atom: IntegerAtom, b: Builder): readonly Fact[] {
  switch (atom.kind) {
    case "index":
      return atom.extent.terms.length === 0 ? [] : [sum(-1, [atom.extent, 1], [one(atom), -1])];
    case "dim":
      return [];
    case "floor": {
      // 0 ≤ e − c·⌊e/c⌋ ≤ c − 1
      const rest = sum(0, [atom.value, 1], [one(atom), -atom.divisor]);
      return [rest, sum(atom.divisor - 1, [rest, -1])];
    }
    case "modulo": {
      // e − c·⌊e/c⌋ = e mod c
      const rest = sum(
        0,
        [atom.value, 1],
        [b.floorDivide(atom.value, atom.divisor), -atom.divisor],
        [one(atom), -1],
      );
      return [rest, sum(0, [rest, -1])];
    }
    case "opaque":
      return factsOfOpaque(atom);
  }
}

function factsOfOpaque(atom: Opaque): readonly Fact[] {
  const { value } = atom;
  if (value.kind === "read")
    return value.tensor.below ? [sum(-1, [value.tensor.below, 1], [one(atom), -1])] : [];
  if (value.kind !== "apply") return [];
  const args = value.args.filter((a): a is Affine => a.kind === "affine");
  return args.length === 2 ? (integerFacts[value.atom]?.(one(atom), args[0]!, args[1]!) ?? []) : [];
}

const integerFacts: Partial<Record<AtomName, (v: Fact, x: Affine, y: Affine) => Fact[]>> = {
  min: (v, x, y) => [sum(0, [x, 1], [v, -1]), sum(0, [y, 1], [v, -1])],
  max: (v, x, y) => [sum(0, [v, 1], [x, -1]), sum(0, [v, 1], [y, -1])],
  mul: envelope,
  // By a dimension: the rest is below it.
  integer_mod: (v, _x, y) => (rangeOf(y).low > 0 ? [sum(-1, [y, 1], [v, -1])] : []),
};

/** A product of two bounded integers lies above and below these planes (McCormick 1976). */
function envelope(v: Fact, x: Affine, y: Affine): Fact[] {
  const [p, q] = [rangeOf(x), rangeOf(y)];
  const corner = (s: number, t: number, sign: 1 | -1): Fact[] =>
    Number.isFinite(s) && Number.isFinite(t)
      ? [sum(s * t * sign, [v, sign], [x, -t * sign], [y, -s * sign])]
      : [];
  return [
    ...corner(p.low, q.low, 1),
    ...corner(p.high, q.high, 1),
    ...corner(p.low, q.high, -1),
    ...corner(p.high, q.low, -1),
  ];
}
