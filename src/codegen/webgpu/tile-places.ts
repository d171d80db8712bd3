/** Which tile an invocation has: by its place in a workgroup that shares what it reads, or in the row of all tiles. */
import { precedence } from "../../ir/atoms.ts";
import type { Affine } from "../../ir/types.ts";
import type { TileText } from "./tile-text.ts";

const isOne = (form: Affine): boolean => form.terms.length === 0 && form.constant === 1;

/** How many rows and columns of tiles, or of workgroups of them, there are for each turn of the batch. */
function extentsOf(text: TileText): { readonly below: Affine; readonly beside: Affine } {
  return {
    below: text.tilesOver(text.rows, text.tileRows),
    beside: text.tilesOver(text.columns, text.tileColumns),
  };
}

/** How many workgroups there are, in terms of the kernel's dimensions. */
export function groupsOf(text: TileText): Affine {
  const all = numberOf(text);
  return text.tile.staged > 0 ? all : text.tilesOver(all, text.tile.size);
}

/** How many workgroups there are, or, where these share nothing, invocations. */
function numberOf(text: TileText): Affine {
  const b = text.body.builder;
  const { below, beside } = extentsOf(text);
  const each = b.times(below, beside);
  const all = b.times(text.turns(text.launch.batch), each);
  return text.tile.staged > 0 ? all : b.times(all, text.tile.beside);
}

const times = (number: string, count: number): string =>
  count === 1 || number === "0" ? number : `${/^\w+$/.test(number) ? number : `(${number})`} * ${count}`;

/** A block for those that have a tile: `inside` prints what they do at `row` and `column`. */
function printAt(text: TileText, number: string, places: () => void, inside: () => void): void {
  text.line(`let tile_number = ${number};`);
  text.out.braces(
    `if (tile_number < ${text.text(numberOf(text))})`,
    () => {
      places();
      inside();
    },
    text.origin,
  );
}

/** Workgroups are rectangles of tiles, one for each `tile_number`. */
export function printInWorkgroups(text: TileText, inside: () => void): void {
  const { down, across, beside } = text.tile;
  const places = (): void => {
    const { column, row } = digits(text, "tile_number");
    text.line(`let tile_row = ${times(row, text.tileRows)};`);
    text.line(`let tile_column = ${times(column, text.tileColumns)};`);
    text.line(`let own_row = ${times(`i32(invocation) / ${beside}`, down)};`);
    text.line(`let own_column = ${times(`i32(invocation) % ${beside}`, across)};`);
    text.line("let row = tile_row + own_row;");
    text.line("let column = tile_column + own_column;");
  };
  printAt(text, "i32(group.y * groups.x + group.x)", places, inside);
}

/** Tiles are numbered in strips: so many side by side, then those below; `tile_number` is that of the invocation. */
export function printInStrips(text: TileText, inside: () => void): void {
  const { across, down, beside, size } = text.tile;
  const places = (): void => {
    const strip = beside === 1 ? "tile_number" : `tile_number / ${beside}`;
    const { column, row } = digits(text, strip, "below");
    text.line(`let row = ${times(row, down)};`);
    const first = times(column, beside);
    const own = beside === 1 ? "" : `tile_number % ${beside}`;
    const tile = first === "0" ? own || "0" : own ? `${first} + ${own}` : first;
    text.line(`let column = ${times(tile, across)};`);
  };
  printAt(text, `i32((group.y * groups.x + group.x) * ${size}u + invocation)`, places, inside);
}

/** Names the indices of the batch, and tells which column and which row of it has this number, one of them the fastest. */
function digits(
  text: TileText,
  number: string,
  fastest: "beside" | "below" = "beside",
): { readonly column: string; readonly row: string } {
  const b = text.body.builder;
  const extents = extentsOf(text);
  const inner = extents[fastest];
  const outer = extents[fastest === "beside" ? "below" : "beside"];
  const { batch } = text.launch;
  const divided = (by: Affine): string =>
    isOne(by)
      ? number
      : /^\w+ \/ \d+$/.test(number) && by.terms.length === 0
        ? number.replace(/\d+$/, (n) => `${Number(n) * by.constant}`)
        : `${number} / ${text.text(by, precedence.prefix)}`;
  const rest = (extent: Affine): string => ` % ${text.text(extent, precedence.prefix)}`;
  if (batch.length > 0) text.batch = text.digits(divided(b.times(inner, outer)), batch, "");
  const isLast = batch.length === 0;
  const fast = isOne(inner) ? "0" : number + (isLast && isOne(outer) ? "" : rest(inner));
  const slow = isOne(outer) ? "0" : divided(inner) + (isLast ? "" : rest(outer));
  return fastest === "beside" ? { column: fast, row: slow } : { column: slow, row: fast };
}
