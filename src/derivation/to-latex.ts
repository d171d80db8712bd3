/** A document as a LaTeX file that compiles by itself: `article`, with amsmath, amssymb, cancel and graphicx. */
import { precedence } from "../ir/atoms.ts";
import type { Block, Document, Inline, LayeredName, Row } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { bindingOf, operandsOf } from "./formula.ts";
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
    "\\setlength{\\emergencystretch}{3em}",
    "\\begin{document}",
    `\\section*{${words(document.title)}}`,
    ...(document.subtitle === "" ? [] : [words(document.subtitle), ""]),
    ...document.blocks.flatMap((b) => writer.block(b)),
    "\\end{document}",
    "",
  ].join("\n");
}

class LatexWriter {
  private readonly names: ReadonlyMap<Ref, LayeredName>;

  constructor(names: ReadonlyMap<Ref, LayeredName>) {
    this.names = names;
  }

  block(b: Block): string[] {
    switch (b.kind) {
      case "heading":
        return [`\\subsection*{${words(b.text)}}`];
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
        return [words(b.summary), "", ...b.blocks.flatMap((x) => this.block(x))];
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
        typeof x === "string" ? words(x) : "formula" in x ? `$${this.formula(x.formula)}$` : words(x.text),
      )
      .join("");
  }

  private rows(rows: readonly Row[]): string[] {
    if (rows.length === 0) return [];
    const line = (r: Row): string => {
      const relation = r.relation === "+=" ? "\\mathrel{+}=" : r.relation;
      const where = [
        ...r.where.map((w) => this.formula(w)),
        ...r.ranges.map((x) => `${this.symbol(x.index)} < ${this.formula(x.below)}`),
      ];
      const guard = where.length > 0 ? ` \\quad\\text{where } ${where.join(" \\wedge ")}` : "";
      const note = r.note === "" ? "" : ` &&\\text{${words(r.note)}}`;
      return `${r.left ? this.formula(r.left) : ""} &${relation} ${this.formula(r.right)}${guard}${note}`;
    };
    return ["\\begin{align*}", rows.map(line).join(" \\\\\n"), "\\end{align*}"];
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
        return operands.join(operators[f.operator] ?? ` \\mathbin{\\text{${words(f.operator)}}} `);
      }
      case "prefix":
        return `${f.operator === "−" ? "-" : "\\neg "}${within(f.operand, precedence.mul)}`;
      case "call":
        return `${f.symbol ? this.symbol(f.symbol) : operator(f.callee)}\\left(${f.operands.map(text).join(", ")}\\right)`;
      case "choice":
        return `\\begin{cases} ${text(f.chosen)} & \\text{if } ${text(f.condition)} \\\\ ${text(f.otherwise)} & \\text{else} \\end{cases}`;
      case "bracket":
        return `\\left[${text(f.condition)}\\right]`;
      case "reduce": {
        const where = f.where.length > 0 ? ` : ${f.where.map(text).join(" \\wedge ")}` : "";
        return `${reducers[f.reducer]}_{${f.indices.map((i) => this.symbol(i)).join(",")}${where}} ${within(f.body, precedence.mul)}`;
      }
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

const greek: Readonly<Record<string, string>> = Object.fromEntries(
  "α:alpha β:beta γ:gamma δ:delta ε:epsilon ζ:zeta η:eta θ:theta ι:iota κ:kappa λ:lambda μ:mu ν:nu ξ:xi π:pi ρ:rho σ:sigma τ:tau υ:upsilon φ:phi χ:chi ψ:psi ω:omega Γ:Gamma Δ:Delta Θ:Theta Λ:Lambda Ξ:Xi Π:Pi Σ:Sigma Φ:Phi Ψ:Psi Ω:Omega"
    .split(" ")
    .flatMap((pair): [string, string][] => {
      const [letter, name] = pair.split(":") as [string, string];
      return [
        [letter, `\\${name}`],
        [`${letter}′`, `\\${name}'`],
      ];
    }),
);

/** Signs that a text font of LaTeX lacks. */
const signs: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "−": "$-$",
  "·": "$\\cdot$",
  "⊙": "$\\odot$",
  "∂": "$\\partial$",
  Σ: "$\\Sigma$",
  "≤": "$\\le$",
  "≥": "$\\ge$",
  "→": "$\\to$",
  "⊕": "$\\oplus$",
  "✓": "$\\checkmark$",
  "✗": "$\\times$",
  ℝ: "$\\mathbb{R}$",
  "∧": "$\\wedge$",
  "∨": "$\\vee$",
  "¬": "$\\neg$",
  "′": "$'$",
  ⁿ: "$^{n}$",
  ᵃ: "$^{a}$",
  "½": "$\\tfrac{1}{2}$",
  "√": "$\\surd$",
  "⌊": "$\\lfloor$",
  "⌋": "$\\rfloor$",
  "≠": "$\\ne$",
  "∞": "$\\infty$",
  Π: "$\\Pi$",
  "≈": "$\\approx$",
  "…": "\\ldots{}",
  "—": "---",
  ᵀ: "$^{\\top}$",
  ᴸ: "$^{L}$",
  ˡ: "$^{l}$",
  "⁺": "$^{+}$",
  "⁻": "$^{-}$",
  ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((c, i) => [c, `$^{${i}}$`])),
};

/** Text of the user's, without what LaTeX would act on. */
export function words(text: string): string {
  return [...text.normalize("NFC")]
    .map((c) => {
      const hat = /^(.)\u0302$/u.exec(c.normalize("NFD"));
      if (hat) return `$\\hat{${signs[hat[1]!] ?? hat[1]!}}$`;
      return signs[c] ?? (greek[c] === undefined ? c : `$${greek[c]}$`);
    })
    .join("")
    .replace(/\p{Cc}/gu, " ");
}
