/**
 * Every diagnostic, one row each: severity and message. Codes are stable. NN1xxx syntax; NN2xxx names, shapes and
 * types; NN3xxx differentiation; NN4xxx targets and output; NN9xxx broken invariants of the compiler itself.
 * `test/errors/<code>/` holds a sample of every row.
 */
interface Row<P> {
  readonly severity: "error" | "warning";
  readonly message: (p: P) => string;
}

const error = <P = Record<string, never>>(message: (p: P) => string): Row<P> => ({
  severity: "error",
  message,
});

const warning = <P>(message: (p: P) => string): Row<P> => ({ severity: "warning", message });

export const diagnosticTable = {
  // -------------------------------------------------------------------------------------------------------- NN1xxx syntax
  NN1001: error<{ text: string }>((p) => `\`${p.text}\` is not part of the language`),
  NN1002: error<{ expected: string; found: string }>((p) => `expected ${p.expected}, but found ${p.found}`),
  NN1003: error<{ opener: string }>((p) => `this \`${p.opener}\` is never closed`),
  NN1004: error<{ closer: string }>((p) => `this \`${p.closer}\` closes nothing`),
  NN1005: error(() => "this comment never ends: `*/` is missing"),
  NN1006: error(() => "this text in quotes never ends"),
  NN1007: error<{ limit: number }>(
    (p) => `nested too deep: at most ${p.limit} brackets, blocks and \`if\`s may be open`,
  ),
  NN1008: error<{ limit: number }>(
    (p) => `this expression is too long: operators may pile up ${p.limit} high; give a part of it a name`,
  ),
  NN1009: error<{ first: string; second: string }>(
    (p) =>
      `comparisons do not chain: \`a ${p.first} b ${p.second} c\` is written \`a ${p.first} b and b ${p.second} c\``,
  ),
  NN1010: error<{ text: string }>((p) => `\`${p.text}\` is too large for a number`),
  NN1011: error<{ name: string }>(
    (p) => `\`${p.name}\` is no type of element: it is \`int\`, \`bool\`, \`float\` or \`distribution\``,
  ),

  // ------------------------------------------------------------------------------------ NN2xxx names, shapes and types
  NN2001: error<{ name: string }>((p) => `\`${p.name}\` is not defined`),
  NN2002: error<{ name: string }>((p) => `\`${p.name}\` is already defined`),
  NN2003: error<{ left: string; right: string; a: string; b: string }>(
    (p) => `cannot multiply ${p.left} by ${p.right}: the inner extents ${p.a} and ${p.b} differ`,
  ),
  NN2004: error<{ operation: string; left: string; right: string }>(
    (p) => `cannot ${p.operation} ${p.left} and ${p.right}: the shapes do not broadcast`,
  ),
  NN2005: error<{ what: string; wanted: string; found: number }>(
    (p) =>
      `${quote(p.what)} needs ${p.wanted} dimension${/\b1$/.test(p.wanted) ? "" : "s"}, but has ${p.found}`,
  ),
  NN2006: error<{ name: string }>((p) => `the range of the index \`${p.name}\` is not known`),
  NN2007: error<{ name: string; first: string; second: string }>(
    (p) => `the index \`${p.name}\` ranges over ${p.first} in one place and over ${p.second} in another`,
  ),
  NN2008: error<{ form: string; extent: string; dimension: number; certain: string }>(
    (p) =>
      `the subscript ${p.form} is ${p.certain === "" ? "outside" : "not certain to be inside"} dimension ${p.dimension}, ` +
      `which has ${p.extent}${p.certain === "" ? "" : `: ${p.certain}`}`,
  ),
  NN2009: error<{ what: string; wanted: string; found: string }>(
    (p) => `${quote(p.what)} must be ${p.wanted}, but is ${p.found}`,
  ),
  NN2010: error<{ callee: string; problem: string }>(
    (p) => `wrong arguments for \`${p.callee}\`: ${p.problem}`,
  ),
  NN2011: error<{ what: string }>((p) => p.what),
  NN2012: error<{ what: string; wanted: "an integer" | "true or false" }>(
    (p) => `${p.what} must be ${p.wanted}, known at compile time`,
  ),
  NN2013: error<{ what: string; wanted: string; found: string }>(
    (p) => `${quote(p.what)} must have the extent ${p.wanted}, but has ${p.found}`,
  ),
  NN2014: error<{ name: string; problem: string }>(
    (p) => `the parts of \`${p.name}\` do not fit together: ${p.problem}`,
  ),
  NN2015: error<{ found: string }>((p) => `a subscript must be one integer, but this is ${p.found}`),
  NN2016: error<{ name: string }>((p) => `\`${p.name}\` calls itself without end`),
  NN2017: error<{ name: string }>((p) => `\`${p.name}\` is defined in parts, so its type must be declared`),
  NN2018: error<{ name: string }>((p) => `\`${p.name}\` returns nothing`),
  NN2019: error<{ statement: string; place: string }>((p) => `${p.statement} can't stand in ${p.place}`),
  NN2020: error<{ what: string; found: string }>(
    (p) => `${p.what} must be a scalar number, but is ${p.found}`,
  ),
  NN2021: error<{ problem: string }>((p) => `\`grad\` can't be taken here: ${p.problem}`),
  NN2022: error<{ name: string }>(
    (p) => `\`${p.name}\` is defined in parts, which can't stand inside another definition's indices`,
  ),
  NN2023: error<{ name: string }>((p) => `\`${p.name}\` is no state, so it can't be updated`),
  NN2024: error<{ name: string; problem: string }>((p) => `the dimension \`${p.name}\` ${p.problem}`),
  NN2025: error<{ problem: string }>((p) => p.problem),
  NN2026: error<{ file: string }>((p) => `cannot find \`${p.file}\``),
  NN2027: error<{ name: string; file: string }>((p) => `\`${p.file}\` has no \`${p.name}\` to import`),
  NN2028: error<{ what: string; limit: string }>((p) => `${p.what} is too large: at most ${p.limit}`),
  NN2029: error<{ what: string }>((p) => `a model has one ${p.what}`),
  NN2030: error<{ name: string }>((p) => `there is no size \`${p.name}\` to set`),
  NN2031: error<{ name: string; problem: string }>((p) => `the size \`${p.name}\` ${p.problem}`),
  NN2032: error<{ name: string }>((p) => `\`${p.name}\` is not an optimizer`),
  NN2033: error<{ wanted: string; found: string }>((p) => `the new shape ${p.found} needs ${p.wanted}`),
  NN2034: error(() => "a slice inside an index definition can't be reshaped"),
  NN2035: error<{ name: string; where: string }>((p) => `\`${p.name}\` is used ${p.where}`),
  NN2036: error<{ name: string; shape: string }>(
    (p) => `${quote(p.name)} would be ${p.shape}: every extent must be at least 1`,
  ),
  NN2037: warning<{ left: string; right: string; result: string }>(
    (p) => `${p.left} and ${p.right} broadcast to ${p.result}`,
  ),
  NN2038: error<{ what: string; reason: string }>((p) => `${p.what}: ${p.reason}`),
  NN2039: error<{ first: string; second: string }>(
    (p) => `it can't be told which dimensions \`...${p.first}\` has and which \`...${p.second}\``,
  ),
  NN2040: error<{ pattern: string }>((p) => `no parameter matches "${p.pattern}"`),
  NN2041: error<{ operator: string; divisor: number }>(
    (p) => `\`${p.operator}\` needs a divisor of at least 1, but it is ${p.divisor}`,
  ),
  NN2042: warning<{ why: string }>((p) => `this optimizer has nothing to train: ${p.why}`),

  // -------------------------------------------------------------------------------------------- NN3xxx differentiation
  NN3001: error<{ name: string; expected: string }>(
    (p) => `the gradient of \`${p.name}\` takes its parameters and the gradient of its result: ${p.expected}`,
  ),
  NN3002: error<{ name: string }>(
    (p) =>
      `\`${p.name}\` has a gradient of its own, so it can't be applied to single elements inside an index definition`,
  ),

  // ----------------------------------------------------------------------------------------- NN4xxx targets and output
  NN4001: error<{ name: string; gibibytes: string }>(
    (p) => `\`${p.name}\` needs ${p.gibibytes} GiB of memory at its largest, but WebAssembly has 4`,
  ),
  NN4002: error<{ name: string; problem: string }>(
    (p) => `\`${p.name}\` can't be exported to ONNX: ${p.problem}`,
  ),
  NN4003: error<{ model: string }>((p) => `\`${p.model}\` has no output, so there is nothing to export`),
};

/** `W` as a name, other descriptions as they are. */
function quote(what: string): string {
  return /^[\p{L}\p{N}_.]+$/u.test(what) && what !== "this" ? `\`${what}\`` : what;
}

export type DiagnosticCode = keyof typeof diagnosticTable;
export type DiagnosticParameters<C extends DiagnosticCode> = Parameters<
  (typeof diagnosticTable)[C]["message"]
>[0];
