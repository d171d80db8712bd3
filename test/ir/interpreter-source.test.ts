/** Long loops run as JavaScript functions: the same bits as with closures, which counting asks for. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { equationFunction } from "../../src/ir/interpreter-source.ts";
import type { Environment } from "../../src/ir/interpreter.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { Reducer, Statement, Tensor } from "../../src/ir/types.ts";
import { ReferenceModel } from "../../src/reference/model.ts";
import { build } from "../support/model.ts";
import { Small } from "./small.ts";

const long = 3000;
const waves = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(7 * i));

/** Evaluates both ways; the values of what is defined must be the same bits. */
function bothWays(statements: readonly Statement[], given: Environment): void {
  const copy = (): Environment["values"] => new Map([...given.values].map(([t, v]) => [t, v.slice()]));
  const [fast, plain] = [copy(), copy()];
  interpret(statements, { dims: given.dims, values: fast });
  interpret(statements, { dims: given.dims, values: plain, count: { bodies: 0 } });
  for (const s of statements) {
    if (s.kind === "gradient") continue;
    const [a, b] = [fast.get(s.tensor)!, plain.get(s.tensor)!];
    const differs = a.findIndex((v, i) => !Object.is(v, b[i]));
    expect(differs, `${s.tensor.name}[${differs}]: ${a[differs]} and ${b[differs]}`).toBe(-1);
  }
}

describe("an equation as a function", () => {
  it.each<Reducer>(["sum", "prod", "max", "min", "argmax", "argmin"])("reduces by %s", (reducer) => {
    const s = new Small();
    const { b } = s;
    const [x, y] = [s.tensor("x", [40, 100], "input"), s.tensor("y", [40])];
    const [i, k] = [s.index("i", 40), s.index("k", 100)];
    const wave = b.read(x, [i, k]);
    const body = b.add(wave, b.mul(wave, b.number(-0.25)));
    const e = s.equation(y, [i], [i], body, { reducer, reduced: [k] });
    const values = new Map([[x, waves(4000)]]);
    values.get(x)![250] = NaN;
    bothWays([e], { dims: new Map(), values });
  });

  it("reads nothing that is not chosen, shares what both branches read, and knows ⌊⌋ and mod", () => {
    const s = new Small();
    const { b } = s;
    const [x, y] = [s.tensor("x", [5], "input"), s.tensor("y", [long])];
    const i = s.index("i", long);
    const read = b.read(x, [b.minus(i, 1)]);
    const inside = b.and(b.nonnegative(b.minus(i, 1)), b.nonnegative(b.minus(5, i)));
    const shared = b.mul(read, read);
    const turned = b.read(x, [b.modulo(b.toAffine(i), 5)]);
    const chosen = b.select(inside, b.add(shared, b.number(-0)), turned);
    bothWays([s.equation(y, [i], [i], chosen)], { dims: new Map(), values: new Map([[x, waves(5)]]) });
  });

  it("adds to what is there only where something is to be added", () => {
    const s = new Small();
    const { b } = s;
    const [x, y] = [s.tensor("x", [long], "input"), s.tensor("y", [10], "parameter")];
    const [i, k] = [s.index("i", long), s.index("k", 2)];
    const target = s.integer(b.minus(i, 1));
    const where = [b.nonnegative(b.minus(i, 1)), b.nonnegative(b.minus(10, i))];
    const part = { reducer: "sum", reduced: [k], accumulate: true, where } as const;
    const e = s.equation(y, [i], [target], b.read(x, [i]), part);
    bothWays([e], {
      dims: new Map(),
      values: new Map<Tensor, Float64Array>([
        [x, waves(long)],
        [y, waves(10)],
      ]),
    });
  });

  it("names a read that is out of range", () => {
    const s = new Small();
    const [x, y] = [s.tensor("x", [5], "input"), s.tensor("y", [long])];
    const i = s.index("i", long);
    const e = s.equation(y, [i], [i], s.b.read(x, [s.b.toAffine(i)]));
    expect(() => interpret([e], { dims: new Map(), values: new Map([[x, waves(5)]]) })).toThrow(
      "x[5] is out of range: its shape is [5]",
    );
  });

  it("leaves to closures what lies behind so many choices that its text would grow", () => {
    const s = new Small();
    const { b } = s;
    const [x, y] = [s.tensor("x", [long], "input"), s.tensor("y", [long])];
    const i = s.index("i", long);
    let body = b.read(x, [i]) as ReturnType<typeof b.add>;
    for (let n = 0; n < 40; n++)
      body = b.select(b.apply("lt", [body, b.number(n)]), b.add(body, b.number(1)), body);
    const e = s.equation(y, [i], [i], body);
    expect(equationFunction(e, new Map(), null)).toBeNull();
    bothWays([e], { dims: new Map(), values: new Map([[x, waves(long)]]) });
  });

  it("is done by closures where functions can't be made from text", () => {
    const s = new Small();
    const [x, y] = [s.tensor("x", [long], "input"), s.tensor("y", [long])];
    const i = s.index("i", long);
    const e = s.equation(y, [i], [i], s.b.mul(s.b.read(x, [i]), s.b.number(17.25)));
    const refuse = (): never => {
      throw new EvalError("refused by the policy of this page");
    };
    vi.stubGlobal("Function", refuse);
    const values = new Map([[x, waves(long)]]);
    interpret([e], { dims: new Map(), values });
    vi.unstubAllGlobals();
    expect(values.get(y)![3]).toBe(17.25 * Math.sin(21));
  });
});

it.each(["cnn", "char-rnn", "transformer", "digits"])("%s: a whole training graph", (name) => {
  const { graphs } = build(readFileSync(`examples/${name}.nn`, "utf8"));
  const counts = Object.fromEntries(graphs.program.dims.map((d) => [d.name, Math.min(d.maximum, 4)]));
  const model = new ReferenceModel(graphs, counts, 1);
  for (const t of graphs.program.inputs) {
    const size = t.shape.reduce((n, e) => n * (e.terms.length === 0 ? e.constant : 4), 1);
    model.values.set(t, t.type === "f32" ? waves(size) : new Float64Array(size));
  }
  bothWays(graphs.backward.statements, { dims: model.dims, values: model.values });
});
