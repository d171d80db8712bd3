import { describe, expect, test } from "vitest";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import { compare, Scene } from "./build.ts";

const levels = [0, 1] as const;

describe.each(levels)("a schedule at level %i computes what its graphs mean", (level) => {
  test("linear layer and relu with a dynamic batch smaller than its maximum", () => {
    const s = new Scene();
    const batch = { ...s.b.dim("batch", 1, 9, { file: "", start: 0, end: 0 }), varies: "call" as const };
    const x = s.tensor("x", [batch, 3], "input");
    const W = s.tensor("h.linear.W", [3, 4], "parameter");
    const bias = s.tensor("h.linear.b", [4], "parameter");
    const sum = s.tensor("h.linear.sum", [batch, 4]);
    const z = s.tensor("h.linear", [batch, 4]);
    const h = s.tensor("h", [batch, 4]);
    const [b, j, k] = [s.index("b", batch), s.index("j", 4), s.index("k", 3)];
    s.equation(sum, [b, j], s.b.mul(s.read(x, b, k), s.read(W, k, j)), { reduced: [k] });
    s.equation(z, [b, j], s.b.add(s.read(sum, b, j), s.read(bias, j)));
    s.equation(h, [b, j], s.b.apply("max", [s.b.number(0), s.read(z, b, j)]));
    const made = compare(s, s.graphs([h]), level, new Map([[batch, 5]]));
    expect(made.differences).toEqual([]);
    console.log(made.schedule.kernels.map(printKernel).join("\n"));
  });
});
