/** A tree as text with every bracket written, so that tests can say what was read. */
import type {
  Argument,
  Expression,
  GroupSyntax,
  LeftSubscript,
  PackSyntax,
  Parameter,
  Statement,
  TypeSyntax,
} from "../../src/parser/syntax.ts";

const list = <T>(items: readonly T[], show: (item: T) => string): string => items.map(show).join(", ");

export function show(e: Expression): string {
  switch (e.kind) {
    case "number":
      return e.integer ? `${e.value}` : `${e.value}r`;
    case "boolean":
      return `${e.value}`;
    case "name":
      return e.name;
    case "unary":
      return `(${e.operator} ${show(e.operand)})`;
    case "binary":
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`;
    case "if":
      return `(if ${show(e.condition)} then ${show(e.chosen)} else ${show(e.otherwise)})`;
    case "call": {
      const called = `${show(e.callee)}${e.bare ? "" : `(${showArguments(e.arguments)})`}`;
      return e.piped === undefined ? called : `(${show(e.piped)} |> ${called})`;
    }
    case "subscript":
      return `${show(e.target)}[${list(e.subscripts, (s) => (s.kind === "at" ? show(s.value) : s.kind === "slice" ? ":" : `...${s.name.text}`))}]`;
    case "else":
      return `(${show(e.read)} else ${show(e.otherwise)})`;
    case "reduce":
      return `(${e.reducer}[${list(e.indices, (i) => `${i.rest ? "..." : ""}${i.name.text}${below(i.below)}`)}] ${show(e.body)})`;
    case "error":
      return "<error>";
  }
}

const below = (e: Expression | undefined): string => (e === undefined ? "" : ` < ${show(e)}`);
const showArguments = (found: readonly Argument[]): string =>
  list(found, (a) => (a.name ? `${a.name.text} = ` : "") + show(a.value));

const showPack = (p: PackSyntax): string => `...${p.name.text}${p.count ? `(${show(p.count)})` : ""}`;

export function showType(t: TypeSyntax): string {
  const extents =
    t.extents && `[${list(t.extents, (e) => (e.kind === "rest" ? showPack(e) : show(e.value)))}]`;
  return `${t.element}${extents ?? ""}${below(t.below)}`;
}

export const showParameters = (found: readonly Parameter[]): string =>
  list(
    found,
    (p) => p.name.text + (p.type ? `: ${showType(p.type)}` : "") + (p.default ? ` = ${show(p.default)}` : ""),
  );

const showLeft = (s: LeftSubscript): string =>
  s.kind === "rest" ? showPack(s) : s.kind === "index" ? s.name.text + below(s.below) : `@${show(s.value)}`;

const showGroup = (g: GroupSyntax): string =>
  ` for ${list(g.patterns, (p) => `"${p.text}"`)} (${showArguments(g.arguments)})`;

export function showStatement(s: Statement): string {
  switch (s.kind) {
    case "dim":
      return `dim ${s.name.text} ${s.relation} ${show(s.value)}`;
    case "input":
      return `input ${s.name.text}: ${showType(s.type)}`;
    case "param":
      return `param ${s.name.text}: ${showType(s.type)} ~ ${show(s.initialiser)}`;
    case "state":
      return `state ${s.name.text}${s.type ? `: ${showType(s.type)}` : ""} = ${show(s.value)}`;
    case "update":
      return `update ${s.name.text}${s.subscripts ? `[${list(s.subscripts, showLeft)}]` : ""} = ${show(s.value)}`;
    case "definition": {
      const left = s.subscripts ? `[${list(s.subscripts, showLeft)}]` : s.type ? `: ${showType(s.type)}` : "";
      return `${s.as ? `${s.as} ` : ""}${s.name.text}${left}${s.value ? ` = ${show(s.value)}` : ""}`;
    }
    case "typed":
      return `${s.name.text}: ${showType(s.type)}`;
    case "loss":
      return `loss ${show(s.value)}`;
    case "optimizer":
      return `optimizer ${s.name.text}(${showArguments(s.arguments)})${s.groups.map(showGroup).join("")}`;
    case "freeze":
      return `freeze ${list(s.patterns, (p) => `"${p.text}"`)}`;
    case "for":
      return `for ${s.variable.text} in ${show(s.from)}..${show(s.to)} { ${s.body.map(showStatement).join("; ")} }`;
    case "require":
      return `require ${show(s.condition)} else "${s.reason}"`;
    case "return":
      return `return ${show(s.value)}`;
  }
}
