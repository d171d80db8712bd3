/**
 * x / u where all lanes have the same u is x · (1 / u): one division in place of many, which are slow. It rounds twice,
 * so that the last bit may differ.
 */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { mapStatement } from "../../ir/kernel-walk.ts";
import { Lanes } from "../../ir/lanes.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Index } from "../../ir/types.ts";

type Block = readonly KernelStatement[];

/** The body of a loop over an index whose turns are to be taken in lanes. */
export function withReciprocals(body: Block, index: Index, b: Builder): Block {
  const lanes = new Lanes(index, body);
  const write = rewriter(b, {
    after: (e) => {
      if (e.kind !== "apply" || e.atom !== "div") return e;
      const [x, u] = e.args;
      return lanes.varies(x!) && !lanes.varies(u!) ? b.mul(x!, b.div(b.number(1), u!)) : e;
    },
  });
  const walk = (list: Block): Block => list.map((s) => mapStatement(s, write, walk));
  return walk(body);
}
