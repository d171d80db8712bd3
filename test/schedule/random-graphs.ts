/** Random graphs: squares and rows of numbers, in every way that equations use one another. */
import fc from "fast-check";
import type { Affine, Equation, Expr, Index, Tensor } from "../../src/ir/types.ts";
import { Scene } from "./build.ts";

const size = 3;

/** One statement: what it is made of is chosen by numbers, so that shrinking makes it simpler. */
const statement = fc.record({
  kind: fc.constantFrom("map", "row", "column", "product", "best", "add", "part", "view"),
  sources: fc.tuple(fc.nat(), fc.nat()),
  turn: fc.tuple(fc.nat(3), fc.nat(3)),
  atom: fc.constantFrom("exp", "neg", "sigmoid", "guard", "mul", "div"),
  kept: fc.boolean(),
  fresh: fc.boolean(),
});
type Choice = typeof statement extends fc.Arbitrary<infer T> ? T : never;

class Generator {
  readonly s = new Scene();
  readonly results: Tensor[] = [];
  private last: Equation | undefined;
  private readonly squares: Tensor[];
  private readonly rows: Tensor[];
  private readonly i: Index;
  private readonly j: Index;
  private readonly k: Index;

  constructor() {
    this.squares = [this.s.tensor("x", [size, size], "input"), this.s.tensor("W", [size, size], "parameter")];
    this.rows = [this.s.tensor("r", [size], "input")];
    [this.i, this.j, this.k] = ["i", "j", "k"].map((n) => this.s.index(n, size)) as [Index, Index, Index];
  }

  add(choice: Choice, at: number): void {
    const { s } = this;
    const [i, j, k] = choice.fresh
      ? (["p", "q", "r"].map((n) => s.index(n, size)) as [Index, Index, Index])
      : [this.i, this.j, this.k];
    const [a, z] = choice.sources.map((n) => this.squares[n % this.squares.length]!) as [Tensor, Tensor];
    const square = ["map", "product", "add", "part", "view"].includes(choice.kind);
    const t = s.tensor(`t${at}`, square ? [size, size] : [size], choice.kept ? "definition" : "adjoint");
    const read = (from: Tensor, turn: number, p: Index, q: Index): Expr => this.read(from, turn, p, q);
    const body = (p: Index, q: Index): Expr =>
      this.value(choice, read(a, choice.turn[0], p, q), read(z, choice.turn[1], p, q), p);
    const below = s.b.nonnegative(s.b.minus(i, j));
    // The next element-wise line is where a reduction was taken from.
    if (choice.kind === "map" && this.last) (this.last.tensor as { hoistedFrom?: Tensor }).hoistedFrom = t;
    switch (choice.kind) {
      case "map":
        s.equation(t, [i, j], body(i, j));
        break;
      case "row":
        this.last = s.equation(t, [i], body(i, j), {
          reduced: [j],
          where: choice.turn[0] === 1 ? [below] : [],
        });
        break;
      case "column":
        s.equation(t, [j], body(i, j), { reduced: [i] });
        break;
      case "best":
        s.equation(t, [i], body(i, j), { reducer: "max", reduced: [j] });
        break;
      case "product":
        s.equation(t, [i, j], s.b.mul(read(a, 0, i, k), read(z, 0, k, j)), { reduced: [k] });
        break;
      case "add":
        s.equation(t, [i, j], body(i, j), { where: [below], accumulate: true });
        s.equation(t, [j, i], read(z, choice.turn[1], i, j), { accumulate: true });
        break;
      case "part":
        s.equation(t, [0, j], s.read(a, 1, j));
        s.equation(t, [s.b.plus(i, 1), j], s.b.add(s.read(t, 0, j), s.read(z, i, j)), {
          indices: [i],
          where: [s.b.nonnegative(s.b.minus(1, i))],
        });
        break;
      case "view":
        s.reshape(t, a);
        break;
    }
    (square ? this.squares : this.rows).push(t);
    if (choice.kept) this.results.push(t);
  }

  /** A square tensor at its place, across, or one row further where there is one; or a row broadcast. */
  private read(from: Tensor, turn: number, i: Index, j: Index): Expr {
    const { s } = this;
    if (turn === 1) return s.read(from, j, i);
    if (turn === 2) return s.read(this.rows.at(-1)!, i);
    if (turn === 0) return s.read(from, i, j);
    const next: Affine = s.b.plus(i, 1);
    return s.b.select(s.b.nonnegative(s.b.minus(size - 1, next)), s.read(from, next, j), s.b.number(0.5));
  }

  private value(choice: Choice, x: Expr, y: Expr, i: Index): Expr {
    const { b } = this.s;
    if (choice.atom === "mul") return b.mul(b.mul(x, y), b.sub(x, y));
    if (choice.atom === "div") return b.div(x, b.add(b.number(9), b.mul(y, y)));
    if (choice.atom === "guard") return b.select(b.nonnegative(b.minus(i, 1)), b.apply("tanh", [x]), y);
    return b.add(b.apply(choice.atom, [b.apply("tanh", [x])]), y);
  }
}

export const statements = fc.array(statement, { minLength: 1, maxLength: 9 });

/** The scene of such statements, and what it keeps. */
export function generate(choices: readonly Choice[]): {
  readonly s: Scene;
  readonly results: readonly Tensor[];
} {
  const g = new Generator();
  choices.forEach((c, at) => g.add(c, at));
  return g;
}
