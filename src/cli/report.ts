/** The cost of a model for people: tables of at most 100 columns. */
import type { CallCost, Cost, CostReport, ProcedureCost, Room } from "../index.ts";

const widest = 100;

export function renderReport(report: CostReport): string {
  const { model, level, dimensions, procedures, backwardToForward } = report;
  const counts = dimensions.map((d) => `${d.name} = ${d.count}`).join(", ");
  const parts = [
    `${model}, level ${level}${counts === "" ? "" : `, ${counts}`}\n`,
    memory(report),
    ...(report.device ? [device(report.device)] : []),
    summary(procedures, report.device ? "dispatches" : "calls"),
    ...(backwardToForward === null
      ? []
      : [
          `backward : forward = ${backwardToForward.toFixed(2)} : 1, beyond what the loss takes without derivatives\n`,
        ]),
    ...procedures.filter((p) => p.calls.length > 0).map(details),
    legend(procedures),
  ];
  return parts.join("\n");
}

const memoryNames: Readonly<Record<keyof CostReport["memory"], string>> = {
  parameters: "parameters",
  gradients: "gradients",
  optimizerStates: "states of the optimizer",
  states: "states of layers",
  values: "values, sharing places",
  inputs: "inputs",
  total: "total",
};

function memory({ memory: rooms }: CostReport): string {
  const names = Object.keys(memoryNames) as (keyof typeof memoryNames)[];
  const row = (name: string, { count, bytes }: Room): string[] => [name, integer(count), integer(bytes)];
  return table(
    ["memory", "values", "bytes"],
    names.map((n) => row(memoryNames[n], rooms[n])),
  );
}

function device(cost: NonNullable<CostReport["device"]>): string {
  const { shaders, bindings, workgroupBytes, buffers, largestBuffer } = cost;
  return [
    `the device: ${integer(buffers)} buffers of ${integer(cost.bytes)} bytes, the largest of ${integer(largestBuffer)}; ${integer(shaders)} shaders,`,
    `at most ${bindings} storage buffers a dispatch, at most ${integer(workgroupBytes)} bytes of workgroup memory`,
    "",
  ].join("\n");
}

const costHeads = ["operations", "functions", "read", "written", "once read", "written"];

/** Operations exactly, bytes to four digits: all of them are exact in `--json`. */
function costCells(cost: Cost): string[] {
  const marked = (n: number, text: (n: number) => string): string =>
    (cost.atMost && n > 0 ? "≤" : "") + text(n);
  return [
    marked(cost.operations, integer),
    marked(functionsOf(cost), integer),
    marked(cost.bytesRead, bytes),
    marked(cost.bytesWritten, bytes),
    bytes(cost.compulsoryBytesRead),
    bytes(cost.compulsoryBytesWritten),
  ];
}

function summary(procedures: readonly ProcedureCost[], calls: "calls" | "dispatches"): string {
  return table(
    ["procedure", "kernels", calls, ...costHeads],
    procedures.map((p) => [p.name, integer(p.kernels), integer(p.calls.length), ...costCells(p)]),
  );
}

/** The calls of a procedure as they are executed, each with its share and, where there is room, its formula. */
function details(procedure: ProcedureCost): string {
  const whole = procedure.operations + functionsOf(procedure);
  const share = (c: CallCost): string =>
    whole === 0 ? "" : `${((100 * (c.operations + functionsOf(c))) / whole).toFixed(1)} %`;
  const { calls } = procedure;
  return table(
    [procedure.name, ...costHeads, "share", "computes"],
    calls.map((c) => [shorten(c.kernel, 22), ...costCells(c), share(c), c.computes.join("; ")]),
    true,
  );
}

function legend(procedures: readonly ProcedureCost[]): string {
  const lines = [
    "operations: +, −, ·, /, √, comparisons, choices of floats, each as one; functions: exp, log, …",
    "read, written: every access of a buffer; once: each cell at most once.",
  ];
  if (procedures.some((p) => p.atMost))
    lines.push("≤: what stands under a condition on data is counted as if it were always done.");
  return `${lines.join("\n")}\n`;
}

const functionsOf = (cost: Cost): number =>
  Object.values(cost.functions).reduce<number>((sum, n) => sum + n, 0);

/** Columns side by side, numbers to the right; the last one is text, where it says so, and takes what is left. */
function table(head: readonly string[], rows: readonly (readonly string[])[], endsInText = false): string {
  const count = endsInText ? head.length - 1 : head.length;
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((r) => r[i]!.length)));
  const line = (row: readonly string[]): string => {
    const cells = row
      .slice(0, count)
      .map((c, i) => (i === 0 ? c.padEnd(widths[0]!) : c.padStart(widths[i]!)));
    const text = cells.join("  ");
    const left = widest - text.length - 2;
    return (endsInText && left >= 12 ? `${text}  ${shorten(row[count]!, left)}` : text).trimEnd();
  };
  return `${all.map(line).join("\n")}\n`;
}

const shorten = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;

/** 1,234,567 */
const integer = (n: number): string => `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");

/** 512 B, 1.234 kB, 411.0 MB */
function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  const power = Math.min(5, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** power).toPrecision(4)} ${"kMGTP"[power - 1]!}B`;
}
