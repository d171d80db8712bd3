/**
 * A chain of operands, prefixes and operators becomes a tree by precedence, with explicit stacks: a chain may be
 * long, so nothing here recurses (Dijkstra's shunting-yard algorithm).
 */
import type { Span } from "../ir/types.ts";
import { binaryOperators, prefixPrecedence } from "./operators.ts";
import type { BinaryOperator, Expression, ReduceExpression } from "./syntax.ts";

export type Prefix =
  | { readonly kind: "unary"; readonly operator: "-" | "not"; readonly start: number }
  | {
      readonly kind: "reduce";
      readonly reducer: ReduceExpression["reducer"];
      readonly indices: ReduceExpression["indices"];
      readonly start: number;
    }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly chosen: Expression;
      readonly start: number;
    };

/** An expression and the text it takes, its parentheses included. */
export interface Operand {
  readonly prefixes: readonly Prefix[];
  readonly value: Expression;
  readonly start: number;
  readonly end: number;
}

export interface Infix {
  readonly kind: "infix";
  readonly operator: BinaryOperator;
  readonly span: Span;
}

/** What the assembly asks of the parser: node construction within the limits, and a place for mistakes. */
export interface Assembly {
  readonly file: string;
  /** The node, or an error in its place when the tree grows too high. */
  grow(node: Expression, ...children: readonly Expression[]): Expression;
  chained(operator: Infix, earlier: Infix): void;
}

interface Built {
  readonly value: Expression;
  readonly start: number;
  readonly end: number;
}

const precedenceOf = (item: Prefix | Infix): number => {
  if (item.kind === "infix") return binaryOperators[item.operator].precedence;
  return prefixPrecedence[item.kind === "unary" ? item.operator : item.kind];
};

/** Whether the operator `waiting` takes its operands before `next` does. */
function yields(waiting: Prefix | Infix, next: Infix): boolean {
  const difference = precedenceOf(waiting) - precedenceOf(next);
  return difference > 0 || (difference === 0 && binaryOperators[next.operator].associativity !== "right");
}

export function assemble(
  assembly: Assembly,
  first: Operand,
  rest: readonly { readonly infix: Infix; readonly operand: Operand }[],
): Expression {
  const waiting: (Prefix | Infix)[] = [];
  const built: Built[] = [];
  const push = (operand: Operand): void => {
    waiting.push(...operand.prefixes);
    built.push(operand);
  };
  const reduce = (): void => {
    const item = waiting.pop()!;
    const right = built.pop()!;
    built.push(
      item.kind === "infix" ? joined(assembly, item, built.pop()!, right) : prefixed(assembly, item, right),
    );
  };
  push(first);
  for (const { infix, operand } of rest) {
    while (waiting.length > 0 && yields(waiting[waiting.length - 1]!, infix)) {
      const top = waiting[waiting.length - 1]!;
      const chained = top.kind === "infix" && isChain(top, infix) && built.at(-1)!.value.kind !== "error";
      if (chained) assembly.chained(infix, top);
      reduce();
      if (chained) built.push(mistaken(built.pop()!));
    }
    waiting.push(infix);
    push(operand);
  }
  while (waiting.length > 0) reduce();
  return built[0]!.value;
}

function isChain(earlier: Infix, later: Infix): boolean {
  const { precedence, associativity } = binaryOperators[later.operator];
  return associativity === "none" && binaryOperators[earlier.operator].precedence === precedence;
}

/** What is reported already; what is made of it is no further mistake. */
function mistaken({ value, start, end }: Built): Built {
  return { value: { kind: "error", span: value.span }, start, end };
}

function joined(assembly: Assembly, infix: Infix, left: Built, right: Built): Built {
  const span = { file: assembly.file, start: left.start, end: right.end };
  const value: Expression = {
    kind: "binary",
    operator: infix.operator,
    left: left.value,
    right: right.value,
    operatorSpan: infix.span,
    span,
  };
  return { value: assembly.grow(value, left.value, right.value), start: span.start, end: span.end };
}

function prefixed(assembly: Assembly, prefix: Prefix, { value: operand, end }: Built): Built {
  const span = { file: assembly.file, start: prefix.start, end };
  return { value: grown(assembly, prefix, operand, span), start: prefix.start, end };
}

function grown(assembly: Assembly, prefix: Prefix, operand: Expression, span: Span): Expression {
  switch (prefix.kind) {
    case "unary":
      return assembly.grow({ kind: "unary", operator: prefix.operator, operand, span }, operand);
    case "reduce": {
      const { reducer, indices } = prefix;
      const bounds = indices.flatMap((index) => index.below ?? []);
      return assembly.grow({ kind: "reduce", reducer, indices, body: operand, span }, operand, ...bounds);
    }
    case "if": {
      const { condition, chosen } = prefix;
      const value: Expression = { kind: "if", condition, chosen, otherwise: operand, span };
      return assembly.grow(value, condition, chosen, operand);
    }
  }
}
