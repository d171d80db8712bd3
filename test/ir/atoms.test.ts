import { describe, expect, it } from "vitest";
import type { AtomName } from "../../src/ir/atoms.ts";
import { atomNames, atoms } from "../../src/ir/atoms.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { Expr } from "../../src/ir/types.ts";
import { Small } from "./small.ts";

/** Where the derivative is defined otherwise than by the function. */
const noDerivative = new Set<AtomName>(["stop_gradient"]);
const inputs = [-2.3, -0.7, 0.4, 1.6];

function points(arity: number): number[][] {
  if (arity === 0) return [[]];
  return points(arity - 1).flatMap((p) => inputs.map((x, n) => [...p, x + 0.13 * p.length + 0.01 * n]));
}

/** The value of an expression over scalars x0, x1, …. */
function evaluator(
  s: Small,
  arity: number,
): { args: Expr[]; evaluate: (e: Expr, at: readonly number[]) => number } {
  const tensors = Array.from({ length: arity }, (_, n) => s.tensor(`x${n}`, [], "input"));
  const args = tensors.map((t) => s.b.read(t, []));
  const evaluate = (e: Expr, at: readonly number[]): number => {
    const result = s.tensor("y", []);
    const values = new Map(tensors.map((t, n) => [t, Float64Array.of(at[n]!)]));
    interpret([s.equation(result, [], [], e)], { dims: new Map(), values });
    return values.get(result)![0]!;
  };
  return { args, evaluate };
}

const differentiable = atomNames.filter(
  (name) => atoms[name].type(Array.from({ length: atoms[name].arity }, () => "f32" as const)) === "f32",
);

describe("atoms", () => {
  it("have a partial derivative for every argument", () => {
    for (const name of atomNames) expect(atoms[name].partials.length, name).toBe(atoms[name].arity);
    expect(differentiable.length).toBeGreaterThan(18);
  });

  it.each(differentiable.filter((n) => !noDerivative.has(n)))("%s: partials are the slopes", (name) => {
    const s = new Small();
    const { arity, partials } = atoms[name];
    const { args, evaluate } = evaluator(s, arity);
    const output = s.b.apply(name, args);
    let compared = 0;
    for (const at of points(arity)) {
      if (Number.isNaN(evaluate(output, at))) continue;
      partials.forEach((partial, n) => {
        const e = partial(s.b, args, output);
        const moved = (by: number): number[] => at.map((x, a) => (a === n ? x + by : x));
        const step = 1e-5;
        const slope = (evaluate(output, moved(step)) - evaluate(output, moved(-step))) / (2 * step);
        const claimed = e === null ? 0 : evaluate(e, at);
        expect(
          Math.abs(claimed - slope),
          `∂${name}(${at.join()})/∂x${n} = ${slope}, not ${claimed}`,
        ).toBeLessThan(1e-7 * (1 + Math.abs(slope)));
        compared++;
      });
    }
    expect(compared).toBeGreaterThan(1);
  });

  it("pow: a constant exponent keeps the logarithm of a negative base out", () => {
    const s = new Small();
    const { args, evaluate } = evaluator(s, 1);
    const square = [args[0]!, s.b.number(2)];
    const output = s.b.apply("pow", square);
    const [byBase, byExponent] = atoms.pow.partials;
    expect(evaluate(byBase!(s.b, square, output)!, [-3])).toBe(-6);
    expect(evaluate(byBase!(s.b, square, output)!, [0])).toBe(0);
    expect(byExponent!(s.b, square, output)).toBeNull();
  });

  it("select: the chosen branch has the derivative, where its guard holds", () => {
    const s = new Small();
    const { args, evaluate } = evaluator(s, 2);
    const all = [s.b.less(args[0]!, args[1]!), ...args];
    const output = s.b.apply("select", all);
    const guards = atoms.select.guards!(s.b, all);
    const slopes = (at: number[]): (number | null)[] =>
      atoms.select.partials.map((partial, n) => {
        const e = partial(s.b, all, output);
        return e && evaluate(s.b.select(guards[n]!, e, s.b.number(0)), at);
      });
    expect(slopes([1, 2])).toEqual([null, 1, 0]);
    expect(slopes([2, 1])).toEqual([null, 0, 1]);
  });

  it("of equals, the first has the derivative of max and min", () => {
    const s = new Small();
    const { args, evaluate } = evaluator(s, 2);
    for (const name of ["max", "min"] as const) {
      const output = s.b.apply(name, args);
      expect(atoms[name].partials.map((p) => evaluate(p(s.b, args, output)!, [2, 2]))).toEqual([1, 0]);
    }
  });

  it("treat NaN as the targets do", () => {
    for (const name of ["max", "min"] as const) {
      expect(atoms[name].evaluate(NaN, 1)).toBeNaN();
      expect(atoms[name].evaluate(1, NaN)).toBeNaN();
    }
    expect(atoms.sign.evaluate(NaN)).toBeNaN();
  });
});
