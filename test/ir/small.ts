import type {
  Affine,
  Dim,
  Equation,
  Expr,
  Index,
  Origin,
  Role,
  ScalarType,
  Span,
  Tensor,
} from "../../src/ir/types.ts";
import { Builder } from "../../src/ir/builder.ts";

/** Makes small statements for tests, with as few words as possible. */
export class Small {
  readonly b = new Builder();
  readonly span: Span = { file: "test.nn", start: 0, end: 0 };
  readonly origin: Origin = { span: this.span, name: "test" };

  index(name: string, extent: Affine | Dim | number): Index {
    return this.b.index(name, this.b.toAffine(extent));
  }

  tensor(
    name: string,
    shape: readonly (Affine | Dim | number)[],
    role: Role = "definition",
    type: ScalarType = "f32",
    below?: Affine | Dim | number,
  ): Tensor {
    const bound = below === undefined ? {} : { below: this.b.toAffine(below) };
    return this.b.tensor({
      name,
      type,
      shape: shape.map((s) => this.b.toAffine(s)),
      role,
      span: this.span,
      ...bound,
    });
  }

  /** An expression that is known to be an integer. */
  integer(e: Expr): Affine {
    if (e.kind !== "affine") throw new Error("not an integer");
    return e;
  }

  equation(
    tensor: Tensor,
    indices: readonly Index[],
    target: readonly (Expr | Index | number)[],
    body: Expr,
    more: Partial<Pick<Equation, "accumulate" | "reducer" | "reduced" | "where">> = {},
  ): Equation {
    const subscripts = target.map((t) => {
      if (typeof t === "number" || t.kind === "index" || t.kind === "affine") return this.b.toAffine(t);
      throw new Error("a subscript is an integer");
    });
    return this.b.equation({
      tensor,
      indices,
      target: subscripts,
      body,
      accumulate: false,
      reducer: null,
      reduced: [],
      where: [],
      origin: this.origin,
      ...more,
    });
  }
}
