/** A derivation laid out for readers, before it becomes text, LaTeX or HTML: every notation makes one of these. */
import type { Check, CodeLine, Line, Numbers, Place } from "./derivation.ts";
import type { Formula, Ref } from "./formula.ts";
import { numberText } from "./text.ts";

/** Words, formulas within them, and names that lead to where a tensor is dealt with. */
export type Inline = string | { readonly formula: Formula } | { readonly link: Ref; readonly text: string };

/** One line of a derivation; without a left side it goes on from the one above. */
export interface Row {
  readonly left: Formula | null;
  readonly relation: string;
  readonly right: Formula;
  readonly where: readonly Formula[];
  readonly ranges: Line["ranges"];
  /** Why: at the end of the line. */
  readonly note: string;
  /** The definition that the line is, where it is one. */
  readonly ref?: Ref;
}

export type Block =
  | { readonly kind: "heading"; readonly text: string }
  | {
      readonly kind: "paragraph";
      readonly content: readonly Inline[];
      readonly tone: "plain" | "note" | "good" | "bad";
    }
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | {
      readonly kind: "table";
      readonly head: readonly string[];
      readonly rows: readonly { readonly ref: Ref | null; readonly cells: readonly (readonly Inline[])[] }[];
    }
  | {
      readonly kind: "section";
      readonly ref: Ref;
      /** Where HTML shows it: the tensor itself, or a step about it. */
      readonly role: "forward" | "backward";
      readonly title: readonly Inline[];
      readonly blocks: readonly Block[];
    }
  | { readonly kind: "fold"; readonly summary: string; readonly blocks: readonly Block[] }
  | { readonly kind: "code"; readonly lines: readonly CodeLine[] };

export interface Document {
  readonly title: string;
  readonly subtitle: string;
  readonly blocks: readonly Block[];
  /** What the printer calls a tensor, where it is not what the source calls it. */
  readonly names: ReadonlyMap<Ref, LayeredName>;
}

/** `W` of layer 2: W² in text, W^{(2)} in LaTeX. */
export interface LayeredName {
  readonly base: string;
  readonly layer: string;
}

export const paragraph = (
  content: readonly Inline[],
  tone: "plain" | "note" | "good" | "bad" = "plain",
): Block => ({
  kind: "paragraph",
  content,
  tone,
});

export const rowOf = (line: Line, note = "", goesOn = false): Row => ({
  left: goesOn ? null : line.left,
  relation: line.accumulate ? "+=" : "=",
  right: line.right,
  where: line.where,
  ranges: line.ranges,
  note,
});

/** The parts that a long line names, as rows of their own. */
export function rowsOf(line: Line, note = "", goesOn = false): Row[] {
  const part = (p: Line["parts"][number]): Row => ({
    left: { kind: "name", name: p.name },
    relation: "=",
    right: p.value,
    where: [],
    ranges: [],
    note: "a part that is repeated",
  });
  return [rowOf(line, note, goesOn), ...line.parts.map(part)];
}

export const equation = (left: Formula | null, right: Formula, note = ""): Row => ({
  left,
  relation: "=",
  right,
  where: [],
  ranges: [],
  note,
});

/** `line 8`, `line 8 (std/losses.nn:12)`, `blocks.nn:3` of another file. */
export function placeText(place: Place | null, file: string, within: Place | null = null): string {
  if (!place) return "";
  const own = place.file === file ? `line ${place.line}` : `${place.file}:${place.line}`;
  return within ? `${own} (${within.file}:${within.line})` : own;
}

/** The cells of a small tensor, or the first of a large one. */
export function numbersText({ shape, cells, count }: Numbers, most = 6): string {
  if (shape.length === 0) return numberText(cells[0]!);
  const shown = cells.slice(0, most).map(numberText);
  return `(${shown.join(", ")}${count > shown.length ? `, … ${count} in all` : ""})`;
}

/** What the checks of something come to, in one paragraph. */
export function checkSummary(checks: readonly Check[]): Block[] {
  if (checks.length === 0) return [];
  const failed = checks.filter((c) => !c.passed);
  if (failed.length > 0)
    return failed.map((c) =>
      paragraph([`✗ does not agree: ${c.what} differ by ${scientific(c.difference)}`], "bad"),
    );
  const cells = checks.reduce((n, c) => n + c.cells, 0);
  const skipped = checks.reduce((n, c) => n + c.skipped, 0);
  const worst = Math.max(...checks.map((c) => c.difference));
  const left = skipped > 0 ? `; ${skipped} at a kink left out` : "";
  return [paragraph([`✓ ${cells} values compared, largest difference ${scientific(worst)}${left}`], "good")];
}

/** 3e-11; 0 where it is nothing. */
export const scientific = (x: number): string => (x === 0 ? "0" : x.toExponential(0));
