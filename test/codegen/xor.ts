/** A two-layer network for exclusive or, with its backward pass and its optimizer written out by hand. */
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { Sources } from "../../src/ir/source.ts";
import type {
  AdjointStep,
  Affine,
  Dim,
  Equation,
  Expr,
  Graph,
  Index,
  Program,
  Role,
  Statement,
  Tensor,
} from "../../src/ir/types.ts";

export const source = `/// Exclusive or.
model Xor {
  dim batch <= 8
  input x: [batch, 2]
  input y: [batch, 1]
  h = x |> linear(3) |> sigmoid
  p = h |> linear(1) |> sigmoid
  output p
  metric spread = max(p) - min(p)
  loss mse(p, y)
  optimizer momentum(lr = 0.5)
}
`;

export interface Sample {
  readonly graphs: ModelGraphs;
  readonly context: Context;
  readonly batch: Dim;
}

export function xor(): Sample {
  const b = new Builder();
  const sources = new Sources();
  sources.add("xor.nn", source);
  const context: Context = { builder: b, sources, options: { realOnlyRules: true }, log: [] };
  const span = (line: number): { file: string; start: number; end: number } => {
    const start =
      source
        .split("\n")
        .slice(0, line - 1)
        .join("\n").length + (line > 1 ? 1 : 0);
    return { file: "xor.nn", start: start + 2, end: start + 4 };
  };
  const batch: Dim = { ...b.dim("batch", 1, 8, span(3)), varies: "call" };
  const tensor = (
    name: string,
    shape: (Dim | number)[],
    role: Role,
    line: number,
    more: Partial<Tensor> = {},
  ): Tensor =>
    b.tensor({ name, shape: shape.map((s) => b.toAffine(s)), role, type: "f32", span: span(line), ...more });

  const x = tensor("x", [batch, 2], "input", 4, { doc: "Two bits." });
  const y = tensor("y", [batch, 1], "input", 5);
  const W1 = tensor("h.linear.W", [2, 3], "parameter", 6);
  const b1 = tensor("h.linear.b", [3], "parameter", 6);
  const W2 = tensor("p.linear.W", [3, 1], "parameter", 7, { doc: "The second layer." });
  const parameters = [W1, b1, W2];
  const lr = tensor("lr", [], "hyper", 11, { value: 0.5, doc: "The learning rate." });
  const builtin = (name: string): Tensor => tensor(name, [], "builtin", 1, { type: "i32" });
  const builtins = {
    step: builtin("step"),
    pass: builtin("pass"),
    seed: builtin("seed"),
    training: builtin("training"),
  };
  const velocity = parameters.map((t) => b.tensor({ ...t, name: `${t.name}.momentum.v`, role: "state" }));
  const gradients = parameters.map((t) => b.tensor({ ...t, name: `d${t.name}`, role: "adjoint" }));

  const definition = (name: string, shape: (Dim | number)[], line: number): Tensor =>
    tensor(name, shape, "definition", line);
  const adjoint = (of: Tensor): Tensor => b.tensor({ ...of, name: `d${of.name}`, role: "adjoint" });
  const z1 = definition("h.linear", [batch, 3], 6);
  const h = definition("h", [batch, 3], 6);
  const z2 = definition("p.linear", [batch, 1], 7);
  const p = tensor("p", [batch, 1], "definition", 8, { doc: "How likely the bits differ." });
  const loss = definition("loss", [], 10);
  const top = definition("top", [], 9);
  const low = definition("low", [], 9);
  const spread = definition("spread", [], 9);
  const [dp, dz2, dh, dz1] = [p, z2, h, z1].map(adjoint) as [Tensor, Tensor, Tensor, Tensor];

  interface Fields {
    reduced?: Index[];
    reducer?: Equation["reducer"];
    indices?: Index[];
    step?: AdjointStep;
  }
  const equation = (t: Tensor, target: (Index | Affine)[], body: Expr, f: Fields = {}): Equation =>
    b.equation({
      tensor: t,
      indices: f.indices ?? target.filter((i): i is Index => i.kind === "index"),
      target: target.map((i) => b.toAffine(i)),
      accumulate: false,
      reducer: f.reducer ?? (f.reduced ? "sum" : null),
      reduced: f.reduced ?? [],
      where: [],
      body,
      origin: { span: t.span, name: t.name, ...(f.step ? { steps: [f.step] } : {}) },
    });
  const read = (t: Tensor, ...subscripts: (Index | Affine)[]): Expr => b.read(t, subscripts);
  const [i, j, k, o] = [b.index("i", b.of(batch)), b.index("j", 3), b.index("k", 2), b.index("o", 1)];
  const count = b.cast(b.of(batch), "f32");
  const chain = (of: Statement, wrt: Tensor): { step: AdjointStep } => ({ step: { kind: "chain", of, wrt } });

  const eZ1 = equation(z1, [i, j], b.mul(read(x, i, k), read(W1, k, j)), { reduced: [k] });
  const eH = equation(h, [i, j], b.apply("sigmoid", [b.add(read(z1, i, j), read(b1, j))]));
  const eZ2 = equation(z2, [i, o], b.mul(read(h, i, j), read(W2, j, o)), { reduced: [j] });
  const eP = equation(p, [i, o], b.apply("sigmoid", [read(z2, i, o)]));
  const error = b.sub(read(p, i, o), read(y, i, o));
  const eLoss = equation(loss, [], b.div(b.pow(error, b.number(2)), count), { reduced: [i, o] });
  const eTop = equation(top, [], read(p, i, o), { reduced: [i, o], reducer: "max" });
  const eLow = equation(low, [], read(p, i, o), { reduced: [i, o], reducer: "min" });
  const eSpread = equation(spread, [], b.sub(read(top), read(low)));

  const slope = (t: Tensor, ...at: Index[]): Expr =>
    b.mul(read(t, ...at), b.sub(b.number(1), read(t, ...at)));
  const two = b.number(2);
  const backward = [
    equation(dp, [i, o], b.div(b.mul(two, error), count), chain(eLoss, p)),
    equation(dz2, [i, o], b.mul(read(dp, i, o), slope(p, i, o)), chain(eP, z2)),
    equation(gradients[2]!, [j, o], b.mul(read(h, i, j), read(dz2, i, o)), {
      reduced: [i],
      ...chain(eZ2, W2),
    }),
    equation(dh, [i, j], b.mul(read(dz2, i, o), read(W2, j, o)), { reduced: [o], ...chain(eZ2, h) }),
    equation(dz1, [i, j], b.mul(read(dh, i, j), slope(h, i, j)), chain(eH, z1)),
    equation(gradients[1]!, [j], read(dz1, i, j), { reduced: [i], ...chain(eH, b1) }),
    equation(gradients[0]!, [k, j], b.mul(read(x, i, k), read(dz1, i, j)), {
      reduced: [i],
      ...chain(eZ1, W1),
    }),
  ];
  const update = parameters.flatMap((t, n) => {
    const at = t.shape.map((extent, d) => b.index("mn"[d]!, extent));
    const moved = b.add(b.mul(b.number(0.9), read(velocity[n]!, ...at)), read(gradients[n]!, ...at));
    return [
      equation(velocity[n]!, at, moved),
      equation(t, at, b.sub(read(t, ...at), b.mul(read(lr), read(velocity[n]!, ...at)))),
    ];
  });
  const initialise = parameters.flatMap((t, n) => {
    const at = t.shape.map((extent, d) => b.index("mn"[d]!, extent));
    const element = at.length === 2 ? b.plus(b.times(at[0]!, t.shape[1]!), at[1]!) : b.toAffine(at[0]!);
    const drawn = b.apply("random", [read(builtins.seed), b.integer(0), b.integer(n), element]);
    return [equation(t, at, b.sub(b.mul(two, drawn), b.number(1))), equation(velocity[n]!, at, b.number(0))];
  });

  const forward = [eZ1, eH, eZ2, eP];
  const metrics = [eTop, eLow, eSpread];
  const program: Program = {
    name: "Xor",
    doc: "Exclusive or.",
    span: span(2),
    dims: [batch],
    inputs: [x, y],
    parameters,
    states: [],
    optimizerStates: velocity,
    shadows: [],
    hypers: [lr],
    builtins,
    outputs: [{ name: "p", tensor: p }],
    metrics: [{ name: "spread", tensor: spread, doc: "Between the largest and the smallest answer." }],
    loss,
    trained: parameters,
    gradients,
    forward: [...forward, ...metrics, eLoss],
    backward: [],
    statistics: [],
    update,
    initialise,
  };
  const graph = (name: string, statements: readonly Statement[], results: readonly Tensor[]): Graph => ({
    name,
    statements,
    results,
  });
  return {
    batch,
    context,
    graphs: {
      program,
      initialise: graph("initialise", initialise, [...parameters, ...velocity]),
      forward: graph("forward", forward, [p]),
      evaluate: graph("evaluate", [...forward, ...metrics, eLoss], [loss, spread]),
      backward: graph("backward", [...forward, ...metrics, eLoss, ...backward], [loss, spread, ...gradients]),
      statistics: graph("statistics", [], []),
      update: graph("update", update, []),
    },
  };
}
