/** Which inputs an entry point asks for, and in which order they tell the dimensions. */
import type { Call, Procedure, Schedule } from "../ir/kernel.ts";
import { visit } from "../ir/rewrite.ts";
import type { Affine, Dim, Program, Tensor } from "../ir/types.ts";

/** The inputs that these procedures read, and what else is needed to know their dimensions. */
export function inputsFor(
  program: Program,
  procedures: readonly Procedure[],
  kept: readonly Tensor[],
): Tensor[] {
  const needed = new Set<Tensor>(kept.filter((t) => t.role === "input"));
  const dims = new Set<Dim>();
  for (const { calls } of procedures) {
    for (const call of calls) {
      if (call.kind === "clear") continue;
      for (const t of [...call.buffers, ...call.scalars]) if (t.role === "input") needed.add(t);
      for (const d of dimsOfCall(call)) dims.add(d);
    }
  }
  for (const t of [...kept, ...needed]) for (const d of dimsIn(t.shape)) dims.add(d);
  let missing = missingDims(dims, needed);
  while (missing.size > 0) {
    const more = program.inputs.find(
      (t) => !needed.has(t) && [...dimsIn(t.shape)].some((d) => missing.has(d)),
    );
    if (!more) break;
    needed.add(more);
    for (const d of dimsIn(more.shape)) dims.add(d);
    missing = missingDims(dims, needed);
  }
  return program.inputs.filter((t) => needed.has(t));
}

function missingDims(dims: ReadonlySet<Dim>, inputs: ReadonlySet<Tensor>): Set<Dim> {
  const known = new Set(order([...inputs]).bindings.flatMap((b) => (b.kind === "bind" ? [b.dim] : [])));
  return new Set([...dims].filter((d) => d.varies === "call" && !known.has(d)));
}

/**
 * One input's outermost extent: it tells a dimension, or must agree with those known.
 */
export type Binding =
  | { readonly kind: "bind"; readonly input: Tensor; readonly dim: Dim; readonly factor: number }
  | { readonly kind: "check"; readonly input: Tensor };

/** Inputs in the order in which their dimensions can be told, those of rank 0 left out. */
export function bindings(inputs: readonly Tensor[]): Binding[] {
  const { bindings, waiting } = order(inputs);
  if (waiting.size > 0)
    throw new Error(`the sizes of ${[...waiting].map((t) => t.name).join(", ")} can't be told`);
  return bindings;
}

function order(inputs: readonly Tensor[]): { bindings: Binding[]; waiting: Set<Tensor> } {
  const known = new Set<Dim>();
  const waiting = new Set(inputs.filter((t) => t.shape.length > 0));
  const found: Binding[] = [];
  for (let moved = true; moved;) {
    moved = false;
    for (const input of waiting) {
      const [outer, ...inner] = input.shape;
      const isKnown = (d: Dim): boolean => d.varies === "create" || known.has(d);
      const unknown = [...dimsIn([outer!])].filter((d) => !isKnown(d));
      if (![...dimsIn(inner)].every(isKnown) || unknown.length > 1) continue;
      const [dim] = unknown;
      const factor = dim && outer!.terms.find((t) => t.atom === dim)?.factor;
      if (dim && factor === undefined) continue;
      found.push(dim ? { kind: "bind", input, dim, factor: factor! } : { kind: "check", input });
      if (dim) known.add(dim);
      waiting.delete(input);
      moved = true;
    }
  }
  return { bindings: found, waiting };
}

/** The dimensions whose count a call mentions. */
export function dimsOfCall(call: Call): Dim[] {
  if (call.kind === "clear") return [...dimsIn(call.tensor.shape)];
  return call.dims.filter((d) => typeof d !== "number");
}

export function dimsIn(shape: readonly Affine[]): Set<Dim> {
  const found = new Set<Dim>();
  visit(
    shape,
    () => undefined,
    (atom) => {
      if (atom.kind === "dim") found.add(atom);
    },
  );
  return found;
}

/** Every dynamic dimension of the program, as declared. */
export function dimsOf(program: Program, schedule: Schedule): Dim[] {
  const slots = schedule.plan.slots.flatMap((s) => s.tensors.map((t) => t.shape));
  const used = new Set(
    [...program.inputs.map((t) => t.shape), ...slots].flatMap((shape) => [...dimsIn(shape)]),
  );
  return [...new Set([...program.dims, ...used])];
}
