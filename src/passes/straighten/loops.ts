/** Loops over the same turns, one after another, become one where every turn needs its own turn of the others only. */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { mapStatement, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf, rewriter, visit } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Local, Tensor } from "../../ir/types.ts";
import { isPlain } from "../fuse/dependences.ts";

type Block = readonly KernelStatement[];

/** What statements touch. */
interface Touches {
  readonly reads: ReadonlySet<Tensor>;
  readonly stores: ReadonlySet<Tensor>;
  readonly uses: ReadonlySet<Local>;
  readonly sets: ReadonlySet<Local>;
}

/** The same block with its loops joined; what stood between two of them moves before or behind both. */
export function joinLoops(block: Block, b: Builder): Block {
  const out: KernelStatement[] = [];
  let open: { loop: Loop; behind: KernelStatement[] } | undefined;
  const close = (): void => {
    if (open) out.push(open.loop, ...open.behind);
    open = undefined;
  };
  for (const s of block) {
    if (open && s.kind === "loop" && canJoin(open.loop, open.behind, s)) {
      const names = new Map([[s.index, b.of(open.loop.index)]]);
      const role = open.loop.role === s.role ? s.role : "reduce";
      open.loop = { ...open.loop, role, body: [...open.loop.body, ...renamed(s.body, names, b)] };
    } else if (s.kind === "loop") {
      close();
      open = { loop: s, behind: [] };
    } else if (!open) out.push(s);
    else if (areIndependent(touchesOf([open.loop, ...open.behind]), touchesOf([s]))) out.push(s);
    else open.behind.push(s);
  }
  close();
  return out;
}

function canJoin(first: Loop, between: Block, second: Loop): boolean {
  if (first.from !== second.from || first.to !== second.to) return false;
  if (first.step !== second.step || first.lanes !== undefined || second.lanes !== undefined) return false;
  if (!areIndependent(touchesOf(between), touchesOf([second]))) return false;
  const [a, z] = [touchesOf([first]), touchesOf([second])];
  if (overlap(a.sets, z.uses) || overlap(a.sets, z.sets) || overlap(a.uses, z.sets)) return false;
  const shared = [...a.stores, ...z.stores].filter(
    (t) => (a.stores.has(t) || a.reads.has(t)) && (z.stores.has(t) || z.reads.has(t)),
  );
  return shared.every((t) => staysInTurn(t, first, second));
}

/** Whether all places of a tensor are named by the plain index of the loop in one dimension. */
function staysInTurn(t: Tensor, first: Loop, second: Loop): boolean {
  const places = [
    ...placesIn(first.body, t).map((place) => ({ place, index: first.index })),
    ...placesIn(second.body, t).map((place) => ({ place, index: second.index })),
  ];
  return t.shape.some((_, d) => places.every(({ place, index }) => isPlain(place[d]!, index)));
}

function placesIn(block: Block, t: Tensor): (readonly Affine[])[] {
  return [...statementsIn(block)].flatMap((s) => [
    ...(s.kind === "store" && s.tensor === t ? [s.subscripts] : []),
    ...readsOf(...ownExpressions(s)).flatMap((r) => (r.tensor === t ? [r.subscripts] : [])),
  ]);
}

function touchesOf(block: Block): Touches {
  const [reads, stores] = [new Set<Tensor>(), new Set<Tensor>()];
  const [uses, sets] = [new Set<Local>(), new Set<Local>()];
  const use = (e: Expr): void => void (e.kind === "local" && uses.add(e));
  for (const s of statementsIn(block)) {
    const expressions = ownExpressions(s);
    for (const r of readsOf(...expressions)) reads.add(r.tensor);
    visit(expressions, use, (a) => void (a.kind === "opaque" && use(a.value)));
    if (s.kind === "store") {
      stores.add(s.tensor);
      if (s.accumulate) reads.add(s.tensor);
    }
    if (s.kind === "let" || s.kind === "variable" || s.kind === "assign") sets.add(s.local);
  }
  return { reads, stores, uses, sets };
}

function areIndependent(a: Touches, z: Touches): boolean {
  return !(
    overlap(a.stores, z.reads) ||
    overlap(a.stores, z.stores) ||
    overlap(a.reads, z.stores) ||
    overlap(a.sets, z.uses) ||
    overlap(a.sets, z.sets) ||
    overlap(a.uses, z.sets)
  );
}

function overlap<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  for (const item of a) if (b.has(item)) return true;
  return false;
}

function renamed(block: Block, names: ReadonlyMap<Index, Affine>, b: Builder): Block {
  const rename = rewriter(b, { atom: (a) => (a.kind === "index" ? names.get(a) : undefined) });
  const all = (list: Block): Block => list.map((s) => mapStatement(s, rename, all));
  return all(block);
}
