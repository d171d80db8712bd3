/** Walking kernel statements. */
import type { KernelStatement } from "./kernel.ts";
import type { Expr } from "./types.ts";

/** The expressions that a statement evaluates itself, not those of the blocks in it. */
export function ownExpressions(s: KernelStatement): readonly Expr[] {
  switch (s.kind) {
    case "loop":
      return [s.from, s.to];
    case "let":
    case "variable":
    case "assign":
      return [s.value];
    case "if":
      return [s.condition];
    case "store":
      return [...s.subscripts, s.value];
  }
}

/** The blocks inside a statement. */
export function blocksOf(s: KernelStatement): readonly (readonly KernelStatement[])[] {
  if (s.kind === "loop") return [s.body];
  if (s.kind === "if") return [s.body, s.otherwise];
  return [];
}

/** Every statement, outer before inner, in order. */
export function* statementsIn(block: readonly KernelStatement[]): Generator<KernelStatement> {
  for (const s of block) {
    yield s;
    for (const inner of blocksOf(s)) yield* statementsIn(inner);
  }
}

/** The expressions of every statement, in order. */
export function* expressionsIn(block: readonly KernelStatement[]): Generator<Expr> {
  for (const s of statementsIn(block)) yield* ownExpressions(s);
}

/** The same statement with its own expressions rewritten and its blocks replaced. */
export function mapStatement(
  s: KernelStatement,
  expression: (e: Expr) => Expr,
  block: (inner: readonly KernelStatement[]) => readonly KernelStatement[],
): KernelStatement {
  switch (s.kind) {
    case "loop":
      return {
        ...s,
        from: expression(s.from) as typeof s.from,
        to: expression(s.to) as typeof s.to,
        body: block(s.body),
      };
    case "let":
    case "variable":
    case "assign":
      return { ...s, value: expression(s.value) };
    case "if":
      return { ...s, condition: expression(s.condition), body: block(s.body), otherwise: block(s.otherwise) };
    case "store":
      return {
        ...s,
        subscripts: s.subscripts.map((e) => expression(e) as (typeof s.subscripts)[number]),
        value: expression(s.value),
      };
  }
}
