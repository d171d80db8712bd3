/**
 * Loops around sums, split so that what is decided or computed of their indices is the same for many turns:
 *
 * - Where a loop reads at ⌊j/c⌋ and j mod c, as the heads of an attention lie side by side in a row, it becomes two loops,
 *   over the quotient and the remainder (strip mining). The order of the turns stays.
 * - Where a condition on the index of a loop holds from some turn on, the loop is split there, with all loops around it
 *   that are alone with it, and the condition is gone (index set splitting).
 *
 * What then is inside depends on its indices plainly, and can be found to be a contraction.
 */
import type { Builder } from "../../ir/builder.ts";
import { prove } from "../../ir/intervals.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { expressionsIn, mapStatement, statementsIn } from "../../ir/kernel-walk.ts";
import { conjuncts, freeIndices, readsOf, rewriter, substitute, visit } from "../../ir/rewrite.ts";
import type { Expr, Index, Local } from "../../ir/types.ts";
import { laneCount } from "./lanes.ts";
import { chainOf } from "./tile.ts";

type Block = readonly KernelStatement[];

/** A loop is split into at most so many: each is code of its own. */
const mostParts = 3;

export function splitLoops(block: Block, b: Builder): Block {
  return block.flatMap((s) => {
    const isNest = s.kind === "loop" && s.role === "map" && hasSums(s.body);
    if (!isNest) return [s];
    const mined = strip(s, b);
    const chain = chainOf(mined);
    for (const loop of chain) {
      const parts = partsOf(loop, chain, b);
      if (parts) return parts;
    }
    return [mined];
  });
}

const hasSums = (block: Block): boolean =>
  [...statementsIn(block)].some((s) => s.kind === "loop" && s.role === "reduce") &&
  [...statementsIn(block)].some((s) => s.kind === "assign" && s.reducer === "sum");

// -------------------------------------------------------------------------------------------- quotients and remainders

/** The loop and all loops in it, over quotient and remainder where they are what is read at. */
function strip(loop: Loop, b: Builder): Loop {
  const body = loop.body.map((s) => (s.kind === "loop" ? strip(s, b) : inside(s, b)));
  const c = divisorOf(loop.index, body, b);
  const whole = { ...loop, body };
  const isWhole = b.constantOf(loop.from) === 0 && loop.to === loop.index.extent;
  if (c === undefined || !isWhole || loop.step !== undefined) return whole;
  const quotient = b.index(loop.index.name, b.floorDivide(loop.index.extent, c));
  const rest = b.index(loop.index.name, c);
  const at = new Map([[loop.index, b.plus(b.times(quotient, c), rest)]]);
  const inner = body.map((s) => rewritten(s, (e) => substitute(b, e, at)));
  const from = b.integer(0);
  const over = (index: Index, turns: Block): Loop => ({
    ...loop,
    index,
    from,
    to: index.extent,
    body: turns,
  });
  return over(quotient, [over(rest, inner)]);
}

const inside = (s: KernelStatement, b: Builder): KernelStatement =>
  mapStatement(
    s,
    (e) => e,
    (list) => list.map((t) => (t.kind === "loop" ? strip(t, b) : inside(t, b))),
  );

/** The one number that an index is divided by, if it is so plainly and everywhere, and divides the turns. */
function divisorOf(index: Index, body: Block, b: Builder): number | undefined {
  const found = new Set<number | undefined>();
  visit(
    expressionsIn(body),
    () => undefined,
    (atom) => {
      if (atom.kind !== "floor" && atom.kind !== "modulo") return;
      if (!freeIndices(atom.value).has(index)) return;
      found.add(atom.value === b.of(index) ? atom.divisor : undefined);
    },
  );
  const [c] = found;
  const count = b.constantOf(index.extent) ?? 0;
  return found.size === 1 && c !== undefined && c >= laneCount && count > c && count % c === 0
    ? c
    : undefined;
}

// ---------------------------------------------------------------------------------------------------------- conditions

/** The nest once for each range of a loop in which the conditions on it are decided; undefined where there are none. */
function partsOf(loop: Loop, chain: readonly Loop[], b: Builder): Block | undefined {
  const extent = b.constantOf(loop.index.extent);
  const isWhole = b.constantOf(loop.from) === 0 && loop.to === loop.index.extent;
  const bounds = chain.flatMap((l) => [l.from, l.to]);
  if (extent === undefined || !isWhole || freeIndices(...bounds).has(loop.index)) return undefined;
  const leaf = chain.at(-1)!.body;
  const places = [...new Set([0, ...turningPoints(loop.index, leaf), extent])]
    .filter((n) => n >= 0 && n <= extent)
    .sort((p, q) => p - q);
  if (places.length <= 2 || places.length - 1 > mostParts) return undefined;
  return places.slice(1).map((end, n) => {
    const index = b.index(loop.index.name, end - places[n]!);
    const at = new Map([[loop.index, b.plus(index, places[n]!)]]);
    const decided = withoutNothing(
      decide(
        leaf.map((s) => rewritten(s, (e) => substitute(b, e, at))),
        b,
      ),
      b,
    );
    return chain.reduceRight<Block>(
      (body, l) => [l === loop ? { ...l, index, to: index.extent, body } : { ...l, body }],
      decided,
    )[0]!;
  });
}

/** Where conditions around sums begin or cease to hold, of those that depend on this index alone. */
function* turningPoints(index: Index, leaf: Block): Generator<number> {
  for (const s of statementsIn(leaf)) {
    if (s.kind !== "if" || !hasSums([...s.body, ...s.otherwise])) continue;
    for (const c of conjuncts(s.condition)) {
      if (c.kind !== "condition" || c.relation !== "nonnegative") continue;
      const [term, ...others] = c.form.terms;
      if (others.length > 0 || term?.atom !== index) continue;
      const { factor } = term;
      yield factor > 0 ? Math.ceil(-c.form.constant / factor) : Math.floor(c.form.constant / -factor) + 1;
    }
  }
}

/** Without the conditions that are known to hold, and without what stands under those that are known not to. */
function decide(block: Block, b: Builder): Block {
  return block.flatMap((s) => {
    if (s.kind !== "if") {
      return [
        mapStatement(
          s,
          (e) => e,
          (list) => decide(list, b),
        ),
      ];
    }
    const conditions = conjuncts(s.condition);
    const isFalse = conditions.some((c) => readsOf(c).length === 0 && prove(b.apply("not", [c]), [], b));
    if (isFalse) return decide(s.otherwise, b);
    const open = conditions.filter((c) => !prove(c, [], b));
    if (open.length === 0) return decide(s.body, b);
    const [body, otherwise] = [decide(s.body, b), decide(s.otherwise, b)];
    return [{ ...s, condition: b.and(...open), body, otherwise }];
  });
}

/** Sums to which nothing is added any more are numbers, and zero is not added to a cell. */
function withoutNothing(block: Block, b: Builder): Block {
  const assigned = new Set<Local>();
  for (const s of statementsIn(block)) if (s.kind === "assign") assigned.add(s.local);
  const numbers = new Map<Expr, Expr>();
  for (const s of block)
    if (s.kind === "variable" && !assigned.has(s.local) && s.value.kind === "constant")
      numbers.set(s.local, s.value);
  const write = rewriter(b, { node: (e) => numbers.get(e) });
  return block
    .filter((s) => s.kind !== "variable" || !numbers.has(s.local))
    .map((s) => rewritten(s, write))
    .filter((s) => s.kind !== "store" || !s.accumulate || s.value.kind !== "constant" || s.value.value !== 0);
}

const rewritten = (s: KernelStatement, write: (e: Expr) => Expr): KernelStatement =>
  mapStatement(s, write, (list) => list.map((t) => rewritten(t, write)));
