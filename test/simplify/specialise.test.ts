import { describe, expect, it } from "vitest";
import type { Program } from "../../src/ir/types.ts";
import { specialise } from "../../src/passes/specialise.ts";
import { Bench, formulas } from "./helpers.ts";

describe("specialise", () => {
  it("chooses by `training`, in guards and inside overrides too", () => {
    const s = new Bench();
    const training = s.tensor("training", [], "builtin", "bool");
    const x = s.tensor("x", [3], "input");
    const [y, z, o, up, d] = ["y", "z", "o", "up", "d"].map((n) => s.tensor(n, [3])) as [
      typeof x,
      typeof x,
      typeof x,
      typeof x,
      typeof x,
    ];
    const i = s.index("i", 3);
    const trains = s.b.read(training, []);
    const chosen = s.b.select(trains, s.fn("exp", s.b.read(x, [i])), s.b.read(x, [i]));
    const graph = s.graph(
      [
        s.equation(y, [i], [i], chosen),
        s.equation(z, [i], [i], s.b.read(y, [i]), { where: [trains] }),
        {
          kind: "override",
          id: s.b.id(),
          tensor: o,
          source: z,
          upstream: up,
          equations: [s.equation(d, [i], [i], chosen)],
          gradients: [{ wrt: x, result: d }],
          origin: s.origin,
        },
      ],
      [o],
    );
    const program = { builtins: { training } } as Program;
    const on = specialise(graph, true, program, s.context);
    const off = specialise(graph, false, program, s.context);
    expect(formulas(on)[0]).toBe("y[i] = exp(x[i])");
    expect(formulas(off)[0]).toBe("y[i] = x[i]");
    expect(off.statements[1]).toMatchObject({ where: [s.b.bool(false)] });
    const inner = off.statements[2]!;
    expect(inner.kind === "override" && formulas({ ...off, statements: inner.equations })).toEqual([
      "d[i] = x[i]",
    ]);
  });
});
