import { expressionsIn, statementsIn } from "./kernel-walk.ts";
import type { Call, Kernel, KernelStatement, Procedure, Row, Schedule, Slot } from "./kernel.ts";
import { FormulaPrinter } from "./printer-formula.ts";
import type { Affine, Expr, Index, Tensor } from "./types.ts";

/** A kernel as short text: `h(out h, in x, W; batch)` and its loops, one line a statement. */
export function printKernel(kernel: Kernel): string {
  const printer = new FormulaPrinter([...expressionsIn(kernel.body)], [...indicesIn(kernel.body)]);
  const lines: string[] = [];
  const block = (statements: readonly KernelStatement[], depth: number): void => {
    for (const s of statements)
      printStatement(
        s,
        printer,
        (text) => lines.push("  ".repeat(depth) + text),
        (b) => block(b, depth + 1),
      );
  };
  for (const { name, shape } of kernel.scratch ?? [])
    lines.push(`  scratch ${name}[${shape.map((e) => printer.expr(e)).join(", ")}]`);
  block(kernel.body, 1);
  const parts = printer.parts.map((p) => `  where ${p}`);
  return `${[`kernel ${kernel.name}(${signature(kernel)})`, ...lines, ...parts].join("\n")}\n`;
}

/** The kernels, then the calls of each procedure, then the memory. */
export function printSchedule(schedule: Schedule): string {
  const { initialise, forward, evaluate, backward, statistics, update } = schedule;
  return [
    ...schedule.kernels.map(printKernel),
    ...[initialise, forward, evaluate, backward, statistics, update].map(printProcedure),
    `memory\n${schedule.plan.slots.map((s) => `  ${printSlot(s)}\n`).join("")}${schedule.plan.rows.map((r) => `  ${printRow(r)}\n`).join("")}`,
  ].join("\n");
}

function printProcedure(procedure: Procedure): string {
  return `procedure ${procedure.name}\n${procedure.calls.map((c) => `  ${printCall(c)}\n`).join("")}`;
}

function printCall(call: Call): string {
  if (call.kind === "clear") return `clear ${call.tensor.name}`;
  const dims =
    call.dims.length > 0 ? `; ${call.dims.map((d) => (typeof d === "number" ? d : d.name)).join(", ")}` : "";
  return `${call.kernel.name}(${names([...call.buffers, ...call.scalars])}${dims})`;
}

function printSlot(slot: Slot): string {
  const printer = new FormulaPrinter([slot.size], []);
  return `${slot.block} ${slot.type}[${printer.expr(slot.size)}]: ${names(slot.tensors)}`;
}

function printRow({ tensor, slots }: Row): string {
  return `row ${tensor.name}[${tensor.shape[0]!.constant}]: ${names(slots.map((s) => s.tensors[0]!))}`;
}

function signature(kernel: Kernel): string {
  const words = { read: "in", write: "out", both: "inout" } as const;
  const groups = (["write", "both", "read"] as const).flatMap((access) => {
    const tensors = kernel.buffers.filter((x) => x.access === access).map((x) => x.tensor);
    return tensors.length > 0 ? [`${words[access]} ${names(tensors)}`] : [];
  });
  if (kernel.scalars.length > 0) groups.push(`by value ${names(kernel.scalars)}`);
  const dims = kernel.dims.map((d) => d.name).join(", ");
  return groups.join(", ") + (dims ? `; ${dims}` : "");
}

function names(tensors: readonly Tensor[]): string {
  return tensors.map((t) => t.name).join(", ");
}

type Blocks = readonly KernelStatement[];

function printStatement(
  s: KernelStatement,
  printer: FormulaPrinter,
  line: (text: string) => void,
  block: (inner: Blocks) => void,
): void {
  const write = (e: Expr): string => printer.expr(e);
  switch (s.kind) {
    case "loop": {
      const sign = s.role === "reduce" ? "reduce " : "";
      const lanes = s.lanes === undefined ? "" : ` in ${s.lanes} lanes`;
      const step = (s.step === undefined ? "" : ` by ${s.step}`) + lanes;
      line(`for ${sign}${printer.index(s.index)} in ${write(s.from)} … ${write(s.to)} − 1${step}`);
      return block(s.body);
    }
    case "let":
      return line(`let ${s.local.name} = ${write(s.value)}`);
    case "variable":
      return line(`var ${s.local.name} = ${write(s.value)}`);
    case "assign": {
      const operator = s.reducer === "sum" ? "+=" : s.reducer === "prod" ? "·=" : "=";
      return line(`${s.local.name} ${operator} ${write(s.value)}`);
    }
    case "if":
      line(`if ${write(s.condition)}`);
      block(s.body);
      if (s.otherwise.length === 0) return;
      line("else");
      return block(s.otherwise);
    case "store": {
      const place =
        s.subscripts.length > 0 ? `[${s.subscripts.map((a: Affine) => write(a)).join(", ")}]` : "";
      return line(`${s.tensor.name}${place} ${s.accumulate ? "+=" : "="} ${write(s.value)}`);
    }
  }
}

function* indicesIn(body: Blocks): Generator<Index> {
  for (const s of statementsIn(body)) if (s.kind === "loop") yield s.index;
}
