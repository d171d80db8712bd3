/**
 * What a contraction reads: a function for each factor, of the indices that it depends on. Where four neighbours lie side
 * by side in memory they are read at once; the buffer is then an array of vectors.
 */
import type { Factor } from "../../ir/contraction.ts";
import { expressionsIn } from "../../ir/kernel-walk.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Summand } from "../../ir/summands.ts";
import { summands, vectorLength } from "../../ir/summands.ts";
import type { Affine, Index, Read, Tensor, Term } from "../../ir/types.ts";
import type { Line } from "../text.ts";
import { TextBuilder } from "../text.ts";
import type { Body } from "./body.ts";
import { wgslNames } from "./names.ts";
import type { Binding } from "./program.ts";

/** How a factor is read: one value; four of neighbouring rows or columns; or four of neighbouring turns of the sum. */
export type Reading = "single" | "along" | "deep";

export interface FactorFunction {
  readonly name: string;
  readonly reading: Reading;
  /** The indices that it is called with, in order. */
  readonly parameters: readonly Index[];
  readonly lines: readonly Line[];
}

/**
 * `along`: the index whose neighbouring turns a tile takes together, four or more; `deep`: that of the sum, where its turns
 * are taken by fours.
 */
export interface Directions {
  readonly along: Index | undefined;
  readonly deep: Index | undefined;
}

/** How a factor can be read, and the binding that is an array of vectors then. */
export function readingOf(
  factor: Factor,
  { along, deep }: Directions,
  body: Body,
  bindings: readonly Binding[],
): { readonly reading: Reading; readonly binding?: number } {
  const { value } = factor;
  if (value.kind !== "read") return { reading: "single" };
  const binding = onlyReadIn(value, body, bindings);
  if (binding === undefined) return { reading: "single" };
  const isFree = (i: Index | undefined): i is Index =>
    i !== undefined && !factor.conditions.some((c) => freeIndices(c).has(i)) && liesAlong(value, i);
  if (isFree(along)) return { reading: "along", binding };
  return isFree(deep) ? { reading: "deep", binding } : { reading: "single" };
}

/** The binding that holds what is read, where nothing else is in it and nothing else reads it. */
function onlyReadIn(read: Read, { kernel }: Body, bindings: readonly Binding[]): number | undefined {
  const own = kernel.buffers.findIndex(({ tensor }) => tensor === read.tensor);
  const at = bindings.findIndex(({ buffers, access }) => access === "read" && buffers.includes(own));
  if (at < 0 || bindings[at]!.buffers.length > 1 || read.type !== "f32") return undefined;
  const reads = new Set(readsOf(...expressionsIn(kernel.body)).filter((r) => r.tensor === read.tensor));
  return reads.size === 1 ? at : undefined;
}

/** Whether four turns of an index, from a multiple of four on, read four values that lie side by side, from such a place. */
function liesAlong({ tensor, subscripts }: Read, index: Index): boolean {
  const last = subscripts.at(-1);
  if (last === undefined || !isWhole(tensor.shape.at(-1)!) || !isWhole(index.extent)) return false;
  const others = last.terms.filter((t) => t.atom !== index);
  const slope = last.terms.find((t) => t.atom === index)?.factor;
  return (
    slope === 1 &&
    last.constant % vectorLength === 0 &&
    others.every((t) => t.factor % vectorLength === 0) &&
    !freeIndices(...subscripts.slice(0, -1)).has(index) &&
    !others.some(
      (t) => t.atom.kind !== "index" && t.atom.kind !== "dim" && freeIndices(t.atom.value).has(index),
    )
  );
}

const isWhole = (extent: Affine): boolean =>
  extent.terms.length === 0 && extent.constant % vectorLength === 0;

/** A function that reads a factor; `order`: the indices that it may depend on, as they are passed. */
export function printFactor(
  name: string,
  factor: Factor,
  reading: Reading,
  order: readonly Index[],
  body: Body,
): FactorFunction {
  const { value, conditions } = factor;
  const free = freeIndices(value, ...conditions);
  const parameters = order.filter((i) => free.has(i));
  const out = new TextBuilder("javascript");
  const names = wgslNames(body.names);
  const passed = parameters.map((i) => {
    const parameter = names.fresh(i.name);
    body.call(i, parameter);
    return `${parameter}: i32`;
  });
  const origin = body.kernel.statements[0]!.origin;
  const type = reading === "single" ? "f32" : "vec4f";
  out.braces(
    `fn ${name}(${passed.join(", ")}) -> ${type}`,
    () => {
      const zero = reading === "single" ? "0.0" : "vec4f()";
      // One condition after the other: what stands behind a false one is not read.
      for (const c of conditions) {
        const test = body.expressions(names, out).print(body.builder.apply("not", [c]));
        out.line(`if (${test.text}) { return ${zero}; }`, origin);
      }
      const printer = body.expressions(names, out);
      if (reading === "single" || value.kind !== "read")
        return out.line(`return ${printer.text(value)};`, origin);
      const { name: buffer } = body.tensor(value.tensor);
      const address = body.address(value.tensor, value.subscripts, printer);
      out.line(`return ${buffer}[${quarterOf(address)}];`, origin);
    },
    origin,
  );
  return { name, reading, parameters, lines: out.lines };
}

// ---------------------------------------------------------------------------------------------------- addresses in parts

/** Where a factor is read: what its row or column says of the address, and what the turn of the sum says. */
export interface SplitAddress {
  readonly tensor: Tensor;
  readonly place: readonly Summand[];
  readonly turn: readonly Summand[];
}

/** The address of a factor that is nothing but a read, where no part of it depends on a place and on a turn at once. */
export function splitAddress(
  { value, conditions }: Factor,
  sums: ReadonlySet<Index>,
  body: Body,
): SplitAddress | undefined {
  if (value.kind !== "read" || value.type !== "f32" || conditions.length > 0) return undefined;
  const { tensor } = value;
  if (body.tensor(tensor).byValue) return undefined;
  const freeIn = (t: Term): ReadonlySet<Index> => freeIndices(termOf(t, body));
  const isOfTurn = (t: Term): boolean => [...freeIn(t)].some((i) => sums.has(i));
  const isOfBoth = (t: Term): boolean => isOfTurn(t) && ![...freeIn(t)].every((i) => sums.has(i));
  const all = summands(tensor, value.subscripts);
  if (all.some(({ terms }) => terms.some(isOfBoth))) return undefined;
  const turn = all.map((part) => ({ ...part, terms: part.terms.filter(isOfTurn), constant: 0 }));
  return {
    tensor,
    place: all.map((part) => ({ ...part, terms: part.terms.filter((t) => !isOfTurn(t)) })),
    turn: turn.filter(({ terms }) => terms.length > 0),
  };
}

const termOf = ({ atom }: Term, { builder }: Body): Affine => builder.toAffine(atom);

/** A quarter of a number of the address, as text; what is left of it belongs to values in one vector. */
export const quarterOf = (address: string): string => `(${address}) >> 2u`;
