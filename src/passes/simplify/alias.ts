import type { Builder } from "../../ir/builder.ts";
import { freeIndices, mapEquation, readsOf, rewriter, substitute } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Graph, Index, Read, Statement, Tensor } from "../../ir/types.ts";
import { printStatement } from "../../ir/printer.ts";
import { isPersistent } from "../../ir/dependences.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/** The read that an expression is, also where it is an integer. */
function asRead(e: Expr): Read | undefined {
  if (e.kind === "read") return e;
  if (e.kind !== "affine" || e.constant !== 0 || e.terms.length !== 1) return undefined;
  const { factor, atom } = e.terms[0]!;
  return factor === 1 && atom.kind === "opaque" && atom.value.kind === "read" ? atom.value : undefined;
}

/** Values that cost no more to write down again than to read back: constants, sizes, and single reads. */
export function isTransparent(body: Expr): boolean {
  if (body.kind === "constant" || asRead(body)) return true;
  const inner = body.kind === "apply" && body.atom === "cast" ? body.args[0]! : body;
  return inner.kind === "affine" && readsOf(inner).length === 0 && freeIndices(inner).size === 0;
}

/** The indices of a whole target, in order of dimensions. */
export function targetIndices(e: Equation): Index[] {
  return e.target.map((t) => t.terms[0]!.atom as Index);
}

/** The body of a whole, unreduced equation at given subscripts. */
export function bodyAt(b: Builder, e: Equation, subscripts: readonly Affine[]): Expr {
  return substitute(b, e.body, new Map(targetIndices(e).map((i, d) => [i, subscripts[d]!])));
}

/** Whether the body is B[i, j] for exactly the left side's i, j: then the two tensors are the same. */
function copiedWhole(e: Equation): Tensor | undefined {
  const read = asRead(e.body);
  if (!read || read.tensor.type !== e.tensor.type || read.subscripts.length !== e.target.length)
    return undefined;
  if (read.tensor.shape.some((extent, d) => extent !== e.tensor.shape[d])) return undefined;
  return read.subscripts.every((s, d) => s === e.target[d]) ? read.tensor : undefined;
}

/**
 * The same of a part `T[1, b, j] = …`, where a read stands at its constant places: `T[1, b′, k]`. Undefined for other
 * reads, and for parts that do not run over whole dimensions.
 */
function partAt(b: Builder, { target, indices, body }: Equation, read: Read): Expr | undefined {
  const at = new Map<Index, Affine>();
  for (const [d, place] of target.entries()) {
    const subscript = read.subscripts[d]!;
    const index = indices.find((i) => b.of(i) === place);
    if (index?.extent === read.tensor.shape[d]) at.set(index!, subscript);
    else if (place.terms.length > 0 || place !== subscript) return undefined;
  }
  const isPlain = at.size === indices.length && target.filter((t) => t.terms.length > 0).length === at.size;
  return isPlain ? substitute(b, body, at) : undefined;
}

/**
 * Aliases: A[i, j] = B[…], a constant, or a size, is replaced by its right side in the readers of A; so is a part
 * A[0, j] = B[…] in what reads that place. A result keeps its equation (and its readers keep reading it, unless it is a
 * constant); so does what a gradient is asked for.
 */
export function replaceAliases(graph: Graph, work: Workspace): Graph {
  const index = work.indexOf(graph);
  const b = work.builder;
  const aliases = new Map<Tensor, Equation>();
  const parts = new Map<Tensor, Equation[]>();
  const rewrite = rewriter(b, {
    after: (e) => {
      const read = asRead(e);
      if (!read) return e;
      const alias = aliases.get(read.tensor);
      if (alias) return bodyAt(b, alias, read.subscripts);
      for (const part of parts.get(read.tensor) ?? []) {
        const value = partAt(b, part, read);
        if (value) return value;
      }
      return e;
    },
  });
  let changed = false;
  const statements = graph.statements.map((s): Statement => {
    const next = work.tensorsRead(s).some((t) => aliases.has(t) || parts.has(t)) ? replaceIn(s) : s;
    changed ||= next !== s;
    if (next.kind !== "equation" || !isAlias(next, index)) return next;
    if (index.pointwise(next.tensor)) aliases.set(next.tensor, next);
    else parts.set(next.tensor, [...(parts.get(next.tensor) ?? []), next]);
    return next;
  });
  return changed ? { ...graph, statements } : graph;

  function replaceIn(s: Statement): Statement {
    if (s.kind === "equation") {
      const next = mapEquation(s, rewrite, b);
      if (next.body === s.body && sameItems(next.where, s.where) && sameItems(next.target, s.target))
        return s;
      work.record(
        "alias",
        false,
        s.tensor,
        () => printStatement(s),
        () => printStatement(next),
      );
      return next;
    }
    if (s.kind !== "reshape" && s.kind !== "override") return s;
    const alias = aliases.get(s.source);
    const source = alias && copiedWhole(alias);
    if (!source) return s;
    return s.kind === "reshape" ? b.reshape({ ...s, source }) : { ...s, id: b.id(), source };
  }
}

function sameItems(a: readonly Expr[], z: readonly Expr[]): boolean {
  return a.every((item, k) => item === z[k]);
}

/** A part that nothing is ever added to. */
function isSteadyPart(e: Equation, index: GraphIndex): boolean {
  if (e.accumulate || e.reducer !== null || e.where.length > 0) return false;
  const writers = (index.writers.get(e.tensor) ?? []).map((at) => index.graph.statements[at]!);
  return writers.every((w) => w.kind === "equation" && !w.accumulate);
}

function isAlias(e: Equation, index: GraphIndex): boolean {
  const t = e.tensor;
  if (isPersistent(t) || index.results.has(t) || index.pinned.has(t)) return false;
  if (!isTransparent(e.body) || (index.pointwise(t) === undefined && !isSteadyPart(e, index))) return false;
  const readers = index.readers.get(t);
  const last = readers?.[readers.length - 1] ?? -1;
  // A persistent tensor may be updated: then its old value lives on in the copy only.
  return readsOf(e.body).every((r) => !isPersistent(r.tensor) || index.firstWrite(r.tensor) > last);
}
