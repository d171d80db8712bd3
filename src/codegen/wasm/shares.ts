/** What a kernel that threads share begins with: the turns of this thread, for each loop that is divided. */
import type { Divided } from "../../ir/kernel.ts";
import type { Affine, Dim } from "../../ir/types.ts";
import type { Scope } from "./expressions.ts";
import { Expressions } from "./expressions.ts";
import { rowsOf, shareOf, turnsInRows } from "./team.ts";
import type { Wat } from "./text.ts";
import { get } from "./text.ts";

/** Also sets which locals hold the bounds. */
export function printShares(
  { shares, rows }: Divided,
  scope: Scope,
  locals: { set(bound: Dim, name: string): unknown },
): Wat[] {
  const expressions = new Expressions(scope);
  const print = (bound: Affine): Wat => expressions.one(bound);
  const declare = (bound: Dim): string => {
    const name = scope.fresh(bound.name, "i32");
    locals.set(bound, name);
    return name;
  };
  // Of two results the last is taken first.
  const both = (call: Wat, first: string, end: string): Wat[] => [
    call,
    ["local.set", end],
    ["local.set", first],
  ];
  if (!rows)
    return shares.flatMap(({ from, to, step, first, end }) =>
      both(shareOf(print(from), print(to), step), declare(first), declare(end)),
    );
  const [firstRow, endRow] = [scope.fresh("first_row", "i32"), scope.fresh("end_row", "i32")];
  const amongRows = (from: Wat, to: Wat): Wat => turnsInRows(from, to, get(firstRow), get(endRow));
  return [
    ...both(rowsOf(print(rows.count), rows.block), firstRow, endRow),
    ...shares.flatMap(({ from, to, first, end }) =>
      both(amongRows(print(from), print(to)), declare(first), declare(end)),
    ),
  ];
}
