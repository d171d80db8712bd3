import { describe, expect, test } from "vitest";
import type { Affine, Index, Statement, Tensor } from "../../src/ir/types.ts";
import { polyphase } from "../../src/passes/polyphase.ts";
import type { Checked } from "../support/gradcheck.ts";
import { checkGradients, contextOf, Sketch } from "../support/gradcheck.ts";

const transform =
  (m: Sketch) =>
  (statements: readonly Statement[]): readonly Statement[] =>
    polyphase.run({ name: "test", statements, results: [] }, contextOf(m)).statements;

interface Strided {
  sketch: Sketch;
  x: Tensor;
  z: Tensor;
  outputs: number;
}

function strided(
  size: number,
  kernel: number,
  stride: number,
  pad: number,
  channels = 2,
  filters = 3,
): Strided {
  const m = new Sketch();
  const o = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const x = m.input("x", [size, size, channels]);
  const W = m.input("W", [kernel, kernel, channels, filters]);
  const [i, j, f] = [m.index("i", o), m.index("j", o), m.index("f", filters)];
  const [u, v, k] = [m.index("u", kernel), m.index("v", kernel), m.index("k", channels)];
  const at = (p: Index, q: Index): Affine => m.b.plus(m.b.times(p, stride), q, -pad);
  const value = pad > 0 ? m.padded(x, [at(i, u), at(j, v), m.b.of(k)]) : m.at(x, at(i, u), at(j, v), k);
  const z = m.sum("z", [i, j, f], [u, v, k], m.b.mul(value, m.at(W, u, v, k, f)));
  return { sketch: m, x, z, outputs: o * o * filters };
}

const backwardVisits = (checked: Checked, outputs: number): number => checked.visits - 1 - outputs;

describe("polyphase", () => {
  test("the adjoint of a convolution with stride 2 visits what the convolution visits, less the border", () => {
    const { sketch, x, z, outputs } = strided(8, 3, 2, 1);
    const loss = sketch.weigh(z);
    const checked = checkGradients(sketch, loss, [x], { transform: transform(sketch) });
    const parts = sketch.formulas(
      checked.adjoint.filter((s) => s.kind === "equation" && s.reduced.length > 0),
    );
    expect(parts).toHaveLength(4);
    for (const p of parts) expect(p).not.toMatch(/⌊|mod/);
    expect(parts[0]).toBe("dloss_z_dx[2·i′, 2·j′, k] = Σ_f dz[i′, j′, f]·W[1, 1, k, f] for i′ < 4, j′ < 4");
    // 4·4 outputs, 3 filters, 2 channels and 9 places of the kernel; 7 and 1 of them fall on the padding.
    expect(backwardVisits(checked, outputs)).toBe(3 * 2 * (11 * 11));
  });

  test.each([
    [7, 3, 2, 1],
    [7, 2, 2, 0],
    [8, 5, 3, 2],
    [9, 2, 4, 1],
    [6, 3, 1, 1],
  ])("size %i, kernel %i, stride %i, pad %i", (size, kernel, stride, pad) => {
    const { sketch, x, z } = strided(size, kernel, stride, pad, 1, 2);
    checkGradients(sketch, sketch.weigh(z), [x], { transform: transform(sketch) });
  });

  test("overlapping max pooling: 121 visits", () => {
    const m = new Sketch();
    const x = m.input("x", [7, 7]);
    const [i, j, u, v] = [m.index("i", 3), m.index("j", 3), m.index("u", 3), m.index("v", 3)];
    const read = m.at(x, m.b.plus(m.b.times(i, 2), u), m.b.plus(m.b.times(j, 2), v));
    const y = m.define("y", [i, j], read, { reducer: "max", reduced: [u, v] });
    const checked = checkGradients(m, m.weigh(y), [x], { transform: transform(m) });
    let visits = 0;
    for (const s of checked.adjoint) {
      if (s.kind !== "equation" || !s.tensor.name.endsWith("dx")) continue;
      visits += [...s.indices, ...s.reduced].reduce((n, l) => n * l.extent.constant, 1);
    }
    expect(visits).toBe(121);
  });

  test("a dynamic extent", () => {
    const m = new Sketch();
    const time = m.dim("time", 7, 12);
    const x = m.input("x", [time]);
    const W = m.input("W", [3]);
    const o = m.b.floorDivide(m.b.plus(time, 1), 2);
    const [i, u] = [m.index("i", o), m.index("u", 3)];
    const z = m.sum("z", [i], [u], m.b.mul(m.padded(x, [m.b.plus(m.b.times(i, 2), u, -1)]), m.at(W, u)));
    checkGradients(m, m.weigh(z), [x, W], { transform: transform(m) });
  });

  test("the channels of a group are the digits of a place, not a stride", () => {
    const m = new Sketch();
    const x = m.input("x", [7, 4]);
    const W = m.input("W", [3, 2, 6]);
    const [i, f, u, k] = [m.index("i", 3), m.index("f", 6), m.index("u", 3), m.index("k", 2)];
    const channel = m.b.plus(m.b.times(m.b.floorDivide(m.b.of(f), 3), 2), k);
    const value = m.at(x, m.b.plus(m.b.times(i, 2), u), channel);
    const z = m.sum("z", [i, f], [u, k], m.b.mul(value, m.at(W, u, k, f)));
    expect(transform(m)(m.statements)).toHaveLength(1);
    const checked = checkGradients(m, m.weigh(z), [x, W], { transform: transform(m) });
    // Two residues of the place, one equation for all channels of each.
    const parts = checked.adjoint.filter((s) => s.kind === "equation" && s.tensor.name.endsWith("dx"));
    expect(parts).toHaveLength(2);
  });

  test("what it cannot free of ⌊·⌋ it leaves alone", () => {
    const m = new Sketch();
    const x = m.input("x", [6]);
    const [i, k] = [m.index("i", 6), m.index("k", 6)];
    const body = m.at(x, m.b.floorDivide(m.b.plus(i, k), 2));
    m.sum("z", [i], [k], body);
    expect(transform(m)(m.statements)).toHaveLength(1);
  });
});
