/** The documented examples of the library with batches whose size is known at each call only. */
import { isTrained, modelOf, statementsOf, withLoss } from "../../scripts/library/examples.ts";
import { check } from "../../src/index.ts";
import type { InputStatement } from "../../src/parser/syntax.ts";
import { library } from "../../src/std/index.ts";

/** The largest batch. */
export const largestBatch = 5;

/**
 * The model in which the first extent of the first input, and of all that have the same one, is a dimension of the call.
 * So that the example has a gradient, its floats are shifted by parameters that all rows share, and what is no batch is a
 * parameter. Undefined where the example has no input, or where it is none of batches: the state of a cell, a list of two.
 */
export function batched(body: string): string | undefined {
  const source = modelOf(body);
  const inputs = statementsOf(source).filter((s): s is InputStatement => s.kind === "input");
  const extents = inputs.map((s) => extentsOf(source, s));
  const rows = extents[0]?.[0];
  if (rows === undefined || !/^\d+$/.test(rows)) return undefined;
  let text = source;
  for (const [k, input] of [...inputs.entries()].toReversed()) {
    const given = batchedInput(source, input, extents[k]!, rows, isTrained(body));
    text = text.slice(0, input.span.start) + given + text.slice(input.span.end);
  }
  text = text.replace("{\n", `{\n  dim batch <= ${largestBatch}\n`);
  return check(text).diagnostics.length > 0 ? undefined : withLoss(text, library);
}

/** The extents of an input, as they are written. */
const extentsOf = (source: string, { type }: InputStatement): string[] =>
  (type.extents ?? []).map(({ span }) => source.slice(span.start, span.end));

function batchedInput(
  source: string,
  { name, type }: InputStatement,
  [first, ...others]: readonly string[],
  rows: string,
  isTrained: boolean,
): string {
  const whole = source.slice(type.span.start, type.span.end);
  const isBatch = first === rows;
  const given = isBatch ? whole.replace(/\[\d+/, "[batch") : whole;
  if (type.element !== "float" || isTrained) return `input ${name.text}: ${given}`;
  if (!isBatch) return `param ${name.text}: ${whole} ~ normal(0, 1)`;
  const shift = `${name.text}_shift`;
  return `input ${name.text}_given: ${given}
  param ${shift}: [${others.join(", ")}] ~ normal(0, 1)
  ${name.text} = ${name.text}_given + ${shift}`;
}
