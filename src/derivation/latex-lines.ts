/** Long formulas of LaTeX in lines of a page: broken at operators, behind commas, and where a condition or a choice begins. */
import { precedence } from "../ir/atoms.ts";
import type { Formula } from "./formula.ts";
import { bindingOf, operandsOf } from "./formula.ts";
import { pageWidth, widthOf } from "./latex-width.ts";

/** What is narrower is not broken. */
const narrow = 9;
/** A quotient or a case that is wider stands in a line. */
const wide = 0.8 * pageWidth;

/** How the parts of a formula that are not broken are printed. */
export interface FormulaPrinter {
  formula(f: Formula): string;
  /** What stands before the operands of a call. */
  callee(f: Extract<Formula, { kind: "call" }>): string;
  /** What stands before the body of a reduction. */
  reducer(f: Extract<Formula, { kind: "reduce" }>): string;
  operator(operator: string): string;
}

/** A formula in pieces, between which a line may end. No piece opens a group that another one shuts. */
export function piecesOf(f: Formula, printer: FormulaPrinter): string[] {
  const whole = printer.formula(f);
  const width = widthOf(whole);
  if (width <= narrow) return [whole];
  const pieces = (x: Formula): string[] => piecesOf(x, printer);
  const enclosed = (x: Formula, open = "\\bigl(", shut = "\\bigr)"): string[] =>
    between(open, pieces(x), shut);
  const within = (x: Formula, least: number): string[] => (bindingOf(x) < least ? enclosed(x) : pieces(x));
  switch (f.kind) {
    case "infix": {
      if (f.operator === "/") {
        if (width <= wide) return [whole];
        const [above, below] = f.operands.map((x) => enclosed(x));
        return [...above!, ...between(" / ", below!, "")];
      }
      if (f.operator === "^")
        return between("", enclosed(f.operands[0]!), `^{${printer.formula(f.operands[1]!)}}`);
      return operandsOf(f).flatMap((o, n) => {
        const own = o.bracketed ? enclosed(o.formula) : pieces(o.formula);
        return n === 0 ? own : between(printer.operator(f.operator), own, "");
      });
    }
    case "prefix":
      return between(f.operator === "−" ? "-" : "\\neg ", within(f.operand, precedence.mul), "");
    case "call": {
      const last = f.operands.length - 1;
      const operands = f.operands.flatMap((x, n) => between("", pieces(x), n < last ? ", " : ""));
      return between(`${printer.callee(f)}\\bigl(`, operands, "\\bigr)");
    }
    case "choice":
      if (width <= wide) return [whole];
      return [
        ...between("\\text{if } ", pieces(f.condition), ""),
        ...between("\\text{ then } ", pieces(f.chosen), ""),
        ...between("\\text{ else } ", pieces(f.otherwise), ""),
      ];
    case "bracket":
      return enclosed(f.condition, "\\bigl[", "\\bigr]");
    case "reduce":
      return between(`${printer.reducer(f)} `, within(f.body, precedence.mul), "");
    default:
      return [whole];
  }
}

function between(open: string, pieces: readonly string[], shut: string): string[] {
  const last = pieces.length - 1;
  return pieces.map((p, n) => `${n === 0 ? open : ""}${p}${n === last ? shut : ""}`);
}

/** Pieces in lines that are no wider than this, where each piece is not. */
export function linesOf(pieces: readonly string[], most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    if (line !== "" && widthOf(line + piece) > most) {
      lines.push(line);
      line = "";
    }
    line += piece;
  }
  return line === "" ? lines : [...lines, line];
}
