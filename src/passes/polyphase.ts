import { greatestCommonDivisor, rangeOfAtom } from "../ir/affine.ts";
import type { Builder } from "../ir/builder.ts";
import type { Pass } from "../ir/context.ts";
import { expressionsOf, freeIndices, mapEquation, rewriter, visit } from "../ir/rewrite.ts";
import type { Affine, Equation, FloorDivision, Index, Modulo, Statement } from "../ir/types.ts";
import { simplifyGuards } from "./differentiate/guards.ts";

const maximumPhases = 8;
const maximumParts = 64;

/**
 * A sum whose output index stands under ⌊·/s⌋ or mod s, such as the adjoint of a strided convolution, becomes s sums,
 * one a residue: with y = s·y′ + c the affine normal form has no ⌊·⌋ and mod left, and each part is an ordinary
 * contraction. Guards over one reduced index become its range; parts that add nothing are dropped.
 */
export const polyphase: Pass = {
  name: "polyphase",
  doc: "Splits the adjoints of strided operations by residue.",
  run: (graph, { builder: b }) => {
    const parts = graph.statements.map((s): readonly Statement[] =>
      s.kind === "equation" && s.reduced.length > 0 ? splitByResidues(b, s) : [s],
    );
    if (parts.every((p, k) => p.length === 1 && p[0] === graph.statements[k])) return graph;
    const defined = new Set(parts.flat().flatMap((s) => (s.kind === "gradient" ? [] : [s.tensor])));
    const statements = graph.statements.flatMap((s, k): readonly Statement[] => {
      if (s.kind !== "equation" || defined.has(s.tensor)) return parts[k]!;
      defined.add(s.tensor);
      return [b.equation({ ...s, reducer: null, reduced: [], where: [], body: b.number(0) })];
    });
    return { ...graph, statements };
  },
};

function splitByResidues(b: Builder, equation: Equation): Equation[] {
  let parts = [equation];
  for (const index of equation.indices) {
    const phases = meetsReduced(equation, index) ? phasesOf(equation, index) : 1;
    if (phases === 1 || parts.length * phases > maximumParts) continue;
    const split = parts.map((p) => residues(b, p, index, phases));
    if (split.every((s): s is Equation[] => s !== undefined)) parts = split.flat();
  }
  return parts.length === 1 ? parts : parts.flatMap((p) => tighten(b, p));
}

/**
 * Whether a ⌊·⌋ or mod of the index stands beside a reduced index, as strides bring it about: `dz[⌊y/2⌋ − q]`. Digits of
 * an index are best left to one loop, on their own (`weight[e div 8]`) or as the leading digits of a place, the others
 * of which the reduction runs through (the channels of a group, `x[4·⌊f/8⌋ + k]` with k below 4).
 */
function meetsReduced(equation: Equation, index: Index): boolean {
  let meets = false;
  visit(expressionsOf(equation), (e) => {
    if (e.kind !== "affine" || meets) return;
    const divided = e.terms.some(
      ({ atom }) => (atom.kind === "floor" || atom.kind === "modulo") && freeIndices(atom.value).has(index),
    );
    meets = divided && equation.reduced.some((r) => freeIndices(e).has(r)) && !areDigits(e);
  });
  return meets;
}

/** Whether each value of the terms gives another place: every factor is above all that the terms before it add up to. */
function areDigits(place: Affine): boolean {
  let largest = 0;
  return [...place.terms]
    .sort((a, b) => a.factor - b.factor)
    .every(({ factor, atom }) => {
      const { low, high } = rangeOfAtom(atom);
      const above = factor > largest && low >= 0;
      largest += factor * high;
      return above;
    });
}

/** The least common multiple of the divisors that the index stands under, where it is small; else 1. */
function phasesOf(equation: Equation, index: Index): number {
  let phases = 1;
  for (const { value, divisor } of divisionsOf(equation)) {
    if (freeIndices(value).has(index)) phases *= divisor / greatestCommonDivisor(phases, divisor);
  }
  return phases <= maximumPhases ? phases : 1;
}

function divisionsOf(equation: Equation): Set<FloorDivision | Modulo> {
  const found = new Set<FloorDivision | Modulo>();
  visit(
    expressionsOf(equation),
    () => undefined,
    (atom) => {
      if (atom.kind === "floor" || atom.kind === "modulo") found.add(atom);
    },
  );
  return found;
}

/** One equation for each residue of the index, or undefined where a ⌊·⌋ or mod that it stood under would be left. */
function residues(b: Builder, equation: Equation, index: Index, phases: number): Equation[] | undefined {
  const parts: Equation[] = [];
  const others = new Set([...divisionsOf(equation)].filter((d) => !freeIndices(d.value).has(index)));
  for (let c = 0; c < phases; c++) {
    const extent = b.floorDivide(b.plus(index.extent, phases - 1 - c), phases);
    const count = b.constantOf(extent);
    if (count !== undefined && count <= 0) continue;
    const quotient = b.index(freshName(equation, index), extent);
    const value = b.plus(b.times(quotient, phases), c);
    const part = substituted(b, equation, index, value);
    if ([...divisionsOf(part)].some((d) => !others.has(d))) return undefined;
    parts.push(b.equation({ ...part, indices: part.indices.map((i) => (i === index ? quotient : i)) }));
  }
  return parts;
}

function freshName(equation: Equation, index: Index): string {
  const taken = new Set([...equation.indices, ...equation.reduced].map((i) => i.name));
  let name = `${index.name}′`;
  while (taken.has(name)) name += "′";
  return name;
}

function substituted(b: Builder, equation: Equation, index: Index, value: Affine): Equation {
  return mapEquation(equation, rewriter(b, { atom: (a) => (a === index ? value : undefined) }), b);
}

/** Guards that bound one reduced index by numbers become its range; a part whose guards never hold adds nothing. */
function tighten(b: Builder, equation: Equation): Equation[] {
  const where = simplifyGuards(b, equation.where);
  if (where === null) return equation.reducer === "sum" ? [] : [equation];
  let result = where.length === equation.where.length ? equation : b.equation({ ...equation, where });
  for (const index of equation.reduced) {
    const bounded = withBounds(b, result, index);
    if (bounded === null) return [];
    result = bounded;
  }
  return [result.reduced.length === 0 ? b.equation({ ...result, reducer: null }) : result];
}

/** null where no value is left. */
function withBounds(b: Builder, equation: Equation, index: Index): Equation | null {
  const extent = b.constantOf(index.extent);
  if (extent === undefined || equation.reducer !== "sum") return equation;
  let low = 0;
  let high = extent - 1;
  const where = equation.where.filter((guard) => {
    if (guard.kind !== "condition" || guard.relation !== "nonnegative" || guard.form.terms.length !== 1)
      return true;
    const { factor, atom } = guard.form.terms[0]!;
    if (atom !== index || Math.abs(factor) !== 1) return true;
    if (factor === 1) low = Math.max(low, -guard.form.constant);
    else high = Math.min(high, guard.form.constant);
    return false;
  });
  if (where.length === equation.where.length && extent > 1) return equation;
  if (low > high) return null;
  const kept = low < high ? [b.index(index.name, high - low + 1)] : [];
  const value = b.plus(low, ...kept);
  const reduced = equation.reduced.flatMap((r) => (r === index ? kept : [r]));
  return substituted(b, b.equation({ ...equation, where, reduced }), index, value);
}
