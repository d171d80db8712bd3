import { describe, expect, test } from "vitest";
import { printStatement } from "../../src/ir/printer.ts";
import type { Expr, Index, Tensor } from "../../src/ir/types.ts";
import { checkGradients, Sketch } from "../support/gradcheck.ts";

describe("products", () => {
  for (const [left, right] of [
    ["bk", "kj"],
    ["kb", "kj"],
    ["bk", "jk"],
    ["kb", "jk"],
  ] as const) {
    test(`${left} times ${right}`, () => {
      const m = new Sketch();
      const loops: Readonly<Record<string, Index>> = {
        b: m.index("b", 3),
        j: m.index("j", 4),
        k: m.index("k", 5),
      };
      const matrix = (name: string, letters: string): { t: Tensor; e: Expr } => {
        const indices = [...letters].map((l) => loops[l]!);
        const t = m.input(
          name,
          indices.map((i) => i.extent),
        );
        return { t, e: m.at(t, ...indices) };
      };
      const x = matrix("x", left);
      const y = matrix("y", right);
      const z = m.sum("z", [loops.b!, loops.j!], [loops.k!], m.b.mul(x.e, y.e));
      const checked = checkGradients(m, m.weigh(z), [x.t, y.t]);
      console.log(checked.adjoint.map(printStatement).join("\n"), checked.visits);
      expect(checked.visits).toBe(2 * 60 + 12 + 1);
    });
  }
});
