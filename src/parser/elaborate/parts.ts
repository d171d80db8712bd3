/** Tensors that are defined in parts: `s[0] = h0`, `s[t + 1, b, j] = …`. Every cell must be defined exactly once. */
import { rangeOf } from "../../ir/affine.ts";
import type { Affine, Index, Span, Tensor } from "../../ir/types.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { report } from "./environment.ts";
import { checkOrder } from "./order.ts";
import { printExtent } from "./values.ts";

export interface Part {
  readonly indices: readonly Index[];
  readonly target: readonly Affine[];
  readonly span: Span;
}

interface Entry {
  readonly env: Environment;
  readonly span: Span;
  readonly parts: Part[];
}

export type PartsTable = Map<Tensor, Entry>;

/** More cells than this are not counted one by one. */
const countable = 2_000_000;

export function addPart(elab: Elaboration, env: Environment, tensor: Tensor, part: Part): void {
  const entry = elab.parts.get(tensor);
  if (entry) entry.parts.push(part);
  else elab.parts.set(tensor, { env, span: tensor.span, parts: [part] });
}

/** Reports cells that are defined twice, never, or too late for what reads them, once all parts are known. */
export function checkParts(elab: Elaboration): void {
  const raggedOf = (tensor: Tensor, { parts }: Entry): number[] =>
    tensor.shape.map((_, d) => d).filter((d) => !parts.every((p) => isWhole(p, d, tensor.shape[d]!)));
  for (const [tensor, entry] of elab.parts) {
    const ragged = raggedOf(tensor, entry);
    if (ragged.length === 0) {
      if (entry.parts.length > 1) overlap(elab, entry, tensor, entry.parts[1]!.span);
    } else if (ragged.length === 1 && !isNumeric(tensor.shape[ragged[0]!]!)) {
      checkChain(elab, entry, tensor, ragged[0]!);
    } else {
      checkCells(elab, entry, tensor, ragged);
    }
  }
  if (elab.diagnostics.hasErrors) return;
  for (const [tensor, entry] of elab.parts) {
    const ragged = raggedOf(tensor, entry);
    if (ragged.length > 0) checkOrder(elab, entry.env, tensor, ragged);
  }
}

/** Whether the part ranges over the whole of dimension d with an index used nowhere else. */
function isWhole(part: Part, d: number, extent: Affine): boolean {
  const t = part.target[d]!;
  const atom =
    t.constant === 0 && t.terms.length === 1 && t.terms[0]!.factor === 1 ? t.terms[0]!.atom : undefined;
  if (atom?.kind !== "index" || atom.extent !== extent) return false;
  return part.target.every((other, k) => k === d || other.terms.every((term) => term.atom !== atom));
}

const isNumeric = (e: Affine): boolean => e.terms.length === 0;

function overlap(elab: Elaboration, entry: Entry, tensor: Tensor, span: Span): void {
  report(elab, entry.env, "NN2014", span, { name: tensor.name, problem: "some cells are defined twice" });
}

function gap(elab: Elaboration, entry: Entry, tensor: Tensor, where: string): void {
  const problem = `the cells at ${where} are never defined`;
  report(elab, entry.env, "NN2014", entry.parts[0]!.span, { name: tensor.name, problem });
}

/** One dimension of dynamic extent: the parts must follow one another, [0, a), [a, b), …, up to the extent. */
function checkChain(elab: Elaboration, entry: Entry, tensor: Tensor, d: number): void {
  const { builder: b } = elab;
  const stretches = entry.parts.map((part) => {
    const t = part.target[d]!;
    const index = t.terms.find((term) => term.atom.kind === "index");
    if (!index) return { from: t, to: b.plus(t, 1) };
    if (index.factor !== 1 || index.atom.kind !== "index") return undefined;
    const from = b.minus(t, index.atom);
    return { from, to: b.plus(from, index.atom.extent) };
  });
  let at: Affine = b.integer(0);
  for (let n = 0; n < stretches.length; n++) {
    const next = stretches.find((s) => s?.from === at);
    if (!next) return gap(elab, entry, tensor, `${printExtent(at)} of dimension ${d}`);
    at = next.to;
  }
  if (at !== tensor.shape[d]) gap(elab, entry, tensor, `${printExtent(at)} of dimension ${d}`);
}

/** Static extents: counts how often every cell is defined. */
function checkCells(elab: Elaboration, entry: Entry, tensor: Tensor, ragged: readonly number[]): void {
  const extents = ragged.map((d) => rangeOf(tensor.shape[d]!).high);
  const size = extents.reduce((n, e) => n * e, 1);
  if (size > countable || ragged.some((d) => !isNumeric(tensor.shape[d]!))) {
    const problem = "it can't be checked that every cell is defined exactly once";
    report(elab, entry.env, "NN2014", entry.parts[0]!.span, { name: tensor.name, problem });
    return;
  }
  const seen = new Uint8Array(size);
  for (const part of entry.parts) {
    const used = part.indices.filter((i) =>
      ragged.some((d) => part.target[d]!.terms.some((t) => t.atom === i)),
    );
    for (const place of placesOf(part, ragged, used)) {
      const cell = place.reduce((n, p, k) => n * extents[k]! + p, 0);
      if (seen[cell]) return overlap(elab, entry, tensor, part.span);
      seen[cell] = 1;
    }
  }
  const missing = seen.indexOf(0);
  if (missing >= 0) gap(elab, entry, tensor, describeCell(missing, ragged, extents));
}

/** The numeric subscripts in the ragged dimensions, for every value of the indices used there. */
function* placesOf(part: Part, ragged: readonly number[], used: readonly Index[]): Generator<number[]> {
  const values = used.map(() => 0);
  const extents = used.map((i) => rangeOf(i.extent).high);
  while (true) {
    yield ragged.map((d) =>
      part.target[d]!.terms.reduce((sum, t) => {
        const k = t.atom.kind === "index" ? used.indexOf(t.atom) : -1;
        return sum + t.factor * (k < 0 ? 0 : values[k]!);
      }, part.target[d]!.constant),
    );
    let k = used.length - 1;
    while (k >= 0 && ++values[k]! >= extents[k]!) values[k--] = 0;
    if (k < 0) return;
  }
}

function describeCell(cell: number, ragged: readonly number[], extents: readonly number[]): string {
  const place: number[] = [];
  for (let k = extents.length - 1; k >= 0; k--) {
    place.unshift(cell % extents[k]!);
    cell = Math.floor(cell / extents[k]!);
  }
  return place.map((p, k) => `${p} of dimension ${ragged[k]}`).join(", ");
}
