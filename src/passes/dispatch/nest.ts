/**
 * The body of a kernel as nests (src/ir/launch.ts), to be run one after the other. Loops of independent turns are split
 * between statements that have no value in common, so that each gets all the loops around it (loop distribution), and are
 * brought outside of loops whose turns follow one another, where each of their turns stores into cells of its own (loop
 * interchange). Allen and Kennedy, "Optimizing compilers for modern architectures" (2001), chapters 2 and 5.
 */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { If, KernelStatement, Let, Loop } from "../../ir/kernel.ts";
import { expressionsIn, mapStatement, statementsIn } from "../../ir/kernel-walk.ts";
import { nestOf } from "../../ir/nest.ts";
import { freeIndices, readsOf, substitute } from "../../ir/rewrite.ts";
import type { Affine, Index } from "../../ir/types.ts";
import { definedIn, localsIn, localsOf, storedIn } from "./block.ts";
import type { Block } from "./block.ts";

/** The nests that do, in this order, what the block does. Each of their loops runs from 0 to the extent of its index. */
export function nestsOf(block: Block, b: Builder): Block[] {
  return new Nesting(b).nests(block);
}

/** The nest with another leaf. */
export function withLeaf(nest: Block, leaf: Block): Block {
  const last = nest.at(-1);
  return nestOf(nest).loops.length > 0 && last?.kind === "loop"
    ? [...nest.slice(0, -1), { ...last, body: withLeaf(last.body, leaf) }]
    : leaf;
}

/** The block without values that nothing in it uses. */
export function withoutUnused(block: Block): Block {
  const used = localsIn(block);
  const kept = block.flatMap((s) => {
    if (isLet(s) && !used.has(s.local)) return [];
    return [mapStatement(s, (e) => e, withoutUnused)];
  });
  return kept.length === block.length ? kept : withoutUnused(kept);
}

const isLet = (s: KernelStatement): s is Let => s.kind === "let";

class Nesting {
  constructor(private readonly b: Builder) {}

  nests(block: Block): Block[] {
    return this.segments(block).flatMap((segment) => {
      const loop = this.outermost(segment.at(-1)!);
      const lets = segment.slice(0, -1);
      if (!loop || !lets.every(isLet) || this.repeatable(segment).length < lets.length) return [segment];
      const whole = this.whole(loop);
      return this.nests(whole.body).map((body) => withNeeded(lets, [{ ...whole, body }]));
    });
  }

  /**
   * The statements in groups that have no value in common but what can be computed again: each loop of independent turns
   * alone, where nothing else needs it, and what stands between two such loops together.
   */
  private segments(block: Block): Block[] {
    const shared = this.repeatable(block);
    const rest = block.filter((s) => !shared.includes(s as Let));
    const groups: { block: KernelStatement[]; spreads: boolean }[] = [];
    for (const s of rest) {
      const used = localsIn([s]);
      const first = groups.findIndex((g) => [...definedIn(g.block)].some((local) => used.has(local)));
      const joined = first < 0 ? [] : groups.splice(first).flatMap((g) => g.block);
      const spreads = joined.length === 0 && this.outermost(s) !== undefined;
      const before = groups.at(-1);
      if (!spreads && before && !before.spreads) before.block.push(...joined, s);
      else groups.push({ block: [...joined, s], spreads });
    }
    return groups.map((g) => withNeeded(shared, g.block));
  }

  /** Values that are the same wherever in the block they are computed. */
  private repeatable(block: Block): Let[] {
    const stored = storedIn(block);
    const own = definedIn(block);
    const found: Let[] = [];
    for (const s of block) {
      if (!isLet(s) || readsOf(s.value).some((r) => stored.has(r.tensor))) continue;
      const known = definedIn(found);
      if ([...localsOf(s.value)].every((local) => !own.has(local) || known.has(local))) found.push(s);
    }
    return found;
  }

  /** The statement as a loop of independent turns, if it is one, or if one can be brought outside. */
  private outermost(s: KernelStatement): Loop | undefined {
    if (s.kind === "loop" && s.role === "map") return s.lanes || s.step ? undefined : s;
    const block = s.kind === "loop" ? s.body : s.kind === "if" && s.otherwise.length === 0 ? s.body : [];
    const inner = block.length > 0 ? this.outermost(block.at(-1)!) : undefined;
    const lets = block.slice(0, -1);
    if (!inner || !lets.every(isLet)) return undefined;
    const around = { ...s } as Loop | If;
    const bounds = [inner.from, inner.to];
    if (readsOf(...bounds).length > 0 || dependsOn(bounds, around, lets)) return undefined;
    const stored = storedIn(inner.body);
    const first = around.kind === "loop" ? [around.from, around.to] : [around.condition];
    const isSame = readsOf(...first, ...expressionsIn(lets)).every((r) => !stored.has(r.tensor));
    return isSame && (around.kind === "if" || isAlone(inner))
      ? { ...inner, body: [{ ...around, body: [...lets, ...inner.body] }] }
      : undefined;
  }

  /** The loop from 0 to the extent of its index. */
  private whole(loop: Loop): Loop {
    const { b } = this;
    const { index, from, to } = loop;
    if (b.constantOf(from) === 0 && to === index.extent) return loop;
    const count = b.minus(to, from);
    const isPlain = readsOf(from, to).length === 0 && localsOf(from, to).size === 0;
    if (isPlain && freeIndices(count).size === 0 && rangeOf(count).low >= 0) {
      const shifted = b.index(index.name, count);
      const body = withIndex(loop.body, index, b.plus(from, shifted), b);
      return { ...loop, index: shifted, from: b.integer(0), to: count, body };
    }
    const inside = b.and(b.nonnegative(b.minus(index, from)), b.nonnegative(b.minus(b.minus(to, 1), index)));
    const guarded: If = { kind: "if", condition: inside, body: loop.body, otherwise: [] };
    return { ...loop, from: b.integer(0), to: index.extent, body: [guarded] };
  }
}

/** Those of the values that the block needs, before the block. */
function withNeeded(lets: readonly Let[], block: Block): Block {
  const needed = localsIn(block);
  const kept = lets.toReversed().filter((s) => {
    if (!needed.has(s.local)) return false;
    for (const local of localsOf(s.value)) needed.add(local);
    return true;
  });
  return [...kept.toReversed(), ...block];
}

/** Whether bounds mention the index of a loop around them, or values that are named in it. */
function dependsOn(bounds: readonly Affine[], around: Loop | If, lets: readonly Let[]): boolean {
  if (around.kind === "loop" && freeIndices(...bounds).has(around.index)) return true;
  const own = definedIn(lets);
  return [...localsOf(...bounds)].some((local) => own.has(local));
}

/** Whether each turn of a loop stores into cells of its own, and reads none that the loop stores. */
function isAlone({ index, body }: Loop): boolean {
  const stores = [...statementsIn(body)].filter((s) => s.kind === "store");
  const stored = storedIn(body);
  const alone = (e: Affine): boolean => e.terms.length === 1 && e.terms[0]!.atom === index;
  return (
    stores.every((s) => s.subscripts.some(alone)) &&
    readsOf(...expressionsIn(body)).every((r) => !stored.has(r.tensor))
  );
}

/** The block with an integer in place of an index. */
export function withIndex(block: Block, index: Index, value: Affine, b: Builder): Block {
  const at = new Map([[index, value]]);
  const walk = (list: Block): Block => list.map((s) => mapStatement(s, (e) => substitute(b, e, at), walk));
  return walk(block);
}
