/** Diagnostics for programs: the shape of `--json`, which is part of nnc's public contract. */
import type { Diagnostic } from "../ir/diagnostics.ts";
import type { Sources } from "../ir/source.ts";
import type { Span } from "../ir/types.ts";
import type { Choice, CostReport } from "../index.ts";

/** Lines and columns count from 1, offsets from 0. */
export interface JsonPosition {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export interface JsonPlace {
  readonly file: string;
  readonly start: JsonPosition;
  readonly end: JsonPosition;
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly notes: readonly ({ readonly message: string } & Partial<JsonPlace>)[];
  readonly help?: string;
}

/** What `--json` prints: one object, on one line. */
export interface JsonReport {
  readonly version: string;
  readonly diagnostics: readonly JsonDiagnostic[];
  readonly outputs: readonly { readonly path: string; readonly bytes: number }[];
  /** What the model costs, with `--report`. */
  readonly report?: CostReport;
  /** What was chosen for `--target auto`, and why. */
  readonly target?: Choice;
  /** Both by model, where the file has several. */
  readonly models?: readonly {
    readonly name: string;
    readonly report?: CostReport;
    readonly target?: Choice;
  }[];
}

export function jsonDiagnostics(diagnostics: readonly Diagnostic[], sources: Sources): JsonDiagnostic[] {
  return diagnostics.map(({ code, severity, message, span, notes, help }) => ({
    code,
    severity,
    message,
    ...place(span, sources),
    notes: notes.map((n) => ({
      message: n.message,
      ...(n.span === undefined ? {} : place(n.span, sources)),
    })),
    ...(help === undefined ? {} : { help }),
  }));
}

function place(span: Span, sources: Sources): JsonPlace {
  const at = (offset: number): JsonPosition => ({ ...sources.position(span.file, offset), offset });
  return { file: span.file, start: at(span.start), end: at(span.end) };
}
