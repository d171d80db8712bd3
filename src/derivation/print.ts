/** A derivation in one of its notations, as text, LaTeX or HTML. */
import type { Detail } from "./as-index.ts";
import { asIndex } from "./as-index.ts";
import { asDelta } from "./as-delta.ts";
import type { Layout } from "./as-matrix.ts";
import { asMatrix } from "./as-matrix.ts";
import { asTable } from "./as-table.ts";
import { asSteps } from "./as-steps.ts";
import type { Derivation } from "./derivation.ts";
import type { Document } from "./document.ts";
import { toHtml } from "./to-html.ts";
import { toLatex } from "./to-latex.ts";
import { toText } from "./to-text.ts";

export const notations = ["index", "matrix", "delta", "steps", "table"] as const;
export type Notation = (typeof notations)[number];

export const formats = ["text", "latex", "html", "json"] as const;
export type Format = (typeof formats)[number];

export interface PrintOptions {
  /** Default "index". */
  readonly as?: Notation;
  /** Default "text". */
  readonly format?: Format;
  /** Default 2. */
  readonly detail?: Detail;
  /** In matrices, examples are rows (as in the code) or columns. */
  readonly layout?: Layout;
}

const layouts: Readonly<Record<Notation, (d: Derivation, options: PrintOptions) => Document>> = {
  steps: asSteps,
  table: asTable,
  matrix: (d, { layout = "rows" }) => asMatrix(d, layout),
  delta: (d, { layout = "columns" }) => asDelta(d, layout),
  index: (d, { detail = 2 }) => asIndex(d, detail),
};

const writers: Readonly<Record<Exclude<Format, "json">, (document: Document, d: Derivation) => string>> = {
  text: toText,
  latex: toLatex,
  html: toHtml,
};

export function printDerivation(derivation: Derivation, options: PrintOptions = {}): string {
  const { as = "index", format = "text" } = options;
  if (format === "json") return `${JSON.stringify(derivation, null, 2)}\n`;
  return writers[format](layouts[as](derivation, options), derivation);
}
