/**
 * A tile whose workgroup brings what it reads into its memory, some turns of the sum at a time, each value once for all its
 * invocations. Turn by turn the values of neighbouring rows, or columns, lie side by side there, however they lie where they
 * come from: a transposed matrix differs in the loading alone.
 */
import { precedence } from "../../ir/atoms.ts";
import type { Affine } from "../../ir/types.ts";
import { within } from "../integers.ts";
import type { FactorFunction } from "./tile-factors.ts";
import { printInWorkgroups } from "./tile-places.ts";
import type { Calls, Side, TileText } from "./tile-text.ts";
import { vectorOf } from "./tile-text.ts";

/** One factor in the memory of the workgroup. */
interface Stage {
  readonly side: Side;
  readonly factor: FactorFunction;
  readonly name: string;
  /** Its vectors, and how many of them a turn of the sum has. */
  readonly type: string;
  readonly length: number;
  readonly width: number;
}

export function printStaged(text: TileText): { readonly shared: readonly string[]; readonly bytes: number } {
  const turns = text.tile.staged;
  const stages = (["left", "right"] as const).flatMap((side) => stagesOf(text, side));
  printInWorkgroups(text, () => {
    const rows = text.placesOf("left", "row", text.tile.down);
    const columns = text.placesOf("right", "column", text.tile.across);
    text.declareSums();
    const all = allTurns(text);
    const start = text.names.fresh("start");
    text.block(`for (var ${start} = 0; ${start} < ${all.text}; ${start} += ${turns})`, () => {
      stages.forEach((stage) => load(text, stage, start, all));
      text.line("workgroupBarrier();");
      const turn = text.names.fresh("turn");
      text.block(`for (var ${turn} = 0; ${turn} < ${turns}; ${turn}++)`, () => addTurn(text, stages, turn));
      text.line("workgroupBarrier();");
    });
    text.finishCells(rows, columns);
  });
  const count = (s: Stage): number => turns * s.width;
  return {
    shared: stages.map((s) => `var<workgroup> ${s.name}: array<${s.type}, ${count(s)}>;`),
    bytes: stages.reduce((n, s) => n + 4 * s.length * count(s), 0),
  };
}

function stagesOf(text: TileText, side: Side): Stage[] {
  const [factors, own, all] =
    side === "left"
      ? [text.left, text.tile.down, text.tileRows]
      : [text.right, text.tile.across, text.tileColumns];
  const { length, type } = vectorOf(own);
  return factors.map((factor) => ({
    side,
    factor,
    name: text.body.names.fresh(`${factor.name}_tile`),
    type,
    length,
    width: all / length,
  }));
}

/** How many turns the sum has in all: a number, or a name for it. */
interface Turns {
  readonly text: string;
  readonly count: Affine | undefined;
}

function allTurns(text: TileText): Turns {
  const b = text.body.builder;
  const spans = text.sides.sums.map(({ from, to }) => b.minus(to, from));
  const count = spans.reduce((n, span) => b.times(n, span), b.integer(1));
  if (b.constantOf(count) !== undefined) return { text: text.bound(count), count };
  const name = text.names.fresh("turns");
  text.line(`let ${name} = ${text.bound(count)};`);
  return { text: name, count };
}

/** The invocations of a workgroup bring one vector after the other, neighbours those that lie near in memory. */
function load(text: TileText, stage: Stage, start: string, all: Turns): void {
  const { side, width, length, type } = stage;
  const { staged } = text.tile;
  const slot = text.names.fresh("slot");
  const total = staged * width;
  text.block(`for (var ${slot} = i32(invocation); ${slot} < ${total}; ${slot} += ${text.tile.size})`, () => {
    const isDeep = liesDeep(text, stage);
    const turn = isDeep ? `${slot} % ${staged}` : `${slot} / ${width}`;
    const place = isDeep ? `${slot} / ${staged}` : `${slot} % ${width}`;
    const [turnName, placeName] = [text.names.fresh("turn"), text.names.fresh("place")];
    text.line(`let ${turnName} = ${turn};`);
    text.line(`let ${placeName} = ${place};`);
    const value = text.names.fresh("value");
    text.line(`var ${value} = ${type}();`);
    const at = `${start} + ${turnName}`;
    const read = (): void => {
      const indices = digitsOfTurn(text, at);
      const first = text.names.fresh(side === "left" ? "first_row" : "first_column");
      const tile = side === "left" ? "tile_row" : "tile_column";
      text.line(`let ${first} = ${tile} + ${placeName}${length === 1 ? "" : ` * ${length}`};`);
      text.line(`${value} = ${vectorAt(text, stage, first, indices)};`);
    };
    const known = all.count && text.body.builder.constantOf(all.count);
    if (known !== undefined && known % staged === 0) read();
    else text.block(`if (${at} < ${all.text})`, read);
    text.line(`${stage.name}[${turnName} * ${width} + ${placeName}] = ${value};`);
  });
}

function vectorAt(text: TileText, { side, factor, length, type }: Stage, first: string, turn: Calls): string {
  if (factor.reading === "along") {
    const [place] = text.placesOf(side, first, 1);
    return text.call(factor, place!, turn);
  }
  const values = text.placesOf(side, first, length).map((place) => text.call(factor, place, turn));
  return length === 1 ? values[0]! : `${type}(${values.join(", ")})`;
}

/** Whether neighbouring turns of the sum are nearer in memory than neighbouring rows, or columns. */
function liesDeep(text: TileText, { side, factor }: Stage): boolean {
  if (factor.reading !== "single") return false;
  const factors = side === "left" ? text.sides.left : text.sides.right;
  const { value } = factors[(side === "left" ? text.left : text.right).indexOf(factor)]!;
  const last = value.kind === "read" ? value.subscripts.at(-1) : undefined;
  const sum = text.sides.sums.at(-1)!.index;
  return last?.terms.some((t) => t.atom === sum && t.factor === 1) === true;
}

/** The indices of the sum at one of all its turns, the innermost fastest. */
function digitsOfTurn(text: TileText, at: string): Calls {
  const b = text.body.builder;
  const { sums } = text.sides;
  const calls = new Map<(typeof sums)[number]["index"], string>();
  sums.forEach(({ index, from, to }, n) => {
    const inner = sums.slice(n + 1).reduce((p, s) => b.times(p, b.minus(s.to, s.from)), b.integer(1));
    const isLast = b.constantOf(inner) === 1;
    let digit = isLast ? `(${at})` : `(${at}) / ${inPlace(text, inner)}`;
    if (n > 0) digit += ` % ${inPlace(text, b.minus(to, from))}`;
    const start = text.bound(from);
    const name = text.names.fresh(index.name);
    text.line(`let ${name} = ${start === "0" ? digit : `${start} + ${digit}`};`);
    calls.set(index, name);
  });
  return calls;
}

const inPlace = (text: TileText, form: Affine): string => {
  text.bound(form);
  return within(text.body.expressions(text.names, text.out).print(form), precedence.prefix);
};

/** What one turn of the sum adds to all cells of the tile of an invocation. */
function addTurn(text: TileText, stages: readonly Stage[], turn: string): void {
  const { down, across } = text.tile;
  const values = new Map<FactorFunction, readonly string[]>();
  for (const { side, factor, name, length, width } of stages) {
    const own = side === "left" ? "own_row" : "own_column";
    const vectors = (side === "left" ? down : across) / length;
    const names = Array.from({ length: vectors }, (_, v) => {
      const at = `${turn} * ${width} + ${length === 1 ? own : `${own} / ${length}`}${v === 0 ? "" : ` + ${v}`}`;
      const value = text.names.fresh(`${factor.name}_${v}`);
      text.line(`let ${value} = ${name}[${at}];`);
      return value;
    });
    values.set(factor, names);
  }
  const { length: columnLength } = vectorOf(across);
  const { length: rowLength } = vectorOf(down);
  text.sides.products.forEach((p, n) => {
    const left = values.get(text.left[p.left]!)!;
    const right = values.get(text.right[p.right]!)!;
    for (let v = 0; v < across / columnLength; v++)
      for (let r = 0; r < down; r++) {
        const row = left[Math.floor(r / rowLength)]!;
        text.add(n, r, v, rowLength === 1 ? row : `${row}.${"xyzw"[r % rowLength]}`, right[v]!);
      }
  });
}
