import type { DiagnosticCode, DiagnosticParameters } from "./diagnostic-table.ts";
import { diagnosticTable } from "./diagnostic-table.ts";
import type { Span } from "./types.ts";

export interface Note {
  readonly message: string;
  readonly span?: Span;
}

/** One mistake of the user: a stable code, a place, both sides of a disagreement, help where it can be computed. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly span: Span;
  readonly notes: readonly Note[];
  readonly help?: string;
}

/** Collects the diagnostics of one compilation. One mistake is reported once: the same code and place count once. */
export class Diagnostics {
  private readonly found: Diagnostic[] = [];
  private readonly seen = new Set<string>();

  report<C extends DiagnosticCode>(
    code: C,
    span: Span,
    parameters: DiagnosticParameters<C>,
    more: { notes?: readonly Note[]; help?: string | undefined } = {},
  ): void {
    const key = `${code} ${span.file} ${span.start} ${span.end}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const row = diagnosticTable[code];
    const message = (row.message as (p: DiagnosticParameters<C>) => string)(parameters);
    const help = more.help === undefined ? {} : { help: more.help };
    this.found.push({ code, severity: row.severity, message, span, notes: more.notes ?? [], ...help });
  }

  get all(): readonly Diagnostic[] {
    return this.found;
  }

  get hasErrors(): boolean {
    return this.found.some((d) => d.severity === "error");
  }
}

/** Thrown to leave a construct whose mistake is already reported; caught where the next construct starts. */
export class Reported extends Error {
  constructor() {
    super("a diagnostic was reported");
  }
}
