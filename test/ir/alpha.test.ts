import { describe, expect, it } from "vitest";
import { alphaKey } from "../../src/ir/alpha.ts";
import type { Equation, Index } from "../../src/ir/types.ts";
import { Small } from "./small.ts";

const s = new Small();
const { b } = s;
const x = s.tensor("x", [8, 8], "input");
const w = s.tensor("w", [3], "input");
const y = s.tensor("y", [4]);
const z = s.tensor("z", [4]);

/** A strided sum; `make` decides in which order the indices are made, hence how their terms are ordered. */
function windows(target: typeof y, reversed: boolean, stride = 2, name = "i"): Equation {
  const makeI = (): Index => s.index(name, 3);
  const makeU = (): Index => s.index("u", 3);
  let i: Index, u: Index;
  if (reversed) [u, i] = [makeU(), makeI()];
  else [i, u] = [makeI(), makeU()];
  const place = b.plus(b.times(i, stride), u);
  const guard = b.apply("or", [b.zero(b.minus(i, u)), b.nonnegative(b.minus(place, 1))]);
  const body = b.mul(b.read(x, [b.floorDivide(place, 2), b.modulo(b.plus(i, u), 3)]), b.read(w, [u]));
  return s.equation(target, [i], [i], body, { reducer: "sum", reduced: [u], where: [guard] });
}

describe("alphaKey", () => {
  it("is the same for renamed indices and another tensor of the same shape", () => {
    expect(alphaKey(windows(y, false))).toBe(alphaKey(windows(z, true, 2, "k")));
  });

  it("differs where the equation differs", () => {
    const first = windows(y, false);
    const variants: Equation[] = [
      windows(y, false, 1),
      windows(s.tensor("long", [5]), false),
      windows(s.tensor("int", [4], "definition", "i32"), false),
      { ...first, accumulate: true },
      { ...first, reducer: "max" },
      { ...first, where: [] },
      { ...first, target: [b.plus(first.indices[0]!, 1)] },
      { ...first, indices: first.reduced, reduced: first.indices },
      { ...first, body: b.neg(first.body) },
    ];
    const keys = [first, ...variants].map(alphaKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("tells which index is where", () => {
    const [i, j, k, l] = ["i", "j", "k", "l"].map((name) => s.index(name, 8)) as [Index, Index, Index, Index];
    const square = s.tensor("square", [8, 8]);
    const one = s.equation(square, [i, j], [i, j], b.read(x, [i, j]));
    const transposed = s.equation(square, [l, k], [l, k], b.read(x, [k, l]));
    const other = s.equation(square, [l, k], [l, k], b.read(x, [l, k]));
    expect(alphaKey(one)).not.toBe(alphaKey(transposed));
    expect(alphaKey(one)).toBe(alphaKey(other));
  });

  it("is short for a deep shared body", () => {
    const i = s.index("i", 4);
    let e = b.read(w, [0, 1].map(() => b.integer(0)).slice(1));
    for (let n = 0; n < 100; n++) e = b.add(e, e);
    expect(alphaKey(s.equation(y, [i], [i], e)).length).toBeLessThan(5000);
  });
});
