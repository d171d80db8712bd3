/** Checks what every pass must keep. It runs between passes: a broken invariant is a mistake of the compiler, and throws. */
import type { Builder } from "./builder.ts";
import { printStatement } from "./printer.ts";
import { coversWhole } from "./rewrite.ts";
import type { Equation, Graph, Override, Read, Role, Statement, Tensor } from "./types.ts";
import { checkRanges } from "./verifier-ranges.ts";
import { checkScope, checkTypes } from "./verifier-scope.ts";

const isGiven: Readonly<Record<Role, boolean>> = {
  input: true,
  hyper: true,
  builtin: true,
  parameter: false,
  state: false,
  definition: false,
  adjoint: false,
};

const isPersistent: Readonly<Record<Role, boolean>> = { ...isGiven, parameter: true, state: true };

/** What a graph has done to its tensors so far. */
interface Progress {
  readonly builder: Builder;
  readonly written: Set<Tensor>;
  /** Stored with `=`, and so that every cell was. */
  readonly stored: Set<Tensor>;
  readonly complete: Set<Tensor>;
}

/**
 * Throws where the graph breaks an invariant. `available` are tensors that an earlier graph has computed: those of
 * `backward`, for `update`.
 */
export function verify(
  graph: Graph,
  context: { readonly builder: Builder },
  available: Iterable<Tensor> = [],
): void {
  const progress: Progress = {
    builder: context.builder,
    written: new Set(available),
    stored: new Set(),
    complete: new Set(),
  };
  for (const statement of graph.statements) {
    try {
      verifyStatement(statement, progress);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`graph \`${graph.name}\`: ${reason}\n  in ${printStatement(statement)}`, {
        cause: error,
      });
    }
  }
  for (const result of graph.results) {
    if (!isReadable(result, progress))
      throw new Error(`graph \`${graph.name}\`: result \`${result.name}\` is not defined`);
  }
}

function verifyStatement(statement: Statement, progress: Progress): void {
  switch (statement.kind) {
    case "equation":
      return verifyEquation(statement, progress);
    case "reshape":
      requireReadable(statement.source, progress);
      requireSameType(statement.tensor, statement.source);
      requireSameSize(statement.tensor, statement.source);
      return complete(statement.tensor, progress);
    case "gradient":
      requireReadable(statement.of, progress);
      statement.wrt.forEach((t) => requireReadable(t, progress));
      statement.results.forEach((result, i) => {
        const wrt = statement.wrt[i];
        if (!wrt) throw new Error(`\`${result.name}\` is the gradient of nothing`);
        requireSameShape(result, wrt);
        complete(result, progress);
      });
      return;
    case "override":
      return verifyOverride(statement, progress);
  }
}

function verifyOverride(o: Override, progress: Progress): void {
  requireReadable(o.source, progress);
  requireSameType(o.tensor, o.source);
  requireSameShape(o.tensor, o.source);
  requireSameShape(o.upstream, o.tensor);
  complete(o.tensor, progress);
  const inside: Progress = {
    builder: progress.builder,
    written: new Set([...progress.written, o.upstream]),
    stored: new Set(progress.stored),
    complete: new Set(progress.complete),
  };
  o.equations.forEach((s) => verifyStatement(s, inside));
  for (const { wrt, result } of o.gradients) {
    requireReadable(result, inside);
    requireSameShape(result, wrt);
  }
}

/** Equations that keep what an equation must by itself, with their reads: most of them stay through many passes. */
const checked = new WeakMap<Equation, readonly Read[]>();

function verifyEquation(e: Equation, progress: Progress): void {
  const { tensor } = e;
  requireWritable(tensor);
  if (e.target.length !== tensor.shape.length) {
    throw new Error(
      `\`${tensor.name}\` has ${tensor.shape.length} dimensions, but ${e.target.length} subscripts`,
    );
  }
  if (e.reducer === null && e.reduced.length > 0) throw new Error("it has reduced indices, but no reducer");
  const known = checked.get(e);
  if (!known) checkTypes(e);
  const reads = known ?? checkScope(e);
  const persists = isPersistent[tensor.role];
  for (const read of reads) {
    requireReadable(read.tensor, progress);
    const isOwn = read.tensor === tensor && persists;
    if (isOwn && read.subscripts.some((s, d) => s !== e.target[d])) {
      throw new Error(`an update reads \`${tensor.name}\` elsewhere than where it stores`);
    }
  }
  if (!known) checkRanges(e, progress.builder);
  checked.set(e, reads);
  progress.written.add(tensor);
  if (persists || e.accumulate) return;
  const whole = coversWhole(e);
  if (progress.complete.has(tensor) || (whole && progress.stored.has(tensor))) {
    throw new Error(`\`${tensor.name}\` is stored twice`);
  }
  progress.stored.add(tensor);
  if (whole) progress.complete.add(tensor);
}

function complete(tensor: Tensor, progress: Progress): void {
  requireWritable(tensor);
  if (progress.stored.has(tensor)) throw new Error(`\`${tensor.name}\` is stored twice`);
  progress.written.add(tensor);
  progress.stored.add(tensor);
  progress.complete.add(tensor);
}

function isReadable(tensor: Tensor, progress: Progress): boolean {
  return isPersistent[tensor.role] || progress.written.has(tensor);
}

function requireReadable(tensor: Tensor, progress: Progress): void {
  if (!isReadable(tensor, progress)) throw new Error(`\`${tensor.name}\` is read before it is written`);
}

function requireWritable(tensor: Tensor): void {
  if (isGiven[tensor.role]) throw new Error(`\`${tensor.name}\` is ${tensor.role}, but it is written`);
}

function requireSameType(a: Tensor, b: Tensor): void {
  if (a.type !== b.type) throw new Error(`\`${a.name}\` is ${a.type}, \`${b.name}\` is ${b.type}`);
}

function requireSameShape(a: Tensor, b: Tensor): void {
  if (a.shape.length === b.shape.length && a.shape.every((extent, d) => extent === b.shape[d])) return;
  throw new Error(`\`${a.name}\` and \`${b.name}\` differ in shape`);
}

/** Compares the counts of values where they are known when compiling. */
function requireSameSize(a: Tensor, b: Tensor): void {
  const size = (t: Tensor): number =>
    t.shape.reduce((product, extent) => (extent.terms.length === 0 ? product * extent.constant : NaN), 1);
  if (size(a) !== size(b) && !Number.isNaN(size(a)) && !Number.isNaN(size(b))) {
    throw new Error(`\`${a.name}\` has ${size(a)} values, \`${b.name}\` has ${size(b)}`);
  }
}
