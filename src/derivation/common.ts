/** What the notations share: the verdict of the checks, the names of rules, links. */
import { struck } from "./cancelled.ts";
import { listed } from "./contributions.ts";
import type { Derivation, Line, Rewrite, Step } from "./derivation.ts";
import { checksOf } from "./derivation.ts";
import type { Block, Inline } from "./document.ts";
import { paragraph, scientific } from "./document.ts";
import type { Ref } from "./formula.ts";
import type { Naming } from "./text.ts";
import { asWritten, numberText, textOf } from "./text.ts";

/** What all comparisons together come to; ends every document. */
export function verdict(derivation: Derivation): Block[] {
  const checks = checksOf(derivation);
  const failed = checks.filter((c) => !c.check.passed);
  if (failed.length > 0)
    return [
      { kind: "heading", text: "This derivation does not hold" },
      ...failed.map(({ ref, check }) =>
        paragraph([`✗ ${ref}: ${check.what} differ by ${scientific(check.difference)}`], "bad"),
      ),
    ];
  const cells = checks.reduce((n, c) => n + c.check.cells, 0);
  const worst = Math.max(0, ...checks.map((c) => c.check.difference));
  const left =
    "Left out: what the source says for single points, such as 0·log 0 = 0; the module keeps to it.";
  return [
    ...(derivation.leavesPointsOut ? [paragraph([left], "note")] : []),
    paragraph(
      [
        `✓ Every step was evaluated in 64 bits at random points: ${checks.length} comparisons of ${cells} values, ` +
          `largest difference ${scientific(worst)}.`,
      ],
      "good",
    ),
  ];
}

/** What a rewrite starts from, with what cancels struck through and named: text has no strokes, nor has every reader. */
export function cancelling(
  { expanded, after }: Rewrite,
  named: Naming = asWritten,
): { readonly lines: readonly Line[]; readonly note: readonly string[] } {
  const [from, to] = [expanded[0], after[0]];
  if (!from || !to || expanded.length > 1 || after.length > 1) return { lines: expanded, note: [] };
  const { line, factors } = struck(from, to);
  const what = listed(factors.map((f) => textOf(f, named)));
  const note = factors.length === 0 ? [] : [`${what} cancel${factors.length === 1 ? "s" : ""}`];
  return { lines: [line], note };
}

export function links(refs: readonly Ref[], label: (ref: Ref) => string): Inline[] {
  return refs.flatMap((r, i): Inline[] => [i > 0 ? ", " : "", { link: r, text: label(r) }]);
}

/** `cancel (ℝ)`: the rules, each once, and whether they hold over the real numbers only; of many, the first. */
export function rulesText(rules: Rewrite["rules"], most = 2): string {
  const distinct = [...new Map(rules.map((r) => [r.name, r])).values()];
  const hidden = distinct.length - most;
  const shown = distinct.slice(0, most).map((r) => r.name + (r.realOnly ? " (ℝ)" : ""));
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join("; ");
}

/** Cells that differences do not speak of lie at a kink, or outside of where the loss is finite. */
export function differencesText({ cells, step, deviation }: NonNullable<Step["differences"]>): string {
  const head = `Central differences, h = ${Number(step.toPrecision(2)).toExponential()}: `;
  if (cells.every(Number.isNaN))
    return `${head}none, since no cell lies where the loss is finite and has no kink.`;
  const told = cells.slice(0, 6).map((x) => (Number.isNaN(x) ? "at a kink" : numberText(x)));
  const list = told.join(", ");
  return `${head}${cells.length > 1 ? `(${list}${cells.length > 6 ? ", …" : ""})` : list}; off by ${scientific(deviation)}.`;
}
