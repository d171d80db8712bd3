/** The shape of an equation, which decides what it may share a kernel with. No name of an operation is consulted. */
import { freeIndices } from "../../ir/rewrite.ts";
import type { Equation, Index } from "../../ir/types.ts";
import { readsIn } from "./dependences.ts";
import { loopOrder } from "./group.ts";

/** map: one cell from some cells. reduction: one cell from a row. contraction: a product of two tensors that is summed. */
export type Shape = "map" | "reduction" | "contraction";

/**
 * A contraction reads each of its operands again for indices that only the other one has, which is what tiles are
 * made for. Its outer loops belong to the tiles and are shared with nothing.
 */
export function shapeOf(e: Equation): Shape {
  const known = shapes.get(e);
  if (known) return known;
  const shape = find(e);
  shapes.set(e, shape);
  return shape;
}

const shapes = new WeakMap<Equation, Shape>();

function find(e: Equation): Shape {
  if (e.reducer === null) return "map";
  if (e.reducer !== "sum") return "reduction";
  const loops = loopOrder(e);
  const missing = readsIn(e).map((r) => {
    const free = freeIndices(r);
    return loops.filter((i) => !free.has(i));
  });
  const reused = (m: readonly Index[], others: readonly (readonly Index[])[]): boolean =>
    m.length > 0 && others.some((o) => o.length > 0 && !m.every((i) => o.includes(i)));
  return missing.some((m) => reused(m, missing)) ? "contraction" : "reduction";
}
