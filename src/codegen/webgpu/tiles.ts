/**
 * A contraction in tiles: every invocation computes some rows of some columns at once, in registers, and so uses what it reads
 * for all of them. Lam, Rothberg and Wolf, "The cache performance and optimizations of blocked algorithms" (1991).
 */
import type { SummingLeaf } from "../../ir/contraction.ts";
import { sidesOf, summingLeaf } from "../../ir/contraction.ts";
import type { KernelStatement, Let } from "../../ir/kernel.ts";
import { expressionsIn } from "../../ir/kernel-walk.ts";
import type { TilesLaunch } from "../../ir/launch.ts";
import { nestOf } from "../../ir/nest.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Affine, Index, Local } from "../../ir/types.ts";
import type { Line } from "../text.ts";
import { TextBuilder } from "../text.ts";
import type { Body } from "./body.ts";
import { wgslNames } from "./names.ts";
import type { Binding } from "./program.ts";
import { groupsOf } from "./tile-places.ts";
import { printRegisters } from "./tile-registers.ts";
import { printStaged } from "./tile-staged.ts";
import { TileText } from "./tile-text.ts";

export interface PrintedTiles {
  readonly groups: Affine;
  readonly size: number;
  readonly shared: readonly string[];
  readonly bytes: number;
  /** What the entry point calls. */
  readonly functions: readonly (readonly Line[])[];
  /** The bindings that are arrays of vectors. */
  readonly vectors: ReadonlySet<number>;
}

/** Names that stand in an entry point over tiles. */
export const tileNames = ["tile_number", "row", "column", "group", "groups", "invocation"] as const;

export function printTiles(
  launch: TilesLaunch,
  bindings: readonly Binding[],
  body: Body,
  out: TextBuilder,
): PrintedTiles {
  const { lets, leaf } = nestOf(body.kernel.body);
  const b = body.builder;
  const summing = summingLeaf(leaf, lets, b);
  const sides = summing && sidesOf(summing, launch.rows, launch.columns, b);
  if (!sides) throw new Error(`\`${body.kernel.name}\` is no contraction over the loops of its launch`);
  const finish = printFinish(launch, lets, summing, body);
  const text = new TileText(launch, summing, sides, finish, bindings, body, out);
  const shared = launch.tile.staged > 0 ? printStaged(text) : printRegisters(text);
  return {
    groups: groupsOf(text),
    size: launch.tile.size,
    ...shared,
    functions: [...text.functions.map((f) => f.lines), finish.lines],
    vectors: text.vectors,
  };
}

export interface Finish {
  readonly name: string;
  readonly parameters: readonly Index[];
  /** The sums that it is passed behind the indices. */
  readonly sums: readonly Local[];
  readonly lines: readonly Line[];
}

/** What becomes of the sums of a cell: a function of its indices and of them. */
function printFinish(
  { batch, rows, columns }: TilesLaunch,
  lets: readonly Let[],
  { before, variables, after }: SummingLeaf,
  body: Body,
): Finish {
  const parameters = [...batch, ...rows, ...columns];
  const sums = variables.map((s) => s.local);
  const name = body.names.fresh("finish");
  const names = wgslNames(body.names);
  const passed = [
    ...parameters.map((i) => {
      const parameter = names.fresh(i.name);
      body.call(i, parameter);
      return `${parameter}: i32`;
    }),
    ...sums.map((local) => {
      const parameter = names.fresh(local.name);
      body.call(local, parameter);
      return `${parameter}: f32`;
    }),
  ];
  const out = new TextBuilder("javascript");
  const origin = body.originOf(after.at(-1)!);
  out.braces(
    `fn ${name}(${passed.join(", ")})`,
    () => body.statements([...needed([...lets, ...before], after), ...after], names, out),
    origin,
  );
  return { name, parameters, sums, lines: out.lines };
}

/** Those of the values that statements need. */
function needed(lets: readonly Let[], after: readonly KernelStatement[]): Let[] {
  const wanted = new Set<Local>();
  const note = (roots: Parameters<typeof visit>[0]): void =>
    visit(roots, (e) => {
      if (e.kind === "local") wanted.add(e);
    });
  note(expressionsIn(after));
  const kept = lets.toReversed().filter((s) => {
    if (!wanted.has(s.local)) return false;
    note([s.value]);
    return true;
  });
  return kept.toReversed();
}
