import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expr, Graph, Index, Tensor } from "../../src/ir/types.ts";
import { verify } from "../../src/ir/verifier.ts";
import { differentiate } from "../../src/passes/differentiate.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { numbers, run } from "./helpers.ts";
import type { Values } from "./helpers.ts";
import { Training } from "./training.ts";

/** A program as a list of choices; every number picks something that exists. */
export const choices = fc.array(fc.tuple(fc.nat(15), fc.nat(40), fc.nat(40), fc.nat(5)), {
  minLength: 2,
  maxLength: 9,
});
type Choices = readonly (readonly [number, number, number, number])[];

const rows = 3;
const columns = 4;

interface Model {
  readonly s: Training;
  readonly loss: Tensor;
  readonly given: Values;
  readonly wrt: readonly Tensor[];
}

/** Definitions over [3, 4] and [3], each of earlier ones; the loss is the sum of the last. */
export function model(program: Choices): Model {
  const s = new Training();
  const [x, w] = [s.tensor("x", [rows, columns], "input"), s.tensor("w", [rows], "input")];
  const label = s.tensor("label", [rows], "input", "i32", columns);
  const wide = [x];
  const narrow = [w];
  const b = s.b;
  const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
  program.forEach(([kind, first, second, constant], n) => {
    const at = (t: Tensor, i: Expr, j: Expr): Expr => (t.shape.length === 1 ? s.at(t, i) : s.at(t, i, j));
    const [p, q] = [pick([...wide, ...narrow], first), pick([...wide, ...narrow], second)];
    const whole = pick(wide, first);
    const make = (f: (y: Expr, z: Expr, i: Index, j: Index) => Expr): void => {
      wide.push(
        s.define(`t${n}`, [rows, columns], (i, j) =>
          f(at(p, i!, j!), at(q, i!, j!), indexOf(i!), indexOf(j!)),
        ),
      );
    };
    const c = s.num(constant - 2);
    const steps: (() => void)[] = [
      () => make((y, z) => s.add(y, z)),
      () => make((y, z) => s.sub(y, s.mul(c, z))),
      () => make((y, z) => s.mul(y, z)),
      () => make((y, z) => s.div(y, s.add(s.num(3), s.mul(z, z)))),
      () => make((y) => s.fn("sigmoid", y)),
      () => make((y) => s.fn("log", s.fn("sigmoid", y))),
      () => make((y) => s.div(s.num(1), s.add(s.num(1), s.fn("exp", s.fn("neg", y))))),
      () => make((y, z) => b.select(b.less(y, z), s.mul(z, z), y)),
      () => make((y, z, _i, j) => b.select(b.nonnegative(b.minus(j, constant - 1)), y, s.fn("tanh", z))),
      () => make((y) => b.pow(y, s.num(2))),
      () => make((y, z) => b.apply("max", [y, z])),
      () =>
        narrow.push(
          s.reduce("sum", `t${n}`, [rows], columns, (i, j) => s.mul(s.at(whole, i!, j!), at(q, i!, j!))),
        ),
      () => {
        const e = s.define(`e${n}`, [rows, columns], (i, j) => s.fn("exp", s.at(whole, i!, j!)));
        const sum = s.reduce("sum", `s${n}`, [rows], columns, (i, j) => s.at(e, i!, j!));
        wide.push(s.define(`t${n}`, [rows, columns], (i, j) => s.div(s.at(e, i!, j!), s.at(sum, i!))));
      },
      () => narrow.push(s.define(`t${n}`, [rows], (i) => s.at(whole, i!, b.read(label, [indexOf(i!)])))),
      () => {
        const chosen = (i: Expr, j: Expr): Expr => b.cast(b.equal(j, b.read(label, [indexOf(i)])), "f32");
        narrow.push(
          s.reduce("sum", `t${n}`, [rows], columns, (i, j) => s.mul(chosen(i!, j!), s.at(whole, i!, j!))),
        );
      },
      () => narrow.push(s.reduce("max", `t${n}`, [rows], columns, (i, j) => s.at(whole, i!, j!))),
    ];
    pick(steps, kind)();
  });
  const last = [...s.statements].reverse().find((st) => st.kind === "equation")!;
  const result = last.kind === "equation" ? last.tensor : x;
  const perRow = s.reduce("sum", "perRow", [rows], columns, (i, j) =>
    result.shape.length === 1 ? s.at(result, i!) : s.at(result, i!, j!),
  );
  const loss = s.reduce("sum", "loss", [], rows, (i) => s.at(perRow, i!));
  const given = new Map([
    [x, numbers(rows * columns)],
    [w, numbers(rows, 5)],
    [label, [2, 0, 3]],
  ]);
  return { s, loss, given, wrt: [x, w] };
}

function indexOf(e: Expr): Index {
  const atom = e.kind === "affine" ? e.terms[0]!.atom : undefined;
  if (atom?.kind !== "index") throw new Error("not an index");
  return atom;
}

/** Results agree wherever the chain rule as it falls out gives a number. */
function expectClose(before: Graph, after: Graph, given: Values): void {
  const expected = run(before, given);
  const got = run(after, given);
  for (const tensor of before.results) {
    expected.get(tensor)!.forEach((v, i) => {
      if (!Number.isFinite(v) || Math.abs(v) > 1e6) return;
      const difference = Math.abs(got.get(tensor)![i]! - v);
      expect(difference, `${tensor.name}[${i}]`).toBeLessThanOrEqual(1e-7 * Math.max(1, Math.abs(v)));
    });
  }
}

describe("random models", () => {
  for (const realOnlyRules of [true, false]) {
    it(`keep their loss and gradients, ${realOnlyRules ? "with" : "without"} rules of the reals`, () => {
      fc.assert(
        fc.property(choices, (program) => {
          const { s, loss, given, wrt } = model(program);
          const context = { ...s.context, options: { realOnlyRules } };
          const asked = s.asking(loss, wrt);
          const raw = differentiate.run(asked, context);
          const once = simplify.run(raw, context);
          const twice = simplify.run(differentiate.run(simplify.run(asked, context), context), context);
          verify(twice, context);
          expectClose(raw, once, given);
          expectClose(raw, twice, given);
          if (!realOnlyRules) expect(context.log.every((r) => !r.realOnly)).toBe(true);
        }),
        { numRuns: 25, seed: 7 },
      );
    });
  }
});
