/** Loops that are nothing but one another's bodies, as one loop over all their turns. */
import type { Builder } from "../../ir/builder.ts";
import type { Loop } from "../../ir/kernel.ts";
import type { Block } from "./block.ts";
import { withIndex } from "./nest.ts";

/**
 * The loop with those in it that have a number of turns for themselves, the innermost fastest, so that neighbouring turns
 * stay neighbours.
 */
export function collapse(outer: Loop, b: Builder): Loop {
  const inner = alone(outer.body);
  if (!inner || inner.role !== outer.role || inner.step || outer.step) return outer;
  const { index, from, to, body } = collapse(inner, b);
  const count = b.constantOf(index.extent);
  if (count === undefined || b.constantOf(from) !== 0 || b.constantOf(to) !== count) return outer;
  const all = b.index(`${outer.index.name}${index.name}`, b.times(outer.index.extent, count));
  const inside = withIndex(body, outer.index, b.floorDivide(b.of(all), count), b);
  return {
    ...outer,
    index: all,
    from: b.times(outer.from, count),
    to: b.times(outer.to, count),
    body: withIndex(inside, index, b.modulo(b.of(all), count), b),
  };
}

function alone(block: Block): Loop | undefined {
  const [only, ...others] = block;
  return only?.kind === "loop" && others.length === 0 ? only : undefined;
}
