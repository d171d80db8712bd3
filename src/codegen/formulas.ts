/** The comment above a kernel: its formulas, the step of the chain rule, and the line of the source. */
import type { Context } from "../ir/context.ts";
import type { Kernel } from "../ir/kernel.ts";
import { tensorsWritten } from "../ir/dependences.ts";
import { printStatement } from "../ir/printer.ts";
import { reassemble } from "../ir/reassemble.ts";
import type { Sources } from "../ir/source.ts";
import type { AdjointStep, Origin, Statement } from "../ir/types.ts";

/** More than this many formulas are counted rather than listed. */
const mostFormulas = 12;

export function kernelComment(
  kernel: Kernel,
  others: readonly Statement[],
  { sources, builder }: Pick<Context, "sources" | "builder">,
): string[] {
  const statements = reassemble(kernel.statements, builder);
  const shown = statements.slice(0, mostFormulas);
  const groups: { notes: string; formulas: string[] }[] = [];
  for (const statement of shown) {
    const notes = notesOf(statement, sources).join("\n");
    const last = groups[groups.length - 1];
    const formulas = printStatement(statement).split("\n");
    if (last?.notes === notes) last.formulas.push(...formulas);
    else groups.push({ notes, formulas });
  }
  const [only] = groups;
  const hidden = statements.length - shown.length;
  const more = [...(hidden > 0 ? [`… and ${hidden} more`] : []), ...likewise(kernel, others, sources)];
  if (only && groups.length === 1) return [...only.formulas, ...lines(only.notes), ...more];
  return [...groups.flatMap((g) => [...g.formulas, ...lines(g.notes).map((n) => `    ${n}`)]), ...more];
}

/** The formulas alone, as for lines in a kernel. */
export function formulasOf(
  statements: readonly Statement[],
  { builder }: Pick<Context, "builder">,
): string[] {
  return reassemble(statements, builder).flatMap((s) => printStatement(s).split("\n"));
}

/** `likewise k (attention.nn:9), v (attention.nn:10)`: the same code for other tensors, or from other lines. */
function likewise(kernel: Kernel, others: readonly Statement[], sources: Sources): string[] {
  const own = kernel.statements.at(-1)!;
  const ownLine = userLine(own, sources);
  const names = (s: Statement): string[] => {
    const place = userLine(s, sources);
    return tensorsWritten(s).map((t) => (place === ownLine ? t.name : `${t.name} (${place})`));
  };
  const shown = new Set(names(own));
  const list = [...new Set(others.flatMap(names))].filter((name) => !shown.has(name));
  const hidden = list.length - mostFormulas;
  const more = hidden > 0 ? `, … and ${hidden} more` : "";
  return list.length > 0 ? [`likewise ${list.slice(0, mostFormulas).join(", ")}${more}`] : [];
}

function userLine({ origin }: Statement, sources: Sources): string {
  return sourceLine({ span: origin.span, name: origin.name }, sources) ?? "";
}

function lines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** The step of the chain rule and the line of the source: `∂L/∂W = ∂L/∂z · ∂z/∂W    digits.nn:8`. */
function notesOf(statement: Statement, sources: Sources): string[] {
  const { steps } = statement.origin;
  const step = steps && chainRule(steps);
  const place = sourceLine(statement.origin, sources);
  const notes = [step, place].filter((n) => n !== undefined);
  return notes.length > 0 ? [notes.join("    ")] : [];
}

/** `∂L/∂W = ∂L/∂z · ∂z/∂W`; where paths meet, their sum. */
function chainRule(steps: readonly AdjointStep[]): string {
  const [first] = steps;
  if (!first) return "";
  const wrt = first.wrt.name;
  const paths = steps.map((s) => (s.kind === "seed" ? "1" : `∂L/∂${nameOf(s)} · ∂${nameOf(s)}/∂${wrt}`));
  return `∂L/∂${wrt} = ${[...new Set(paths)].join(" + ")}`;
}

/** What the reader calls the tensor that was differentiated: a hoisted reduction is part of the definition it is in. */
function nameOf({ of }: AdjointStep): string {
  let tensor = of.kind === "gradient" ? of.of : of.tensor;
  while (tensor.hoistedFrom) tensor = tensor.hoistedFrom;
  return tensor.name;
}

/** `digits.nn:8 (std/layers.nn:5)`: the user's line, and the line of the library it leads to. */
function sourceLine({ span, within }: Origin, sources: Sources): string | undefined {
  if (!sources.has(span.file)) return undefined;
  const inner = within && sources.has(within.file) ? ` (${sources.line(within)})` : "";
  return `${sources.line(span)}${inner}`;
}
