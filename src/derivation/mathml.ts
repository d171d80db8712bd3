/** Formulas as MathML, every read marked with the name of its tensor: `data-ref`. */
import { precedence } from "../ir/atoms.ts";
import type { LayeredName, Row } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { bindingOf, operandsOf, reducerSymbols } from "./formula.ts";
import { numberText, textOf } from "./text.ts";
import { layeredText } from "./names.ts";

/** Text that HTML shows as it is. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/\p{Cc}/gu, " ");
}

const mo = (operator: string, more = ""): string => `<mo${more}>${escapeHtml(operator)}</mo>`;
const row = (content: string): string => `<mrow>${content}</mrow>`;
/** As tall as what they hold, where that is taller than a line. */
const brackets = (open: string, content: string, close: string): string => {
  const fixed = /<mfrac|<munder|<mtable/.test(content) ? "" : ' stretchy="false"';
  return row(`${mo(open, fixed)}${content}${mo(close, fixed)}`);
};
const parentheses = (content: string): string => brackets("(", content, ")");

/** A browser that lacks `menclose` takes it for a row, to which the style sheet gives the stroke. */
const stroke = (content: string): string =>
  `<menclose notation="updiagonalstrike" class="struck">${content}</menclose>`;

export class MathWriter {
  private readonly names: ReadonlyMap<Ref, LayeredName>;

  constructor(names: ReadonlyMap<Ref, LayeredName>) {
    this.names = names;
  }

  /** A formula in a line of text. */
  inline(f: Formula): string {
    return `<math>${this.formula(f)}</math>`;
  }

  /** The two sides of a row, each a formula of its own, so that a table can align them. */
  right(r: Row): string {
    const conditions = [
      ...r.where.map((w) => this.formula(w)),
      ...r.ranges.map((x) => `${name(x.index)}${mo("<")}${this.formula(x.below)}`),
    ];
    const where = conditions.length > 0 ? `<mtext>&#8195;where </mtext>${conditions.join(mo("∧"))}` : "";
    return `<math displaystyle="true">${this.formula(r.right)}${where}</math>`;
  }

  text(f: Formula): string {
    return textOf(f, (ref) => layeredText(this.names, ref));
  }

  formula(f: Formula): string {
    const math = (x: Formula): string => this.formula(x);
    const within = (x: Formula, least: number): string =>
      bindingOf(x) < least ? parentheses(math(x)) : math(x);
    switch (f.kind) {
      case "number":
        return number(f.value);
      case "name":
        return name(f.name);
      case "read":
        return this.read(f);
      case "infix":
        return this.infix(f);
      case "prefix":
        return row(`${mo(f.operator, ' form="prefix"')}${within(f.operand, precedence.mul)}`);
      case "call":
        return row(
          `${name(f.symbol ?? f.callee)}${mo("\u2061")}${parentheses(f.operands.map(math).join(mo(",")))}`,
        );
      case "choice":
        return row(
          `${mo("{")}<mtable columnalign="left"><mtr><mtd>${math(f.chosen)}</mtd><mtd><mtext>if </mtext>${math(f.condition)}</mtd></mtr>` +
            `<mtr><mtd>${math(f.otherwise)}</mtd><mtd><mtext>else</mtext></mtd></mtr></mtable>`,
        );
      case "bracket":
        return brackets("[", math(f.condition), "]");
      case "reduce": {
        const where = f.where.length > 0 ? mo(":") + f.where.map(math).join(mo("∧")) : "";
        const below = row(f.indices.map(name).join(mo(",")) + where);
        const large = f.reducer === "sum" || f.reducer === "prod";
        const symbol = large ? mo(f.reducer === "sum" ? "∑" : "∏") : `<mi>${reducerSymbols[f.reducer]}</mi>`;
        return row(`<munder>${symbol}${below}</munder>${within(f.body, precedence.mul)}`);
      }
      case "floor":
        return row(`${mo("⌊")}<mfrac>${math(f.value)}${number(f.divisor)}</mfrac>${mo("⌋")}`);
      case "derivative":
        return `<mfrac>${row(`${mo("∂")}${math(f.of)}`)}${row(`${mo("∂")}${math(f.by)}`)}</mfrac>`;
      case "struck":
        return stroke(math(f.operand));
      case "transposed": {
        const inner = math(f.operand);
        return `<msup>${inner.includes("<msup") ? parentheses(inner) : inner}${mo("⊤")}</msup>`;
      }
    }
  }

  private infix(f: Extract<Formula, { kind: "infix" }>): string {
    if (f.operator === "/") return `<mfrac>${f.operands.map((o) => row(this.formula(o))).join("")}</mfrac>`;
    const operands = operandsOf(f).map((o) => {
      if (!o.bracketed) return this.formula(o.formula);
      if (o.formula.kind === "struck") return stroke(parentheses(this.formula(o.formula.operand)));
      return parentheses(this.formula(o.formula));
    });
    if (f.operator === "^") return `<msup>${row(operands[0]!)}${row(this.formula(f.operands[1]!))}</msup>`;
    const between = f.operator === "" ? mo("\u2062") : mo(f.operator);
    return row(operands.join(between));
  }

  private read(f: Extract<Formula, { kind: "read" }>): string {
    const layered = this.names.get(f.ref);
    const base = layered
      ? `<msup>${name(layered.base)}<mrow><mi>${escapeHtml(layered.layer)}</mi></mrow></msup>`
      : name(f.ref);
    const ref = ` data-ref="${escapeHtml(f.ref)}"`;
    if (f.subscripts.length === 0) return `<mrow${ref}>${base}</mrow>`;
    const below = row(f.subscripts.map((s) => this.formula(s)).join(mo(",", ' separator="true"')));
    return `<mrow${ref}><msub>${base}${below}</msub></mrow>`;
  }
}

/** A letter is italic, a word upright. */
function name(text: string): string {
  const single = /^.\p{M}*′*$/u.test(text);
  return `<mi${single ? "" : ' mathvariant="normal"'}>${escapeHtml(text)}</mi>`;
}

function number(value: number): string {
  const text = numberText(value);
  return text.startsWith("−")
    ? row(`${mo("−", ' form="prefix"')}<mn>${text.slice(1)}</mn>`)
    : `<mn>${text}</mn>`;
}
