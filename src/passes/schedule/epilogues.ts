/**
 * What is dear to do with a sum stands in loops of its own behind those that sum. There vectors take it four at a time,
 * whatever the sums run along, and tiles need no registers for it nor a copy for each of their cells:
 *
 *     for i, j { sum = Σ_k A[i, k]·B[k, j]; y[i, j] = tanh(sum + b[j]) }
 *
 * becomes
 *
 *     for i, j { sum = Σ_k A[i, k]·B[k, j]; y[i, j] = sum }
 *     for i, j { sum = y[i, j]; y[i, j] = tanh(sum + b[j]) }
 */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Let, Loop, Store } from "../../ir/kernel.ts";
import { expressionsIn, mapStatement, statementsIn } from "../../ir/kernel-walk.ts";
import { mentions } from "../../ir/lanes.ts";
import { readsOf, rewriter, visit } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Local } from "../../ir/types.ts";
import { fitsLanes, laneCount } from "./lanes.ts";
import { chainOf } from "./tile.ts";

type Block = readonly KernelStatement[];

/** Functions of at least this cost are worth a second pass over the memory of a result. */
const dear = 10;

export function splitEpilogues(block: Block, b: Builder): Block {
  return block.flatMap((s) => {
    const split = s.kind === "loop" && s.role === "map" ? splitNest(s, b) : undefined;
    if (split) return split;
    return [
      mapStatement(
        s,
        (e) => e,
        (inner) => splitEpilogues(inner, b),
      ),
    ];
  });
}

/** A sum, what is done with it, and the store of the result that holds the sum in between. */
interface Parts {
  readonly sums: Block;
  readonly sum: Local;
  readonly epilogue: Block;
  readonly holder: Store;
}

function splitNest(outermost: Loop, b: Builder): Block | undefined {
  const chain = chainOf(outermost);
  const innermost = chain.at(-1)!;
  const parts = partsOf(innermost.body);
  if (!parts || (b.constantOf(innermost.index.extent) ?? laneCount) < laneCount) return undefined;
  const { sums, sum, epilogue, holder } = parts;
  const held: Store = { ...holder, value: sum };
  // The second nest has indices of its own: a loop binds its index.
  const indices = new Map<Index, Affine>();
  const bare = chain.map((loop) => {
    const index = b.index(loop.index.name, loop.index.extent);
    indices.set(loop.index, b.of(index));
    return { loop, index };
  });
  // What the holder is stored into may be used again behind that: the sum is taken out of it first.
  const taken = b.local(sum.name, sum.type);
  const write = rewriter(b, {
    atom: (a) => (a.kind === "index" ? indices.get(a) : undefined),
    node: (e) => (e === sum ? taken : undefined),
  });
  const take: Let = { kind: "let", local: taken, value: write(b.read(holder.tensor, holder.subscripts)) };
  const body = [take, ...epilogue.map((s) => mapStatement(s, write, (inner) => inner))];
  if (!fitsLanes(body, bare.at(-1)!.index, b)) return undefined;
  const nest = bare.reduceRight<Block>(
    (inner, { loop, index }) => [
      { ...loop, index, from: write(loop.from) as Affine, to: write(loop.to) as Affine, body: inner },
    ],
    body,
  );
  return [...nestOf(chain, [...sums, held]), ...nest];
}

const nestOf = (chain: readonly Loop[], body: Block): Block =>
  chain.reduceRight<Block>((inner, loop) => [{ ...loop, body: inner }], body);

/** A body that sums and then stores something dear, once, where nothing else of that tensor is read. */
function partsOf(body: Block): Parts | undefined {
  const end = body.findLastIndex((s) => s.kind === "loop") + 1;
  const [sums, epilogue] = [body.slice(0, end), body.slice(end)];
  if (end === 0 || !epilogue.every((s) => s.kind === "let" || s.kind === "store")) return undefined;
  if ([...statementsIn(sums)].some((s) => s.kind === "store" || (s.kind === "loop" && s.role === "map")))
    return undefined;
  const after = [...expressionsIn(epilogue)];
  const made = sums.flatMap((s) => (s.kind === "let" || s.kind === "variable" ? [s.local] : []));
  const [sum, ...others] = made.filter((local) => after.some((e) => mentions(e, local)));
  if (sum?.type !== "f32" || others.length > 0 || !after.some(isDear)) return undefined;
  const read = new Set(readsOf(...expressionsIn(body)).map((r) => r.tensor));
  const stores = epilogue.flatMap((s) => (s.kind === "store" ? [s] : []));
  const holder = stores.find((s) => !s.accumulate && s.tensor.type === "f32" && !read.has(s.tensor));
  return holder && { sums, sum, epilogue, holder };
}

/** Whether a function is computed in it; powers with a number above them are products. */
function isDear(root: Expr): boolean {
  let found = false;
  visit([root], (e) => {
    found ||= e.kind === "apply" && atoms[e.atom].cost >= dear && e.args.at(-1)!.kind !== "constant";
  });
  return found;
}
