/**
 * Lines that are too long, broken as prettier breaks them. A line is a statement or the head of one, as the printers
 * write it; what stands on it moves, and nothing else.
 */
import type { Document } from "./layout-document.ts";
import { enclosed, group, indent, layOut, line, onlyBroken, softline } from "./layout-document.ts";
import type { Place } from "./layout-expressions.ts";
import { assigned, hasElement, isNegatedLogic, print } from "./layout-expressions.ts";
import type { Node } from "./layout-syntax.ts";
import { Reader, tokensOf, UnknownSyntax } from "./layout-syntax.ts";

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

/** `function name<T>(a: string, b: number): number {`, a method, or the declaration of one. */
function functionHead(code: string): Document | undefined {
  const open = code.indexOf("(");
  const name = code.slice(0, open);
  if (open < 0 || !/^(?:\w+ )*[\w$#]+(?:<[^()]*>)?$/.test(name) || !/[{;]$/.test(code)) return undefined;
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

/** `const name`, `const { some, names }`, or a field with its type, before ` = `. */
const declaration =
  /^((?:const|let) (?:[\p{ID_Continue}$]+|\{ [^{}]* \})|(?:readonly )?[\p{ID_Continue}$]+: [\p{ID_Continue}$]+) = /u;

/** `left = right;`, `left: right,` in an object, or an expression alone. */
function assignment(code: string): Document {
  const [, body = "", close = ""] = /^(.*?)([;,]?)$/s.exec(code)!;
  const [, declared] = declaration.exec(body) ?? [];
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

function printed(code: string, place: Place): Document {
  return print(read(code), place);
}

function read(code: string): Node {
  const reader = new Reader(tokensOf(code));
  const node = reader.expression();
  if (!reader.isDone) throw new UnknownSyntax(`\`${reader.next}\` follows the expression`);
  return node;
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
