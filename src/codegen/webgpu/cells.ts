/** One invocation for each turn of the outer loops of a kernel. */
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import type { CellsLaunch } from "../../ir/launch.ts";
import type { Affine, Index } from "../../ir/types.ts";
import { precedence } from "../../ir/atoms.ts";
import { within } from "../integers.ts";
import type { Names } from "../names.ts";
import type { TextBuilder } from "../text.ts";
import type { Body } from "./body.ts";
import { isClosed } from "./closed.ts";
import { wgslNames } from "./names.ts";
import type { Binding } from "./program.ts";
import { Vectors } from "./vectors.ts";

/** The loops of a nest that a launch takes apart, outermost first. */
export function launchedLoops(body: readonly KernelStatement[], indices: readonly Index[]): Loop[] {
  const wanted = new Set(indices);
  const loops: Loop[] = [];
  let block = body;
  while (wanted.size > 0) {
    const loop = block.find((s) => s.kind === "loop" && wanted.has(s.index)) as Loop | undefined;
    if (!loop) throw new Error(`a launch names loops that are no nest: ${[...wanted].map((i) => i.name)}`);
    wanted.delete(loop.index);
    loops.push(loop);
    block = loop.body;
  }
  return loops;
}

/** How many turns the loops have together. */
export function turnsOfAll(loops: readonly Loop[], body: Body): Affine {
  return loops
    .map((s) => body.turnsOf(s))
    .reduce((n, turns) => body.builder.times(n, turns), body.builder.integer(1));
}

/**
 * What each loop's index is in the turn with this number, the last loop being the fastest: `let row = cell / 10;`. Where
 * a loop has fewer turns than its range is long, that is a condition, which is returned.
 */
export function decode(
  number: string,
  loops: readonly Loop[],
  body: Body,
  names: Names,
  out: TextBuilder,
): string[] {
  const { builder: b } = body;
  const conditions: string[] = [];
  loops.forEach((s, n) => {
    const printer = body.expressions(names, out);
    const inner = turnsOfAll(loops.slice(n + 1), body);
    const turns = body.turnsOf(s);
    const isOne = (form: Affine): boolean => form.terms.length === 0 && form.constant === 1;
    let text = isOne(inner) ? number : `${number} / ${within(printer.print(inner), precedence.prefix)}`;
    if (n > 0) text += ` % ${within(printer.print(turns), precedence.prefix)}`;
    if (isOne(turns)) text = "0";
    const isPlain = /^\w+$/.test(text);
    if (s.step !== undefined && s.step !== 1) text = `${isPlain ? text : `(${text})`} * ${s.step}`;
    const from = printer.print(s.from);
    if (from.text !== "0") text = text === "0" ? from.text : `${within(from, precedence.add)} + ${text}`;
    const name = names.fresh(s.index.name);
    out.line(`let ${name} = ${text};`, body.originOf(s));
    body.call(s.index, name);
    if (isClosed(b.minus(s.to, s.from))) return;
    conditions.push(`${name} < ${within(printer.print(s.to), precedence.add)}`);
  });
  return conditions;
}

/** The statements of a nest without the loops that are launched; the innermost of these holds the leaf. */
export function printNest(
  list: readonly KernelStatement[],
  launched: ReadonlySet<Loop>,
  leaf: (list: readonly KernelStatement[]) => void,
  statement: (s: KernelStatement) => void,
): void {
  const at = list.findIndex((s) => s.kind === "loop" && launched.has(s));
  if (at < 0) return leaf(list);
  list.forEach((s, n) => {
    if (n === at) printNest((s as Loop).body, launched, leaf, statement);
    else statement(s);
  });
}

/** The body of the entry point. The number of the invocation is `cell`. */
export function printCells(
  launch: CellsLaunch,
  bindings: readonly Binding[],
  body: Body,
  out: TextBuilder,
): { readonly total: Affine; readonly vectors?: ReadonlySet<number> } {
  const loops = launchedLoops(body.kernel.body, launch.loops);
  const vectors = launch.lanes && new Vectors(loops.at(-1)!, body.kernel, bindings);
  body.vectors = vectors;
  const total = turnsOfAll(loops, body);
  const names = wgslNames(body.names);
  const origin = body.kernel.statements[0]!.origin;
  if (vectors)
    out.comment(`Four neighbouring values at once: ${loops.at(-1)!.index.name} counts vectors of four.`);
  out.line(`let cell = i32((group.y * groups.x + group.x) * ${launch.size}u + invocation);`, origin);
  const limit = body.expressions(names, out).print(total);
  out.braces(
    `if (cell < ${within(limit, precedence.add)})`,
    () => {
      const conditions = decode("cell", loops, body, names, out);
      const inside = (): void => {
        const scope = conditions.length > 0 ? wgslNames(names) : names;
        const statement = (s: KernelStatement): void => body.statement(s, scope, out);
        printNest(body.kernel.body, new Set(loops), (leaf) => leaf.forEach(statement), statement);
      };
      if (conditions.length === 0) return inside();
      out.braces(`if (${conditions.join(" && ")})`, inside, origin);
    },
    origin,
  );
  return { total, ...(vectors && { vectors: vectors.bindings }) };
}

export const cellNames = ["cell", "group", "groups", "invocation"] as const;
