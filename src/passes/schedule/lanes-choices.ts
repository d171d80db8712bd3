/**
 * What is decided in each lane for itself, for loops that are to be taken four turns at once: a branch becomes choices
 * between values, and what all lanes agree on is decided first, once.
 */
import type { Builder } from "../../ir/builder.ts";
import type { If, KernelStatement } from "../../ir/kernel.ts";
import { mapStatement } from "../../ir/kernel-walk.ts";
import { Lanes } from "../../ir/lanes.ts";
import { conjuncts, rewriter } from "../../ir/rewrite.ts";
import type { Expr, Index } from "../../ir/types.ts";
import type { NameSpace } from "./names.ts";
import { localValue } from "./reduction.ts";

type Block = readonly KernelStatement[];

/** The same block; branches that can't be written as choices are left. */
export function chosenByMasks(block: Block, index: Index, names: NameSpace, b: Builder): Block {
  // What is chosen by a mask varies, and so may what depends on it.
  for (let body = block; ;) {
    const lanes = new Lanes(index, body);
    const next = rewritten(body, lanes, names, b);
    if (next === undefined) return agreedFirst(body, lanes, b);
    body = next;
  }
}

/** With the branches that differ between lanes as choices; undefined if there are none. */
function rewritten(block: Block, lanes: Lanes, names: NameSpace, b: Builder): Block | undefined {
  let found = false;
  const walk = (list: Block): Block =>
    list.flatMap((s) => {
      if (s.kind !== "if" || !lanes.varies(s.condition) || !onlyAssigns(s))
        return [mapStatement(s, (e) => e, walk)];
      found = true;
      return choices(s, names, b);
    });
  const result = walk(block);
  return found ? result : undefined;
}

const onlyAssigns = ({ body, otherwise }: If): boolean =>
  [...body, ...otherwise].every((s) => s.kind === "assign" && s.reducer === null);

function choices({ condition, body, otherwise }: If, names: NameSpace, b: Builder): KernelStatement[] {
  const local = b.local(names.fresh("chosen"), "bool");
  const assigns = (list: Block, value: (chosen: Expr, kept: Expr) => Expr): KernelStatement[] =>
    list.flatMap((s) =>
      s.kind === "assign" ? [{ ...s, value: value(s.value, localValue(b, s.local)) }] : [],
    );
  return [
    { kind: "let", local, value: condition },
    ...assigns(body, (chosen, kept) => b.select(local, chosen, kept)),
    ...assigns(otherwise, (chosen, kept) => b.select(local, kept, chosen)),
  ];
}

/** `if p and q then x else y`, where all lanes agree on p, is `if p then (if q then x else y) else y`. */
function agreedFirst(block: Block, lanes: Lanes, b: Builder): Block {
  const write = rewriter(b, {
    after: (e) => {
      if (e.kind !== "apply" || e.atom !== "select") return e;
      const [condition, chosen, otherwise] = e.args as [Expr, Expr, Expr];
      const all = conjuncts(condition);
      const agreed = all.findIndex((c) => lanes.varies(c));
      if (agreed <= 0) return e;
      const [first, rest] = [b.and(...all.slice(0, agreed)), b.and(...all.slice(agreed))];
      return b.select(first, b.select(rest, chosen, otherwise), otherwise);
    },
  });
  const walk = (list: Block): Block => list.map((s) => mapStatement(s, write, walk));
  return walk(block);
}
