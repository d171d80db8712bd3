/**
 * Lines that are too long, broken as prettier breaks them. A line is a statement or the head of one, as the printers
 * write it; what stands on it moves, and nothing else.
 */
import type { Document } from "./layout-document.ts";
import {
  enclosed,
  follows,
  group,
  indent,
  layOut,
  line,
  onlyBroken,
  onlyFlat,
  softline,
} from "./layout-document.ts";
import type { Node } from "./layout-syntax.ts";
import { bindingOf, Reader, tokensOf, UnknownSyntax } from "./layout-syntax.ts";

/** Comments, and what fits, stay as they are. */
export function brokenLines(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const code = text.trimStart();
  if (/^(\/[/*]|\*)/.test(code)) return [text];
  try {
    return layOut(statement(code), text.length - code.length, width);
  } catch (error) {
    if (error instanceof UnknownSyntax) return [text];
    throw error;
  }
}

/** A statement, with what closes its line: `;`, `,`, ` {`. */
function statement(code: string): Document {
  const [, start = "", keyword] = /^((?:\} else )?(if|while|for|return|throw)\b ?)?/.exec(code)!;
  const rest = code.slice(start.length);
  switch (keyword) {
    case "if":
    case "while": {
      const [inside, after] = bracketed(rest);
      const test = read(inside);
      const condition = print(test, "test");
      const own = isNegatedLogic(test) ? condition : group(indent(softline, condition), softline);
      return group(start, "(", own, ")", clause(after));
    }
    case "for":
      return loop(start, rest);
    case "return":
    case "throw":
      return [start, returned(rest.replace(/;$/, "")), ";"];
    default:
      return functionHead(code) ?? declaredObject(code) ?? assignment(code);
  }
}

function loop(start: string, code: string): Document {
  const [inside, after] = bracketed(code);
  const [, variable, values] = /^(\w+ [\w$]+ of )(.*)$/s.exec(inside) ?? [];
  if (variable !== undefined && values !== undefined)
    return group(start, "(", variable, printed(values, "argument"), ")", clause(after));
  const [first, ...more] = split(inside, ";").map(declarations);
  const parts = more.flatMap((part) => [";", line, part]);
  return group(start, "(", group(indent(softline, first ?? "", ...parts), softline), ")", clause(after));
}

/** `let i = 0, end = n` */
function declarations(code: string): Document {
  const [first, ...more] = split(code, ",").map((part) => assignment(part.trim()));
  return [first ?? "", indent(...more.flatMap((part) => [",", line, part]))];
}

/** What follows the head of an `if` or a loop: a block that goes on below, or a statement. */
function clause(after: string): Document {
  const code = after.trimStart();
  return code === "{" ? " {" : indent(line, statement(code));
}

function returned(code: string): Document {
  const node = read(code);
  const value = print(node, "return");
  if (node.kind !== "binary") return value;
  return group(onlyBroken("("), indent(softline, value), softline, onlyBroken(")"));
}

/** `function name(a: string, b: number): number {`, a method, or the declaration of one. */
function functionHead(code: string): Document | undefined {
  const open = code.indexOf("(");
  const name = code.slice(0, open);
  if (open < 0 || !/^(?:\w+ )*[\w$#]+$/.test(name) || !/[{;]$/.test(code)) return undefined;
  const [inside, after] = bracketed(code.slice(open));
  const parameters = split(inside, ",").map((p) => p.trim());
  const isHead = /^(: .*)?( \{|;)$/.test(after) && parameters.every((p) => /^[\w$]+\??(: .*)?$/.test(p));
  return isHead ? group(name, enclosed("(", parameters, ",", ")"), after) : undefined;
}

/** `field: { a: number; b: number }`, with what follows on the line. */
function declaredObject(code: string): Document | undefined {
  const [, head, inside, after] = /^([\w $#]+: )\{ ([^{}]*) \}(;| = \{)$/.exec(code) ?? [];
  if (head === undefined || inside === undefined || after === undefined) return undefined;
  const members = split(inside, ";").map((m) => m.trim());
  return [head, enclosed("{", members, ";", "}", line), after];
}

/** `left = right;`, `left: right,` in an object, or an expression alone. */
function assignment(code: string): Document {
  const [, body = "", close = ""] = /^(.*?)([;,]?)$/s.exec(code)!;
  const [, declared] = /^((?:const|let) (?:[\w$]+|\{ [^{}]* \})) = /.exec(body) ?? [];
  if (declared !== undefined)
    return [assigned(declared, " =", read(body.slice(declared.length + 3)), false), close];
  const reader = new Reader(tokensOf(body));
  const left = reader.expression();
  const operator = reader.next;
  if (operator === undefined) return [print(left, "statement"), close];
  if (!/^[-+*/]?=$|^:$/.test(operator)) throw new UnknownSyntax(`\`${operator}\` is no assignment`);
  reader.take();
  const right = reader.expression();
  if (!reader.isDone) throw new UnknownSyntax(`\`${reader.next}\` follows the expression`);
  const spaced = operator === ":" ? ":" : ` ${operator}`;
  return [assigned(print(left, "statement"), spaced, right, hasElement(left)), close];
}

/** Where prettier breaks an assignment: after the operator, or within the right side. */
function assigned(left: Document, operator: string, right: Node, breaksLeft: boolean): Document {
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
function hasElement(node: Node): boolean {
  if (node.kind === "element") return !(node.index.kind === "text" && /^\d/.test(node.index.text));
  return node.kind === "member" && hasElement(node.object);
}

// --------------------------------------------------------------------------------------------------------- expressions

/** Where an expression stands decides who indents it. */
type Place =
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

function printed(code: string, place: Place): Document {
  return print(read(code), place);
}

function read(code: string): Node {
  const reader = new Reader(tokensOf(code));
  const node = reader.expression();
  if (!reader.isDone) throw new UnknownSyntax(`\`${reader.next}\` follows the expression`);
  return node;
}

function print(node: Node, place: Place): Document {
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
function isNegatedLogic(node: Node): boolean {
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

/** What stands in the brackets that `code` starts with, and what follows them. */
function bracketed(code: string): [inside: string, after: string] {
  const close = closing(code);
  return [code.slice(1, close), code.slice(close + 1)];
}

function closing(code: string): number {
  const at = scan(code, (depth) => depth === 0).next().value;
  if (at === undefined) throw new UnknownSyntax("a bracket stays open");
  return at;
}

/** The parts between separators that stand in no bracket. */
function split(code: string, separator: string): string[] {
  if (code === "") return [];
  const cuts = [...scan(code, (depth, character) => depth === 0 && character === separator)];
  return [...cuts, code.length].map((cut, i) => code.slice(i === 0 ? 0 : cuts[i - 1]! + 1, cut));
}

/** The places outside strings where `found` holds, given the number of brackets open after the character. */
function* scan(code: string, found: (depth: number, character: string) => boolean): Generator<number> {
  let depth = 0;
  for (const match of code.matchAll(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`| [<>]+=? |=>|[^]/g)) {
    const [character] = match;
    if ("([{<".includes(character)) depth++;
    if (")]}>".includes(character)) depth--;
    if (found(depth, character)) yield match.index;
  }
}
