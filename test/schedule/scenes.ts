/** Models in normal form, as elaboration and differentiation leave them. */
import type { Affine, Dim, Expr, Index, Tensor } from "../../src/ir/types.ts";
import { Scene } from "./build.ts";

/** A dimension that varies by call. */
export function varying(s: Scene, name: string, maximum: number): Dim {
  return { ...s.b.dim(name, 1, maximum, { file: "", start: 0, end: 0 }), varies: "call" };
}

export function softmaxLoss(): { scene: Scene; batch: Dim; loss: Tensor; gradient: Tensor } {
  const s = new Scene();
  const batch = varying(s, "batch", 8);
  const z = s.tensor("z", [batch, 4], "input");
  const label = s.tensor("label", [batch], "input", "i32", 4);
  const top = s.tensor("p.e.max", [batch]);
  const e = s.tensor("p.e", [batch, 4]);
  const sum = s.tensor("p.sum", [batch]);
  const p = s.tensor("p", [batch, 4]);
  const nll = s.tensor("nll", [batch]);
  const total = s.tensor("loss.sum", []);
  const loss = s.tensor("loss", []);
  const gradient = s.tensor("dz", [batch, 4], "adjoint");
  const [b, j, k] = [s.index("b", batch), s.index("j", 4), s.index("k", 4)];
  const count = s.b.cast(s.b.of(batch), "f32");
  s.equation(top, [b], s.read(z, b, k), { reducer: "max", reduced: [k] });
  s.equation(e, [b, j], s.b.apply("exp", [s.b.sub(s.read(z, b, j), s.read(top, b))]));
  s.equation(sum, [b], s.read(e, b, k), { reduced: [k] });
  s.equation(p, [b, j], s.b.div(s.read(e, b, j), s.read(sum, b)));
  s.equation(nll, [b], s.b.neg(s.b.apply("log", [s.read(p, b, s.read(label, b) as Affine)])));
  s.equation(total, [], s.read(nll, b), { reduced: [b] });
  s.equation(loss, [], s.b.div(s.read(total), count));
  const hit = s.b.cast(s.b.equal(s.b.of(j), s.read(label, b)), "f32");
  s.equation(gradient, [b, j], s.b.mul(s.b.div(s.b.number(1), count), s.b.sub(s.read(p, b, j), hit)));
  return { scene: s, batch, loss, gradient };
}

export function convolution(): { scene: Scene; y: Tensor } {
  const s = new Scene();
  const x = s.tensor("x", [2, 5, 5, 2], "input");
  const W = s.tensor("W", [3, 3, 2, 3], "parameter");
  const y = s.tensor("y", [2, 3, 3, 3]);
  const [n, i, j, f] = [s.index("n", 2), s.index("i", 3), s.index("j", 3), s.index("f", 3)];
  const [u, v, k] = [s.index("u", 3), s.index("v", 3), s.index("k", 2)];
  const row = s.b.plus(s.b.times(i, 2), u, -1);
  const column = s.b.plus(s.b.times(j, 2), v, -1);
  const inside = (at: Affine): Expr[] => [s.b.nonnegative(at), s.b.nonnegative(s.b.minus(4, at))];
  const body = s.b.mul(s.read(x, n, row, column, k), s.read(W, u, v, k, f));
  s.equation(y, [n, i, j, f], body, { reduced: [u, v, k], where: [...inside(row), ...inside(column)] });
  return { scene: s, y };
}

export function attention(): { scene: Scene; T: Dim; out: Tensor } {
  const s = new Scene();
  const T = varying(s, "T", 6);
  const [q, k, v] = ["q", "k", "v"].map((name) => s.tensor(name, [T, 3], "input")) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const score = s.tensor("score", [T, T]);
  const top = s.tensor("top", [T]);
  const sum = s.tensor("sum", [T]);
  const out = s.tensor("out", [T, 3]);
  const [t, r, c] = [s.index("t", T), s.index("s", T), s.index("c", 3)];
  const past: Expr[] = [s.b.nonnegative(s.b.minus(t, r))];
  const weight = (row: Index, column: Index): Expr =>
    s.b.apply("exp", [s.b.sub(s.read(score, row, column), s.read(top, row))]);
  s.equation(score, [t, r], s.b.mul(s.read(q, t, c), s.read(k, r, c)), { reduced: [c], where: past });
  s.equation(top, [t], s.read(score, t, r), { reducer: "max", reduced: [r], where: past });
  s.equation(sum, [t], weight(t, r), { reduced: [r], where: past });
  const share = s.b.div(weight(t, r), s.read(sum, t));
  s.equation(out, [t, c], s.b.mul(share, s.read(v, r, c)), { reduced: [r], where: past });
  return { scene: s, T, out };
}
