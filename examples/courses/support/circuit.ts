/** A trace as a circuit: values above the wires, gradients below them, as courses draw it. */
import { tensorsRead } from "../../../src/ir/dependences.ts";
import { atoms } from "../../../src/ir/atoms.ts";
import type { Expr, Statement } from "../../../src/ir/types.ts";
import type { GraphEdge, GraphNode } from "./graph.ts";
import { drawGraph } from "./graph.ts";
import { figures } from "./text.ts";
import type { Trace } from "./trace.ts";

/** What a definition does, in a word: `+`, `exp`, `1/`, or its formula where it is more than one operation. */
function operation(body: Expr, formula: string): string {
  const simple = (a: Expr): boolean => a.kind === "constant" || a.kind === "read";
  if (body.kind !== "apply" || !body.args.every(simple)) return formula;
  const { formula: spelling } = atoms[body.atom];
  if (spelling.form === "call") return spelling.callee;
  if (spelling.form !== "infix" && spelling.form !== "prefix") return formula;
  const operator = spelling.operator === "·" ? "×" : spelling.operator;
  const given = body.args.map((a) => (a.kind === "constant" ? String(a.value) : ""));
  return spelling.form === "infix" ? given.join(operator) : operator;
}

const rightSide = (formula: string): string => formula.replace(/^.*? \+?= /, "");

/** Of a trace of scalars, or of small tensors whose values fit on a wire. */
export function circuit(t: Trace, title: string, digits = 4): string {
  const definitions = t.derived.forward.filter(
    (s): s is Exclude<Statement, { kind: "gradient" }> => s.kind !== "gradient",
  );
  const formulas = new Map(t.forward.map((s) => [s.tensor, rightSide(s.formula)]));
  const nodes = t.forward.map((s): GraphNode => {
    const statement = definitions.findLast((d) => d.tensor === s.tensor);
    if (!statement) return { id: s.name, lines: [s.name], form: "plain" };
    const formula = formulas.get(s.tensor)!;
    const doing = statement.kind === "equation" ? operation(statement.body, formula) : formula;
    return { id: s.name, lines: [doing], form: "round", note: s.name };
  });
  const value = (name: string): string => figures(t.value(name), digits);
  const known = new Set(nodes.map((n) => n.id));
  const wires = definitions.flatMap((s) =>
    [...new Set(tensorsRead(s))]
      .filter((r) => known.has(r.name))
      .map((r): GraphEdge => {
        const step = t.backward.find((b) => b.wrt === r && b.local.some((l) => l.of === s.tensor));
        const below = step && figures(step.contribution, digits);
        return {
          from: r.name,
          to: s.tensor.name,
          above: value(r.name),
          ...(below === undefined ? {} : { below }),
        };
      }),
  );
  const result: GraphNode = { id: "∂", lines: [t.of.name], form: "plain" };
  const last: GraphEdge = { from: t.of.name, to: "∂", above: value(t.of.name), below: "1" };
  const legend = [
    `Above a wire: the value. Below it, in bold: what flows back, the gradient of ${t.of.name}.`,
  ];
  return drawGraph({
    title,
    nodes: [...nodes, result],
    edges: [...wires, last],
    legend,
    gap: { column: 84, row: 74 },
  });
}
