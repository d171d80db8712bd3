/** A document as a LaTeX file that compiles by itself: `article`, with amsmath, amssymb, cancel and graphicx. */
import { precedence } from "../ir/atoms.ts";
import type { Block, Document, Inline, LayeredName, Row } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { bindingOf, operandsOf } from "./formula.ts";
import type { FormulaPrinter } from "./latex-lines.ts";
import { linesOf, piecesOf } from "./latex-lines.ts";
import { pageWidth, widthOf } from "./latex-width.ts";
import { greek, prose, words } from "./latex-words.ts";
import { numberText } from "./text.ts";

export function toLatex(document: Document): string {
  const writer = new LatexWriter(document.names);
  return [
    "% Compile with pdflatex, or with xelatex or lualatex where names hold other scripts.",
    "\\documentclass{article}",
    "\\usepackage{amsmath,amssymb,cancel,graphicx}",
    "\\usepackage[T1]{fontenc}",
    "\\usepackage[margin=2.5cm]{geometry}",
    "\\allowdisplaybreaks",
    "\\setlength{\\parindent}{0pt}",
    "\\begin{document}",
    "\\raggedright",
    `\\section*{${prose(document.title)}}`,
    ...(document.subtitle === "" ? [] : [prose(document.subtitle), ""]),
    ...document.blocks.flatMap((b) => writer.block(b)),
    "\\end{document}",
    "",
  ].join("\n");
}

/** The parts of a row, as LaTeX. */
interface RowText {
  readonly left: string;
  readonly relation: string;
  readonly right: string;
  readonly where: readonly string[];
  readonly note: string;
}

class LatexWriter implements FormulaPrinter {
  private readonly names: ReadonlyMap<Ref, LayeredName>;

  constructor(names: ReadonlyMap<Ref, LayeredName>) {
    this.names = names;
  }

  block(b: Block): string[] {
    switch (b.kind) {
      case "heading":
        return [`\\subsection*{${prose(b.text)}}`];
      case "paragraph":
        return [this.inline(b.content), ""];
      case "rows":
        return this.rows(b.rows);
      case "table":
        return [
          // A table that is wider than the page is made as small as it has to be.
          "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%",
          `\\begin{tabular}{${"l".repeat(b.head.length)}}`,
          `${b.head.map(words).join(" & ")} \\\\ \\hline`,
          ...b.rows.map((r) => `${r.cells.map((c) => this.inline(c)).join(" & ")} \\\\`),
          "\\end{tabular}}",
          "",
        ];
      case "section":
        return [`\\medskip\\textbf{${this.inline(b.title)}}`, "", ...b.blocks.flatMap((x) => this.block(x))];
      case "fold":
        return [prose(b.summary), "", ...b.blocks.flatMap((x) => this.block(x))];
      case "code":
        return [
          "\\begin{quote}\\ttfamily\\small\\raggedright",
          ...b.lines.map((l) => `${words(l.text).replace(/^ +/, (s) => "~".repeat(s.length))}\\\\`),
          "\\end{quote}",
        ];
    }
  }

  private inline(content: readonly Inline[]): string {
    return content
      .map((x) =>
        typeof x === "string" ? prose(x) : "formula" in x ? `$${this.inText(x.formula)}$` : prose(x.text),
      )
      .join("");
  }

  /** Aligned at the relation; what is wider than the page is broken, with its note in a line of its own. */
  private rows(rows: readonly Row[]): string[] {
    if (rows.length === 0) return [];
    const parts = rows.map((r): RowText => {
      const where = [
        ...r.where.map((w) => piecesOf(w, this)),
        ...r.ranges.map((x) => [`${this.symbol(x.index)} < ${this.formula(x.below)}`]),
      ];
      return {
        left: r.left ? this.formula(r.left) : "",
        relation: r.relation === "+=" ? "\\mathrel{+}=" : r.relation,
        right: this.formula(r.right),
        where: where.flatMap(([first, ...more], n) => [
          `${n === 0 ? " \\quad\\text{where }" : " \\wedge"} ${first}`,
          ...more,
        ]),
        note: r.note === "" ? "" : `\\text{${words(r.note)}}`,
      };
    });
    const widest = (of: (r: RowText) => string): number => Math.max(...parts.map((r) => widthOf(of(r))));
    const left = widest((r) => r.left + r.relation);
    const right = widest((r) => r.right + r.where.join(""));
    const note = widest((r) => r.note);
    const isWide = left + right + (note > 0 ? note + 2 : 0) > pageWidth;
    const lines = parts.flatMap((r, n) =>
      isWide
        ? this.broken(rows[n]!, r, left)
        : [`${r.left} &${r.relation} ${r.right}${r.where.join("")}${r.note && ` &&${r.note}`}`],
    );
    return ["\\begin{align*}", lines.join(" \\\\\n"), "\\end{align*}"];
  }

  /** A row in lines; `column`: how wide what stands on the left of the relations is. */
  private broken({ left, right }: Row, r: RowText, column: number): string[] {
    const isLong = column > 0.4 * pageWidth;
    const room = pageWidth - (isLong ? 0 : column) - 1;
    const [first, ...more] = linesOf([...piecesOf(right, this), ...r.where], room - (isLong ? 2 : 0));
    const head =
      isLong && left
        ? [...linesOf(piecesOf(left, this), room).map((l) => `&${l}`), `&\\quad ${r.relation} ${first}`]
        : [`${r.left} &${r.relation} ${first}`];
    const lines = [...head, ...more.map((l) => `&\\qquad {}${l}`)];
    if (r.note === "") return lines;
    const last = `${lines.at(-1)!} \\qquad${r.note}`;
    if (widthOf(last) + (lines.length > 1 && !isLong ? column : 0) <= pageWidth)
      return [...lines.slice(0, -1), last];
    return [
      ...lines,
      `&\\qquad\\parbox{${Math.floor(room - 2)}em}{\\raggedright ${r.note.slice("\\text{".length, -1)}}`,
    ];
  }

  /** A formula in a text: long ones may be broken. */
  private inText(f: Formula): string {
    return piecesOf(f, this).join("\\allowbreak ");
  }

  callee(f: Extract<Formula, { kind: "call" }>): string {
    return f.symbol ? this.symbol(f.symbol) : operator(f.callee);
  }

  reducer(f: Extract<Formula, { kind: "reduce" }>): string {
    const where = f.where.length > 0 ? ` : ${f.where.map((w) => this.formula(w)).join(" \\wedge ")}` : "";
    return `${reducers[f.reducer]}_{${f.indices.map((i) => this.symbol(i)).join(",")}${where}}`;
  }

  operator(name: string): string {
    return operators[name] ?? ` \\mathbin{\\text{${words(name)}}} `;
  }

  formula(f: Formula): string {
    const text = (x: Formula): string => this.formula(x);
    const within = (x: Formula, least: number): string =>
      bindingOf(x) < least ? parentheses(text(x)) : text(x);
    switch (f.kind) {
      case "number":
        return numberText(f.value)
          .replace("−", "-")
          .replace("∞", "\\infty")
          .replace(/e(.*)$/, "\\cdot 10^{$1}");
      case "name":
        return this.symbol(f.name);
      case "read": {
        const name = this.read(f.ref);
        return f.subscripts.length === 0 ? name : `${name}_{${f.subscripts.map(text).join(",")}}`;
      }
      case "infix": {
        if (f.operator === "/") return `\\frac{${text(f.operands[0]!)}}{${text(f.operands[1]!)}}`;
        const operands = operandsOf(f).map((o) => {
          const [open, shut] = o.formula.kind === "struck" ? ["\\cancel{", "}"] : ["", ""];
          const inner = text(o.formula.kind === "struck" ? o.formula.operand : o.formula);
          return open + (o.bracketed ? parentheses(inner) : inner) + shut;
        });
        if (f.operator === "^") return `{${operands[0]!}}^{${text(f.operands[1]!)}}`;
        return operands.join(this.operator(f.operator));
      }
      case "prefix":
        return `${f.operator === "−" ? "-" : "\\neg "}${within(f.operand, precedence.mul)}`;
      case "call":
        return `${this.callee(f)}\\left(${f.operands.map(text).join(", ")}\\right)`;
      case "choice":
        return `\\begin{cases} ${text(f.chosen)} & \\text{if } ${text(f.condition)} \\\\ ${text(f.otherwise)} & \\text{else} \\end{cases}`;
      case "bracket":
        return `\\left[${text(f.condition)}\\right]`;
      case "reduce":
        return `${this.reducer(f)} ${within(f.body, precedence.mul)}`;
      case "floor":
        return `\\left\\lfloor\\frac{${text(f.value)}}{${f.divisor}}\\right\\rfloor`;
      case "derivative":
        return `\\frac{\\partial ${text(f.of)}}{\\partial ${text(f.by)}}`;
      case "struck":
        return `\\cancel{${text(f.operand)}}`;
      case "transposed": {
        const inner = text(f.operand);
        return `${inner.includes("^") ? `(${inner})` : inner}^{\\top}`;
      }
    }
  }

  private read(ref: Ref): string {
    const layered = this.names.get(ref);
    return layered ? `${this.symbol(layered.base)}^{(${layered.layer})}` : this.symbol(ref);
  }

  /** A letter is italic, a word upright; no name is ever a command. */
  private symbol(name: string): string {
    const [, d, rest] = /^(d)(.+)$/.exec(name) ?? [];
    const hat = /^(.)\u0302$/u.exec(name.normalize("NFD"));
    if (hat) return `\\hat{${words(hat[1]!)}}`;
    if (greek[name] !== undefined) return greek[name];
    if (/^.$/u.test(name) && /^[A-Za-z0-9]$/.test(name)) return name;
    if (d !== undefined && rest !== undefined && [...rest.normalize("NFC")].length <= 2)
      return `\\mathrm{d}${this.symbol(rest)}`;
    const [, stem, digits] = /^([A-Za-z])(\d+)$/.exec(name) ?? [];
    if (stem !== undefined && digits !== undefined)
      return `${stem}_{${digits}}`.replace(/^(.)_\{(.*)\}$/, "\\mathit{$1$2}");
    const primes = /^([A-Za-z])(′+)$/u.exec(name);
    if (primes) return `${primes[1]!}${"'".repeat(primes[2]!.length)}`;
    return `\\text{${words(name)}}`;
  }
}

/** `tanh`, and its derivative `tanh′`. */
function operator(name: string): string {
  const [, stem, primes] = /^(.*?)(′*)$/u.exec(name)!;
  return `\\operatorname{${words(stem!)}}${"'".repeat(primes!.length)}`;
}

const parentheses = (text: string): string => `\\left(${text}\\right)`;

const operators: Readonly<Record<string, string>> = {
  "+": " + ",
  "−": " - ",
  "·": " \\cdot ",
  "⊙": " \\odot ",
  "": "\\,",
  "=": " = ",
  "<": " < ",
  ">": " > ",
  "≤": " \\le ",
  "≥": " \\ge ",
  "∧": " \\wedge ",
  "∨": " \\vee ",
  mod: " \\bmod ",
};

const reducers: Readonly<Record<string, string>> = {
  sum: "\\sum",
  prod: "\\prod",
  max: "\\max",
  min: "\\min",
  argmax: "\\operatorname*{arg\\,max}",
  argmin: "\\operatorname*{arg\\,min}",
};
