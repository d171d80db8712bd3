/** The rules of the solver (solve.ts), each for one equation `form = 0`; the cheapest applicable one is taken. */
import { countOf, greatestCommonDivisor, maximumExtent, rangeOf } from "../../ir/affine.ts";
import { freeIndices } from "../../ir/rewrite.ts";
import type { Affine, Index } from "../../ir/types.ts";
import type { PendingEquation, System } from "./system.ts";

/**
 * unit: v = known. radix: s·v + rest = known with rest in [0, s). lattice: s·i + d·u = known, one loop stays.
 * divisibility: s·v = known, where s must divide. remainder: an index under ⌊·/c⌋ or mod c becomes c·q + r.
 */
export type RuleName = "unit" | "radix" | "lattice" | "divisibility" | "remainder";

export interface Step {
  /** How often the loops that stay run. */
  readonly stays: number;
  readonly apply: () => void;
}

/** A loop that stands in a form with a constant factor, and nowhere inside ⌊·⌋, mod or a read of that form. */
interface Candidate {
  readonly index: Index;
  readonly factor: number;
}

/**
 * An equation with one loop determines it, and mixed radix determines one at no loss: these go first. Among the others
 * the one that leaves the fewest iterations is taken; of equals, the simpler rule, then the larger loop.
 */
export function nextStep(system: System, rules: ReadonlySet<RuleName>): Step | undefined {
  const open = system.pending.map((equation) => ({
    equation,
    candidates: candidatesOf(system, equation.form),
  }));
  for (const { equation, candidates } of open) {
    if (system.loopsOf(equation.form).length !== 1 || candidates.length !== 1) continue;
    const step = divide(system, equation, candidates[0]!, rules);
    if (step) return step;
  }
  if (rules.has("radix")) {
    for (const { equation, candidates } of open) {
      const step = radix(system, equation, candidates);
      if (step) return step;
    }
  }
  const steps = open.flatMap(({ equation, candidates }) => [
    ...candidates.filter((c) => Math.abs(c.factor) === 1).map((c) => divide(system, equation, c, rules)),
    ...(rules.has("lattice") ? lattices(system, equation, candidates) : []),
    ...candidates.filter((c) => Math.abs(c.factor) !== 1).map((c) => divide(system, equation, c, rules)),
  ]);
  return steps.reduce<Step | undefined>(
    (best, s) => (s && (!best || s.stays < best.stays) ? s : best),
    undefined,
  );
}

/** Largest loops first, so that among equals the largest is removed. */
function candidatesOf(system: System, form: Affine): Candidate[] {
  const nested = freeIndices(
    ...form.terms.flatMap(({ atom }) => (atom.kind === "index" ? [] : [system.b.of(atom)])),
  );
  const found: Candidate[] = [];
  for (const { factor, atom } of form.terms) {
    if (atom.kind === "index" && system.loops.includes(atom) && !nested.has(atom))
      found.push({ index: atom, factor });
  }
  return found.sort((x, y) => maximumExtent(y.index) - maximumExtent(x.index));
}

const without = (system: System, ...gone: Index[]): Index[] => system.loops.filter((i) => !gone.includes(i));

/** form = factor·index + …, turned into |factor|·index = known. */
function isolate(system: System, form: Affine, { index, factor }: Candidate): [scale: number, known: Affine] {
  const rest = system.b.minus(form, system.b.times(index, factor));
  return [Math.abs(factor), system.b.times(rest, factor > 0 ? -1 : 1)];
}

/** scale·index = known: index = ⌊known / scale⌋ where scale divides known. */
function divide(
  system: System,
  equation: PendingEquation,
  candidate: Candidate,
  rules: ReadonlySet<RuleName>,
): Step | undefined {
  const [scale, known] = isolate(system, equation.form, candidate);
  if (!rules.has(scale === 1 ? "unit" : "divisibility")) return undefined;
  return {
    stays: countOf(without(system, candidate.index)),
    apply: () => {
      system.discard(equation);
      system.require(system.b.zero(system.b.modulo(known, scale)));
      system.bind(candidate.index, system.b.floorDivide(known, scale));
    },
  };
}

/** scale·index + rest = known, rest in [low, low + scale): index = ⌊(known − low) / scale⌋, and rest is what remains. */
function radix(
  system: System,
  equation: PendingEquation,
  candidates: readonly Candidate[],
): Step | undefined {
  const { b } = system;
  const leading = candidates.reduce<Candidate | undefined>(
    (best, c) => (!best || Math.abs(c.factor) > Math.abs(best.factor) ? c : best),
    undefined,
  );
  if (!leading || Math.abs(leading.factor) === 1) return undefined;
  const sign = Math.sign(leading.factor);
  const others = equation.form.terms.filter(
    ({ atom }) => atom.kind === "index" && atom !== leading.index && system.loops.includes(atom),
  );
  const rest = b.plus(...others.map((t) => b.times(t.atom, sign * t.factor)));
  const range = rangeOf(rest);
  if (others.length === 0 || !(range.high - range.low < Math.abs(leading.factor))) return undefined;
  const [scale, knownAndRest] = isolate(system, equation.form, leading);
  const known = b.minus(b.plus(knownAndRest, rest), range.low);
  return {
    stays: countOf(without(system, leading.index)),
    apply: () => {
      system.replace(equation, b.minus(b.minus(rest, range.low), b.modulo(known, scale)));
      system.bind(leading.index, b.floorDivide(known, scale));
    },
  };
}

/**
 * s·i + d·u = known: u = (d⁻¹·known mod s) + s·q, where only q stays a loop, and i is the exact quotient.
 * With e = d⁻¹ mod s: i = d·⌊e·known / s⌋ − ((d·e − 1) / s)·known − d·q.
 */
function lattices(
  system: System,
  equation: PendingEquation,
  candidates: readonly Candidate[],
): (Step | undefined)[] {
  return candidates.flatMap((i) =>
    candidates.map((u) =>
      i === u || Math.abs(i.factor) === 1 ? undefined : lattice(system, equation, i, u),
    ),
  );
}

function lattice(system: System, equation: PendingEquation, i: Candidate, u: Candidate): Step | undefined {
  const { b } = system;
  const g = greatestCommonDivisor(i.factor, u.factor);
  const s = Math.abs(i.factor) / g;
  const d = (u.factor * Math.sign(i.factor)) / g;
  if (s === 1) return undefined;
  const [, knownAndOther] = isolate(system, equation.form, i);
  const scaled = b.plus(knownAndOther, b.times(u.index, d * g));
  const known = b.floorDivide(scaled, g);
  const e = inverseModulo(d, s);
  const turns = b.floorDivide(b.plus(u.index.extent, s - 1), s);
  return {
    stays: countOf(without(system, i.index, u.index)) * Math.max(1, rangeOf(turns).high),
    apply: () => {
      const q = system.introduce("q", turns);
      system.discard(equation);
      system.require(b.zero(b.modulo(scaled, g)));
      const quotient = b.times(b.floorDivide(b.times(known, e), s), d);
      const correction = b.times(known, (d * e - 1) / s);
      system.bind(i.index, b.minus(b.minus(quotient, correction), b.times(q, d)));
      system.bind(u.index, b.plus(b.modulo(b.times(known, e), s), b.times(q, s)));
    },
  };
}

/** e in [0, s) with d·e ≡ 1 modulo s; d and s have no common factor. */
function inverseModulo(d: number, s: number): number {
  for (let e = 0; e < s; e++) if ((((d * e) % s) + s) % s === 1 % s) return e;
  throw new Error(`${d} has no inverse modulo ${s}`);
}
