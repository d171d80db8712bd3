/** Expressions and assignments as documents, with the places where prettier breaks them. */
import type { Document } from "./layout-document.ts";
import { enclosed, follows, group, indent, line, onlyFlat, softline } from "./layout-document.ts";
import type { Node } from "./layout-syntax.ts";
import { bindingOf } from "./layout-syntax.ts";

/** Where an expression stands decides who indents it. */
export type Place =
  | "statement"
  | "assignment"
  | "return"
  | "test"
  | "argument"
  | "called"
  | "conditional"
  | "chosen"
  | "otherwise"
  | "prefix"
  | "arithmetic"
  | "logic";

export function print(node: Node, place: Place): Document {
  switch (node.kind) {
    case "text":
      return node.text;
    case "parentheses":
      return ["(", print(node.inner, place), ")"];
    case "prefix":
      return [node.operator, print(node.operand, "prefix")];
    case "member":
      return [print(node.object, "argument"), node.name];
    case "element":
      return [print(node.object, "argument"), subscript(node.index)];
    case "call":
      return [print(node.callee, "argument"), called(node.arguments)];
    case "list":
      return list(node.open, node.items);
    case "property":
      return assigned(node.key, ":", node.value, false);
    case "conditional":
      return conditional(node, place);
    case "binary":
      return binary(node, place);
  }
}

/** Where prettier breaks an assignment: after the operator, or within the right side. */
export function assigned(left: Document, operator: string, right: Node, breaksLeft: boolean): Document {
  const value = print(right, "assignment");
  const test = right.kind === "conditional" ? right.test : right;
  if (test.kind === "binary" || isChain(right))
    return group(group(left), operator, group(indent(line, value)));
  if (breaksLeft || right.kind === "list" || isTemplate(right))
    return group(left, operator, " ", group(value));
  const gap = group(indent(line));
  return group(group(left), operator, gap, follows(gap, group(value)));
}

function isTemplate(node: Node): boolean {
  return node.kind === "text" && node.text.startsWith("`");
}

/** A string, or a path of members and elements, perhaps with a sign. */
function isChain(node: Node): boolean {
  if (node.kind === "prefix" && node.operator.length === 1) return isChain(node.operand);
  if (node.kind === "text") return node.text.startsWith('"');
  return (node.kind === "member" || node.kind === "element") && isPath(node.object);
}

function isPath(node: Node): boolean {
  return node.kind === "member" || node.kind === "element" ? isPath(node.object) : node.kind === "text";
}

/** Whether a subscript stands in a place, which can be broken. */
export function hasElement(node: Node): boolean {
  if (node.kind === "element") return !(node.index.kind === "text" && /^\d/.test(node.index.text));
  return node.kind === "member" && hasElement(node.object);
}

function subscript(index: Node): Document {
  if (index.kind === "text" && /^\d/.test(index.text)) return `[${index.text}]`;
  return group("[", indent(softline, print(index, "argument")), softline, "]");
}

function called(args: readonly Node[]): Document {
  const [only, more] = args;
  if (only === undefined) return "()";
  if (only.kind === "list" && more === undefined) return ["(", print(only, "argument"), ")"];
  return enclosed(
    "(",
    args.map((a) => print(a, "called")),
    ",",
    ")",
  );
}

function list(open: "[" | "{", items: readonly Node[]): Document {
  const close = open === "[" ? "]" : "}";
  if (items.length === 0) return open + close;
  const documents = items.map((i) => print(i, "argument"));
  return enclosed(open, documents, ",", close, open === "[" ? softline : line);
}

function conditional(node: Node & { kind: "conditional" }, place: Place): Document {
  const { test, chosen, otherwise } = node;
  const isNested = place === "chosen" || place === "otherwise";
  const inside = place === "called" || place === "return" ? "argument" : "conditional";
  const branch = (n: Node, nested: Place): Document =>
    n.kind === "conditional" ? print(n, nested) : indent(print(n, inside));
  // A conditional between `?` and `:` is in parentheses on one line only.
  const bareChosen = bare(chosen);
  const first =
    bareChosen.kind === "conditional"
      ? [onlyFlat("("), print(bareChosen, "chosen"), onlyFlat(")")]
      : branch(chosen, "chosen");
  const start = print(test, inside);
  const aligned = place === "otherwise" ? indent(indent(start)) : indent(start);
  const document = [
    isNested ? aligned : start,
    indent(line, "? ", first, line, ": ", branch(otherwise, "otherwise")),
  ];
  return isNested ? document : group(document);
}

/** Operators of one level stand in one list; the operands of others are groups of their own. */
function binary(node: Node & { kind: "binary" }, place: Place): Document {
  const inside = isLogical(node) ? "logic" : "arithmetic";
  // A pair that stands alone breaks only where its second half has no room.
  const isPair = [node.left, node.right]
    .map(bare)
    .every((n) => n.kind !== "binary" || isLogical(n) !== isLogical(node));
  const isOutermost = place !== inside && !(place === "test" && isLogical(node));
  const parts = operands(node, inside, isPair && isOutermost);
  if (place === "test") return parts;
  if (place === "prefix") return group(indent(softline, parts), softline);
  if (place === "assignment" || place === "return" || place === "conditional") return group(parts);
  const [first = "", ...rest] = parts;
  return group(first, indent(...rest));
}

function operands(node: Node & { kind: "binary" }, inside: Place, isAlone: boolean): Document[] {
  const { operator, left, right } = node;
  const joins = left.kind === "binary" && isFlattened(operator, left.operator);
  const before = joins ? operands(left, inside, false) : [print(left, inside)];
  const after: Document = [operator, line, print(right, inside)];
  return [...before, " ", isAlone ? group(after) : after];
}

function bare(node: Node): Node {
  return node.kind === "parentheses" ? bare(node.inner) : node;
}

/** `!(a && b)` */
export function isNegatedLogic(node: Node): boolean {
  if (node.kind !== "prefix" || node.operator !== "!") return false;
  const { operand } = node;
  return isLogical(bare(operand)) || isNegatedLogic(operand);
}

function isLogical(node: Node): boolean {
  return node.kind === "binary" && /^(&&|\|\||\?\?)$/.test(node.operator);
}

/** Whether `a ∘ b ∙ c` is one list, as prettier has it. */
function isFlattened(outer: string, inner: string): boolean {
  if (bindingOf(outer) !== bindingOf(inner)) return false;
  if (/^[=!]==?$|^<<$|^>>>?$/.test(outer)) return false;
  if (outer !== inner && /[%*/]/.test(outer)) return false;
  return true;
}
