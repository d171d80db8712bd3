/**
 * The remainder rule of the solver (solve.ts): an index under ⌊·/c⌋ or mod c becomes c·q + r, which makes q and r plain.
 * Every second derivative of a strided operation needs it, because the lattice rule introduces ⌊·⌋ and mod.
 */
import { maximumExtent, rangeOf } from "../../ir/affine.ts";
import { freeIndices, visit } from "../../ir/rewrite.ts";
import type { Affine, FloorDivision, Index, Modulo } from "../../ir/types.ts";
import type { System } from "./system.ts";

/** Every split removes a ⌊·⌋ or mod, but may put another index under one; so many are tried. */
const maximumSplits = 8;

interface Split {
  readonly index: Index;
  readonly factor: number;
  readonly value: Affine;
  readonly divisor: number;
}

/** Splits indices until no ⌊·⌋ or mod of the equations calls for it; whether there was any to split. */
export function splitIndices(system: System): boolean {
  let count = 0;
  for (let next = findSplit(system); next && count < maximumSplits; next = findSplit(system)) {
    split(system, next);
    count++;
  }
  return count > 0;
}

/** The smallest divisor first: the digits of m / 12, m / 4 mod 3, m mod 4 come off from the right. */
function findSplit(system: System): Split | undefined {
  const divisions: (FloorDivision | Modulo)[] = [];
  visit(
    system.pending.map((p) => p.form),
    () => undefined,
    (a) => {
      if (a.kind === "floor" || a.kind === "modulo") divisions.push(a);
    },
  );
  divisions.sort((x, y) => x.divisor - y.divisor);
  for (const { value, divisor } of divisions) {
    const nested = freeIndices(
      ...value.terms.flatMap((t) => (t.atom.kind === "index" ? [] : [system.b.of(t.atom)])),
    );
    let best: Split | undefined;
    for (const { factor, atom } of value.terms) {
      if (atom.kind !== "index" || !system.loops.includes(atom) || nested.has(atom)) continue;
      if (factor !== 1 && maximumExtent(atom) <= divisor) continue;
      if (!best || (factor === 1 && best.factor !== 1)) best = { index: atom, factor, value, divisor };
    }
    if (best) return best;
  }
  return undefined;
}

function split(system: System, { index, factor, value, divisor }: Split): void {
  const { b } = system;
  const other = factor === 1 ? b.minus(value, index) : b.integer(0);
  const range = rangeOf(other);
  const low = Math.floor(range.low / divisor);
  const high = b.constantOf(other) === undefined ? b.integer(range.high) : other;
  if (!Number.isFinite(range.low) || !Number.isFinite(range.high)) {
    splitAt(system, index, b.integer(0), 0, index.extent, divisor);
  } else {
    splitAt(system, index, other, low, b.minus(b.plus(index.extent, high), low * divisor), divisor);
  }
}

/** index = divisor·(q + low) + r − other, with q below ⌈cells / divisor⌉. */
function splitAt(
  system: System,
  index: Index,
  other: Affine,
  low: number,
  cells: Affine,
  divisor: number,
): void {
  const { b } = system;
  const q = system.introduce(index.name, b.floorDivide(b.plus(cells, divisor - 1), divisor));
  const r = system.introduce("r", divisor);
  system.bind(index, b.minus(b.plus(b.times(q, divisor), low * divisor, r), other));
}
