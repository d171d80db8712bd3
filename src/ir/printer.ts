/** Prints the graph for readers: formulas as a textbook writes them. */
import { FormulaPrinter } from "./printer-formula.ts";
import type { Affine, Equation, Expr, Graph, Override, Statement, Tensor } from "./types.ts";

const scalarNames = { f32: "", i32: "int", bool: "bool" } as const;

/** `x[b, k]·W[k, j] + 1`. */
export function printExpr(e: Expr): string {
  const printer = new FormulaPrinter([e], []);
  return withParts(printer.expr(e), printer);
}

/** `2·i + u - 1`. */
export function printAffine(form: Affine): string {
  return printExpr(form);
}

/** `[batch, 64]`. */
export function printShape(shape: readonly Affine[]): string {
  return `[${shape.map(printAffine).join(", ")}]`;
}

/** `label: int[batch] < 10`. */
export function printTensor(tensor: Tensor): string {
  const bound = tensor.below ? ` < ${printAffine(tensor.below)}` : "";
  return `${tensor.name}: ${scalarNames[tensor.type]}${printShape(tensor.shape)}${bound}`;
}

/** `z[b, j] = Σ_k x[b, k]·W[k, j]`; several lines where parts are named, and for an override. */
export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case "equation":
      return printEquation(statement);
    case "reshape":
      return `${statement.tensor.name} = reshape ${statement.source.name} to ${printShape(statement.tensor.shape)}`;
    case "gradient":
      return `${names(statement.results)} = gradient of ${statement.of.name} by ${names(statement.wrt)}`;
    case "override":
      return printOverride(statement);
  }
}

/** The statements of a graph, each tensor with its shape above its first one. */
export function printGraph(graph: Graph): string {
  const declared = new Set<Tensor>();
  const lines = [`graph ${graph.name} → ${names(graph.results)}`];
  for (const statement of graph.statements) {
    const targets = statement.kind === "gradient" ? statement.results : [statement.tensor];
    for (const tensor of targets) {
      if (!declared.has(tensor)) lines.push(`  ${printTensor(tensor)}`);
      declared.add(tensor);
    }
    lines.push(indent(printStatement(statement), 4));
  }
  return `${lines.join("\n")}\n`;
}

function printEquation(e: Equation): string {
  const printer = new FormulaPrinter([...e.target, ...e.where, e.body], [...e.indices, ...e.reduced]);
  const subscripts = e.target.map((t) => printer.expr(t)).join(", ");
  const left = e.target.length === 0 ? e.tensor.name : `${e.tensor.name}[${subscripts}]`;
  const right = e.reducer ? printer.reduce(e.reducer, e.reduced, e.where, e.body) : printer.expr(e.body);
  const guard = !e.reducer && e.where.length > 0 ? ` where ${printer.conditions(e.where)}` : "";
  const text = `${left} ${e.accumulate ? "+=" : "="} ${right}${guard}${printRanges(e, printer)}`;
  return withParts(text, printer);
}

/** ` for t, i < 3`: the indices that the left side does not show, and those that do not run over a whole dimension. */
function printRanges(e: Equation, printer: FormulaPrinter): string {
  const shown = new Map<unknown, Affine>();
  e.target.forEach((t, d) => {
    const [term, ...more] = t.terms;
    if (t.constant === 0 && term?.factor === 1 && more.length === 0) shown.set(term.atom, e.tensor.shape[d]!);
  });
  const ranges = e.indices
    .filter((i) => shown.get(i) !== i.extent)
    .map((i) => `${printer.index(i)} < ${printAffine(i.extent)}`);
  return ranges.length > 0 ? ` for ${ranges.join(", ")}` : "";
}

function printOverride(o: Override): string {
  const gradients = o.gradients.map((g) => `${g.result.name} to ${g.wrt.name}`).join(", ");
  const inside = o.equations.map((s) => indent(printStatement(s), 2));
  return [
    `${o.tensor.name} = ${o.source.name} with gradient(${o.upstream.name}) → ${gradients}`,
    ...inside,
  ].join("\n");
}

function withParts(text: string, printer: FormulaPrinter): string {
  return [text, ...printer.parts.map((p) => `  where ${p}`)].join("\n");
}

function names(tensors: readonly Tensor[]): string {
  return tensors.map((t) => t.name).join(", ");
}

function indent(text: string, spaces: number): string {
  return text.replace(/^/gm, " ".repeat(spaces));
}
