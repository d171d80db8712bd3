/** A trace as text: a table for scalars, as a course draws a circuit, and a list for tensors. */
import { figure, figures, rows, table } from "./text.ts";
import type { BackwardStep, ForwardStep, Trace } from "./trace.ts";

/** The right side of a printed equation. */
const rightSide = (formula: string): string => formula.replace(/^.*? \+?= /, "");

/** node · formula · value, then gradient · chain rule · local gradient · value: for definitions that are scalars. */
export function traceTable(t: Trace, digits = 6): string {
  const of = t.of.name;
  const forward = table(
    ["node", "formula", "value"],
    t.forward.map((s) => [s.name, rightSide(s.formula), figures(s.values, digits)]),
  );
  // Where paths meet, each adds its part to the gradient.
  const meet = t.backward.some((s) => s.formula.includes(" += "));
  const backward = table(
    ["gradient", "chain rule", "last factor", ...(meet ? ["adds"] : []), "value"],
    t.backward.map((s) => [
      `∂${of}/∂${s.wrt.name}`,
      s.chain,
      s.local.map((l) => localText(l.formula, figures(l.values(), digits))).join(", "),
      ...(meet ? [figures(s.contribution, digits)] : []),
      figures(s.values, digits),
    ]),
  );
  return `${forward}\n\n${backward}`;
}

const localText = (formula: string, value: string): string =>
  formula === value ? value : `${formula} = ${value}`;

/** Every equation with its values below: for definitions of any shape. */
export function traceList(t: Trace, digits = 6): string {
  const given = t.forward.filter((s) => s.role !== "definition");
  const defined = t.forward.filter((s) => s.role === "definition");
  return [
    ...given.map((s) => block(`${s.name}${shapeOf(s)}`, s, digits)),
    ...defined.map((s) => block(s.formula, s, digits)),
    ...t.backward.map((s) => block(headOf(t, s), s, digits)),
  ].join("\n");
}

function headOf(t: Trace, s: BackwardStep): string {
  const trail = s.chain === "" ? "" : `∂${t.of.name}/∂${s.wrt.name} = ${s.chain}`;
  return trail === "" ? s.formula : `${s.formula}\n    ${trail}`;
}

const shapeOf = (s: ForwardStep): string => (s.shape.length === 0 ? "" : `: [${s.shape.join(", ")}]`);

/** The values of a vector stand in one line, those of a matrix in rows; larger ones are cut. */
function block(head: string, s: ForwardStep | BackwardStep, digits: number): string {
  const columns = s.shape.at(-1) ?? 1;
  const matrix = s.shape.length >= 2 && s.values.length <= 64 && columns <= 8;
  const values = matrix
    ? rows(s.values, columns, digits)
    : s.shape.length === 0
      ? figure(s.values[0] ?? NaN, digits)
      : figures(s.values, digits, 8);
  return `${head}\n${values.replace(/^/gm, "        ")}`;
}
