/**
 * Every diagnostic, one row each: severity and message. Codes are stable. NN1xxx syntax; NN2xxx names, shapes and
 * types; NN3xxx differentiation; NN4xxx targets and output; NN9xxx broken invariants of the compiler itself.
 * `test/errors/<code>/` holds a sample of every row.
 */
interface Row<P> {
  readonly severity: "error" | "warning";
  readonly message: (p: P) => string;
}

const error = <P = Record<string, never>>(message: (p: P) => string): Row<P> => ({ severity: "error", message });

export const diagnosticTable = {
  // -------------------------------------------------------------------------------------------------------- NN1xxx syntax
  NN1001: error<{ text: string }>((p) => `\`${p.text}\` is not part of the language`),
  NN1002: error<{ expected: string; found: string }>((p) => `expected ${p.expected}, but found ${p.found}`),
};

export type DiagnosticCode = keyof typeof diagnosticTable;
export type DiagnosticParameters<C extends DiagnosticCode> = Parameters<(typeof diagnosticTable)[C]["message"]>[0];
