/** What a diagnostic code means, from its row: for readers who look one up. */
import type { DiagnosticCode } from "./diagnostic-table.ts";
import { diagnosticTable } from "./diagnostic-table.ts";

const areas: Readonly<Record<string, string>> = {
  NN1: "syntax",
  NN2: "names, shapes and types",
  NN3: "differentiation",
  NN4: "targets and output",
  NN9: "the compiler itself",
};

/** `error NN2003, names, shapes and types: cannot multiply ‹left› by ‹right›: …`; undefined for what is no code. */
export function describeCode(code: string): string | undefined {
  if (!isCode(code)) return undefined;
  const row: { readonly severity: string; readonly message: (p: never) => string } = diagnosticTable[code];
  const blank = new Proxy({}, { get: (_, name) => `‹${String(name)}›` }) as never;
  return `${row.severity} ${code}, ${areas[code.slice(0, 3)] ?? ""}\n\n  ${row.message(blank)}\n`;
}

function isCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(diagnosticTable, code);
}
