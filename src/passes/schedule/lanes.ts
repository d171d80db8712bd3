/**
 * Loops whose turns can be taken four at a time, in the lanes of a vector. What they read and store must lie side by
 * side in memory, or be one value for all four; what they branch on must be the same for all four.
 */
import type { Builder } from "../../ir/builder.ts";
import { prove } from "../../ir/intervals.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { foldOf, mentions } from "../../ir/lanes.ts";
import type { Affine, Index, Local } from "../../ir/types.ts";
import { mapStatement, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import { chosenByMasks } from "./lanes-choices.ts";
import { LaneFit } from "./lanes-fit.ts";
import type { NameSpace } from "./names.ts";
import { withReciprocals } from "./reciprocals.ts";

type Block = readonly KernelStatement[];

/** Values in one vector. */
export const laneCount = 4;

/**
 * Loops that are not tiled, in lanes where that is possible: innermost loops, and those that only sums are inside of.
 * `exact`: quotients stay quotients.
 */
export function spreadOverLanes(block: Block, names: NameSpace, b: Builder, exact = false): Block {
  return block.flatMap((s) => {
    // What stands in a loop in lanes stays as it is: a vector has no vectors in it.
    if (s.kind === "loop" && s.lanes !== undefined) return [s];
    if (s.kind === "loop" && s.step === undefined && !isShort(s, b)) {
      const loop = exact ? s : { ...s, body: withReciprocals(s.body, s.index, b) };
      const vectors = inLanes(loop, names, b);
      if (vectors) return splitLoop(loop, vectors, b);
    }
    return [
      mapStatement(
        s,
        (e) => e,
        (inner) => spreadOverLanes(inner, names, b, exact),
      ),
    ];
  });
}

/** Whole vectors, then the turns that are left, one by one. */
function splitLoop(loop: Loop, body: Block, b: Builder): Block {
  const turns = b.minus(loop.to, loop.from);
  const count = b.constantOf(turns);
  // A loop may end before it begins: then nothing is left either.
  const all = prove(b.nonnegative(turns), [], b) ? turns : (b.apply("max", [b.integer(0), turns]) as Affine);
  const whole = b.times(b.floorDivide(all, laneCount), laneCount);
  const to = b.minus(loop.to, laneCount - 1);
  const vectors: Loop = { ...loop, to, step: laneCount, lanes: laneCount, body };
  const rest: Loop = { ...loop, from: b.plus(loop.from, whole) };
  return count !== undefined && count % laneCount === 0 ? [vectors] : [vectors, rest];
}

const isShort = (loop: Loop, b: Builder): boolean =>
  (b.constantOf(b.minus(loop.to, loop.from)) ?? laneCount) < laneCount;

/** The body of a loop for four turns at once, if there can be one. */
function inLanes(loop: Loop, names: NameSpace, b: Builder): Block | undefined {
  if (loop.role === "reduce") return onlyFolds(loop.body) && foldsFit(loop, b) ? loop.body : undefined;
  const all = [...statementsIn(loop.body)];
  if (all.some((s) => s.kind === "loop" && s.role === "map") || !all.some((s) => s.kind === "store"))
    return undefined;
  const body = chosenByMasks(loop.body, loop.index, names, b);
  return fitsLanes(body, loop.index, b) ? body : undefined;
}

/** Whether a block only folds values into locals from outside, none of which anything else in it looks at. */
function onlyFolds(block: Block): boolean {
  const folded = new Set<Local>();
  for (const s of block) {
    if (s.kind === "let") continue;
    if (s.kind !== "assign" || foldOf(s) === undefined || folded.has(s.local)) return false;
    folded.add(s.local);
  }
  const looksAt = (s: KernelStatement, local: Local): boolean =>
    !(s.kind === "assign" && s.local === local) && ownExpressions(s).some((e) => mentions(e, local));
  return block.every((s) => [...folded].every((local) => !looksAt(s, local)));
}

/** A reduction of what lies side by side in memory. */
function foldsFit({ body, index }: Loop, b: Builder): boolean {
  const folded = body.flatMap((s) => (s.kind === "assign" ? [s.local] : []));
  // Only a value that varies is worth it; a local that is folded into does in any case.
  const own = new LaneFit(body, index, b);
  return new LaneFit(body, index, b, folded).fits() && folded.some((local) => own.lanes.vectors.has(local));
}

/** Whether the statements may be executed for four neighbouring values of an index at once. */
export const fitsLanes = (block: Block, index: Index, b: Builder): boolean =>
  new LaneFit(block, index, b).fits();
