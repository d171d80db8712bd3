/** Formulas and lines as text, as a textbook would type them. */
import { precedence } from "../ir/atoms.ts";
import type { Line } from "./derivation.ts";
import type { Formula } from "./formula.ts";
import { superscript } from "./superscript.ts";
import { bindingOf, operandsOf, reducerSymbols } from "./formula.ts";

/** What a printer calls tensors, where it is not what the source calls them. */
export type Naming = (ref: string) => string;

export const asWritten: Naming = (ref) => ref;

export function textOf(f: Formula, named: Naming = asWritten): string {
  const text = (x: Formula): string => textOf(x, named);
  const within = (x: Formula, least: number): string => (bindingOf(x) < least ? `(${text(x)})` : text(x));
  switch (f.kind) {
    case "number":
      return numberText(f.value);
    case "name":
      return f.name;
    case "read":
      return f.subscripts.length === 0
        ? named(f.ref)
        : `${named(f.ref)}[${f.subscripts.map(text).join(", ")}]`;
    case "infix": {
      const tight =
        f.binds >= precedence.mul &&
        !/[\p{L}⊙ ]/u.test(f.operator) &&
        !f.operands.some((o) => o.kind === "derivative");
      const power = powerOf(f);
      if (power !== undefined) return within(f.operands[0]!, precedence.primary) + power;
      const operands = operandsOf(f).map((o) => (o.bracketed ? `(${text(o.formula)})` : text(o.formula)));
      return operands.join(f.operator === "" ? " " : tight ? f.operator : ` ${f.operator} `);
    }
    case "prefix": {
      const inner = within(f.operand, precedence.mul);
      return inner.startsWith("−") ? `${f.operator}(${inner})` : f.operator + inner;
    }
    case "call":
      return `${f.symbol ?? f.callee}(${f.operands.map(text).join(", ")})`;
    case "choice":
      return `if ${within(f.condition, precedence.or)} then ${within(f.chosen, precedence.or)} else ${text(f.otherwise)}`;
    case "bracket":
      return `[${text(f.condition)}]`;
    case "reduce": {
      const where = f.where.map((w) => within(w, precedence.and)).join(" ∧ ");
      const below = f.indices.join(",") + (where === "" ? "" : ` : ${where}`);
      const subscript = /^.′*$/u.test(below) ? below : `{${below}}`;
      return `${reducerSymbols[f.reducer]}_${subscript} ${within(f.body, precedence.mul)}`;
    }
    case "floor":
      return `⌊${within(f.value, precedence.mul)}/${f.divisor}⌋`;
    case "derivative":
      return `∂${text(f.of)}/∂${text(f.by)}`;
    case "struck":
      return text(f.operand);
    case "transposed":
      return /[^\p{L}\p{N}_.]|[⁰¹²³⁴⁵⁶⁷⁸⁹ˡᴸ]/u.test(text(f.operand))
        ? `(${text(f.operand)})ᵀ`
        : `${text(f.operand)}ᵀ`;
  }
}

/** Small whole powers are raised: x². */
function powerOf(f: Extract<Formula, { kind: "infix" }>): string | undefined {
  const [, exponent] = f.operands;
  if (f.operator !== "^" || exponent?.kind !== "number" || !Number.isInteger(exponent.value))
    return undefined;
  return exponent.value >= 0 ? superscript(`${exponent.value}`) : undefined;
}

/** The right side of a line, with what restricts it. */
export function rightText(line: Line, named: Naming = asWritten): string {
  const text = (x: Formula): string => textOf(x, named);
  const where = line.where.map(text).join(" ∧ ");
  const ranges = line.ranges.map((r) => `${r.index} < ${text(r.below)}`).join(", ");
  return [
    text(line.right),
    where === "" ? "" : ` where ${where}`,
    ranges === "" ? "" : ` for ${ranges}`,
  ].join("");
}

export function lineText(line: Line, named: Naming = asWritten): string {
  return `${textOf(line.left, named)} ${line.accumulate ? "+=" : "="} ${rightText(line, named)}`;
}

/** Six digits; a simple fraction where it is one. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "−∞" : "∞";
  const inverse = Math.round(1 / value);
  const fraction = `${value}`.length > 6 && Math.abs(inverse) < 1e7 && Math.abs(inverse * value - 1) < 1e-12;
  const text = fraction ? `1/${Math.abs(inverse)}` : `${Math.abs(Number(value.toPrecision(6)))}`;
  return value < 0 ? `−${text}` : text;
}
