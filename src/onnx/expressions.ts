/** Scalar expressions, each for all loops at once: one node an atom. */
import { atoms } from "../ir/atoms.ts";
import type { Apply, Expr } from "../ir/types.ts";
import { apply, choose } from "./elementwise.ts";
import { elementTypeOf, elementTypes } from "./format.ts";
import { floorDivision, lowerCondition, lowerInteger } from "./integers.ts";
import { lowerRead } from "./reads.ts";
import type { Scope, Value } from "./scope.ts";
import { Unexportable } from "./scope.ts";

/** The scope of one statement: what it lowered once, it remembers. */
export function withMemory(scope: Omit<Scope, "lower">): Scope {
  const memory = new Map<Expr, Value>();
  const self: Scope = {
    ...scope,
    lower: (e) => {
      const known = memory.get(e);
      if (known) return known;
      const value = lowerExpression(e, self);
      memory.set(e, value);
      return value;
    },
  };
  return self;
}

function lowerExpression(e: Expr, scope: Scope): Value {
  switch (e.kind) {
    case "constant":
      return { axes: [], type: e.type, content: [e.value] };
    case "affine":
      return lowerInteger(e, scope);
    case "read":
      return lowerRead(e, scope);
    case "condition":
      return lowerCondition(e, scope);
    case "apply":
      return lowerApply(e, scope);
    case "reduce":
    case "local":
      throw new Error(`a ${e.kind} can't stand in the body of an equation`);
  }
}

function lowerApply(e: Apply, scope: Scope): Value {
  const { onnx } = atoms[e.atom];
  if (onnx.form === "expression") return scope.lower(onnx.of(scope.builder, e.args));
  if (onnx.form === "none") throw new Unexportable(`it needs \`${e.atom}\`, and ${onnx.because}`);
  const args = e.args.map((a) => scope.lower(a));
  const [a, b, c] = args as [Value, Value, Value];
  switch (onnx.form) {
    case "node":
      return apply(onnx.operator, args, e.type, scope);
    case "choice":
      return choose(a, b, c, scope);
    case "number":
      return apply("Cast", args, e.type, scope, { to: elementTypes[elementTypeOf[e.type]] });
    case "same":
      return a;
    case "floor division":
      return floorDivision(a, nonzero(b, scope), scope);
  }
}

/** A divisor that is 0 where nobody looks would still stop the program. */
function nonzero(divisor: Value, scope: Scope): Value {
  const one: Value = { axes: [], type: "i32", content: [1] };
  const zero: Value = { axes: [], type: "i32", content: [0] };
  return choose(apply("Equal", [divisor, zero], "bool", scope), one, divisor, scope);
}
