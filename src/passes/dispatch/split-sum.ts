/**
 * Sums in two steps, where there are few cells and many turns: the turns are cut into chunks, each invocation folds one chunk
 * of one cell, and a second kernel folds the chunks in their order and does what followed. No order depends on the device,
 * so the bits are the same in every run. What is split is any loop that folds numbers: sums and products, maxima and minima.
 */
import type { Builder } from "../../ir/builder.ts";
import type { ValueFold } from "../../ir/folds.ts";
import { foldsOf } from "../../ir/folds.ts";
import type { Assign, KernelStatement, Let, Loop, Store, Variable } from "../../ir/kernel.ts";
import { identities } from "../../ir/kernel.ts";
import { expressionsIn, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Index, Local, Tensor } from "../../ir/types.ts";
import { constantOf, localValue } from "../schedule/reduction.ts";
import type { Setting } from "./cost.ts";
import { nestOf } from "../../ir/nest.ts";
import type { Block } from "./block.ts";
import { definedIn, localsIn, localsOf, storedIn } from "./block.ts";
import { collapse } from "./collapse.ts";
import { withLeaf, withoutUnused } from "./nest.ts";

/** Turns that are read at once where they lie side by side. */
const together = 4;

/** A nest that folds chunks, another that folds what it left, and what that is. */
export interface Split {
  readonly first: Block;
  readonly second: Block;
  readonly made: readonly Tensor[];
}

/** The loops of a leaf that can be split, each with its folds. */
export function splittable(leaf: Block, b: Builder): Map<KernelStatement, readonly ValueFold[]> {
  const stored = storedIn(leaf);
  const starts = new Map(leaf.flatMap((s) => (s.kind === "variable" ? [[s.local, s] as const] : [])));
  const early = earlyLets(leaf, stored);
  const known = definedIn(early);
  const own = definedIn(leaf);
  const found = new Map<KernelStatement, readonly ValueFold[]>();
  for (const s of leaf) {
    const folds = s.kind === "loop" && s.role === "reduce" && !s.step ? foldsOf(s) : undefined;
    if (!folds?.every((f) => f.kind === "value")) continue;
    const accumulators = new Set<Local>(folds.map((f) => f.local));
    const startsAnew = folds.every((f) => isIdentity(starts.get(f.local), f, b));
    const isAlone = ![...found.values()].flat().some((f) => accumulators.has(f.local));
    const needs = [...localsIn([s])].filter((l) => own.has(l) && !accumulators.has(l));
    const isKnown = needs.every((l) => known.has(l));
    const reads = readsOf(...expressionsIn([s]));
    if (startsAnew && isAlone && isKnown && reads.every((r) => !stored.has(r.tensor))) found.set(s, folds);
  }
  return found;
}

/** The sums of a nest in `count` chunks. */
export function splitSum(nest: Block, count: number, setting: Setting): Split | undefined {
  const { b } = setting;
  const { loops, leaf } = nestOf(nest);
  const split = splittable(leaf, b);
  const store = [...statementsIn(leaf)].find((s) => s.kind === "store");
  if (split.size === 0 || !store) return undefined;
  const cells = loops.map((l) => l.index);
  const chunk = b.index("chunk", b.integer(count));
  const folds = [...split.values()].flat();
  const parts = new Map(folds.map((f) => [f, partsOf(f, count, cells, store, b)]));
  const stores = folds.map((f): Store => {
    const subscripts = [b.of(chunk), ...cells.map((i) => b.of(i))];
    const value = localValue(b, f.local);
    return {
      kind: "store",
      tensor: parts.get(f)!,
      subscripts,
      value,
      accumulate: false,
      origin: store.origin,
    };
  });
  const starts = leaf.filter((s) => s.kind === "variable" && folds.some((f) => f.local === s.local));
  const clipped = [...split.keys()].map((s) => clip(s as Loop, chunk, count, setting));
  const chunks = [...earlyLets(leaf, storedIn(leaf)), ...starts, ...clipped, ...stores];
  const first = loopOver(chunk, "map", withLeaf(nest, chunks), b);
  const whole = leaf.map((s) => {
    const own = split.get(s);
    if (!own) return s;
    const again = b.index("chunk", b.integer(count));
    const steps = own.map((f) => {
      const subscripts = [b.of(again), ...cells.map((i) => b.of(i))];
      return stepOf(f, b.read(parts.get(f)!, subscripts), b);
    });
    return loopOver(again, "reduce", steps, b);
  });
  return {
    first: withoutUnused([first]),
    second: withoutUnused(withLeaf(nest, whole)),
    made: [...parts.values()],
  };
}

/** Values that are known before any accumulator has its result. */
function earlyLets(leaf: Block, stored: ReadonlySet<Tensor>): Let[] {
  const own = definedIn(leaf);
  const found: Let[] = [];
  for (const s of leaf) {
    if (s.kind !== "let" || readsOf(s.value).some((r) => stored.has(r.tensor))) continue;
    const known = definedIn(found);
    if ([...localsOf(s.value)].every((l) => !own.has(l) || known.has(l))) found.push(s);
  }
  return found;
}

const isIdentity = (start: Variable | undefined, f: ValueFold, b: Builder): boolean =>
  start !== undefined && start.value === constantOf(b, f.local.type, identities[f.reducer]);

/** What the chunks of one sum come to: a row of cells for each chunk. */
function partsOf(
  f: ValueFold,
  count: number,
  cells: readonly Index[],
  { tensor }: Store,
  b: Builder,
): Tensor {
  return b.tensor({
    name: f.local.name,
    type: f.local.type,
    shape: [b.integer(count), ...cells.map((i) => i.extent)],
    role: "definition",
    span: tensor.span,
  });
}

/** The turns of one chunk. */
function clip(given: Loop, chunk: Index, count: number, { sizes, b }: Setting): Loop {
  const loop = sizes.turns(given) < count ? collapse(given, b) : given;
  const turns = sizes.turns(loop);
  // Whole vectors of turns, so that they can be read at once.
  const length = Math.ceil(turns / count / together) * together;
  const from = b.plus(loop.from, b.times(b.of(chunk), length));
  const end = b.plus(from, length);
  const isFull = b.constantOf(b.minus(loop.to, loop.from)) === length * count;
  return { ...loop, from, to: isFull ? end : (b.apply("min", [end, loop.to]) as Affine) };
}

function stepOf({ local, reducer }: ValueFold, value: Assign["value"], b: Builder): Assign {
  if (reducer === "sum" || reducer === "prod") return { kind: "assign", local, value, reducer };
  return { kind: "assign", local, value: b.apply(reducer, [localValue(b, local), value]), reducer: null };
}

const loopOver = (index: Index, role: Loop["role"], body: Block, b: Builder): Loop => ({
  kind: "loop",
  index,
  role,
  from: b.integer(0),
  to: index.extent,
  body,
});
