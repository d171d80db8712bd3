/** The comment above a kernel: its formulas, the step of the chain rule, and the line of the source. */
import type { Kernel } from "../ir/kernel.ts";
import { printStatement } from "../ir/printer.ts";
import type { Sources } from "../ir/source.ts";
import type { AdjointStep, Origin, Statement } from "../ir/types.ts";

/** More than this many formulas are counted rather than listed. */
const mostFormulas = 12;

export function kernelComment(kernel: Kernel, sources: Sources): string[] {
  const shown = kernel.statements.slice(0, mostFormulas);
  const groups: { notes: string; formulas: string[] }[] = [];
  for (const statement of shown) {
    const notes = notesOf(statement, sources).join("\n");
    const last = groups[groups.length - 1];
    const formulas = printStatement(statement).split("\n");
    if (last?.notes === notes) last.formulas.push(...formulas);
    else groups.push({ notes, formulas });
  }
  const [only] = groups;
  const hidden = kernel.statements.length - shown.length;
  const more = hidden > 0 ? [`… and ${hidden} more`] : [];
  if (only && groups.length === 1) return [...only.formulas, ...lines(only.notes), ...more];
  return [...groups.flatMap((g) => [...g.formulas, ...lines(g.notes).map((n) => `    ${n}`)]), ...more];
}

function lines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** The step of the chain rule, and the line of the source. */
function notesOf(statement: Statement, sources: Sources): string[] {
  const step = statement.origin.step && chainRule(statement.origin.step);
  const place = sourceLine(statement.origin, sources);
  return [step, place].filter((n) => n !== undefined);
}

/** `∂L/∂W = ∂L/∂z · ∂z/∂W`. */
export function chainRule(step: AdjointStep): string {
  if (step.kind === "seed") return `∂L/∂${step.wrt.name} = 1`;
  const of = nameOf(step);
  return `∂L/∂${step.wrt.name} = ∂L/∂${of} · ∂${of}/∂${step.wrt.name}`;
}

/** What the reader calls the tensor that was differentiated; parts of it that the compiler named keep their names. */
function nameOf({ of, wrt }: AdjointStep): string {
  const own = of.kind === "gradient" ? of.of.name : of.tensor.name;
  return of.origin.name === wrt.name ? own : of.origin.name;
}

/** `digits.nn:8`, where the file is known. */
export function sourceLine(origin: Origin, sources: Sources): string | undefined {
  return sources.has(origin.span.file) ? sources.line(origin.span) : undefined;
}
