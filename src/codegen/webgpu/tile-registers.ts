/** A tile whose invocations read for themselves: the loops of the sum as they stand, and all cells of a tile in each turn. */
import type { FactorFunction } from "./tile-factors.ts";
import { vectorLength } from "./tile-factors.ts";
import type { Calls, TileText } from "./tile-text.ts";
import { vectorOf } from "./tile-text.ts";

interface Shared {
  readonly shared: readonly string[];
  readonly bytes: number;
}

export function printRegisters(text: TileText): Shared {
  text.print(() => {
    const rows = text.placesOf("left", "row", text.tile.down);
    const columns = text.placesOf("right", "column", text.tile.across);
    text.declareSums();
    const isDeep = text.functions.some((f) => f.reading === "deep");
    loops(text, 0, new Map(), isDeep, (turn) => addTurn(text, rows, columns, turn, isDeep));
    text.finishCells(rows, columns);
  });
  return { shared: [], bytes: 0 };
}

/** The loops of the sum, the innermost by fours where something is read so. */
function loops(
  text: TileText,
  depth: number,
  outer: Calls,
  isDeep: boolean,
  inside: (turn: Calls) => void,
): void {
  const range = text.sides.sums[depth];
  if (!range) return inside(outer);
  const { index, from, to } = range;
  const isLast = depth === text.sides.sums.length - 1;
  const name = text.names.fresh(index.name);
  const next = isLast && isDeep ? `${name} += ${vectorLength}` : `${name}++`;
  text.block(`for (var ${name} = ${text.bound(from)}; ${name} < ${text.bound(to)}; ${next})`, () =>
    loops(text, depth + 1, new Map([...outer, [index, name]]), isDeep, inside),
  );
}

/** What one turn of the sum, or four, add to all cells of the tile. */
function addTurn(
  text: TileText,
  rows: readonly Calls[],
  columns: readonly Calls[],
  turn: Calls,
  isDeep: boolean,
): void {
  const { length, type } = vectorOf(text.tile.across);
  const last = text.sides.sums.at(-1)!.index;
  // What is read for four turns at once is read before them.
  const left = new Reads(text, text.left, rows, turn);
  const right = new Reads(text, text.right, columns, turn);
  for (let step = 0; step < (isDeep ? vectorLength : 1); step++) {
    const inner = (): void => {
      const at = step === 0 ? turn : new Map([...turn, [last, `${turn.get(last)!} + ${step}`]]);
      const factors = { left: left.at(at, step), right: right.at(at, step) };
      text.sides.products.forEach((p, n) => {
        for (let v = 0; v < text.tile.across / length; v++) {
          const values = factors.right[p.right]!.slice(v * length, (v + 1) * length);
          const name = joined(text, values, type);
          rows.forEach((_, r) => text.add(n, r, v, factors.left[p.left]![r]!, name));
        }
      });
    };
    if (isDeep) text.block("", inner);
    else inner();
  }
}

/** A name for the vector of these values: that of which they are the parts, or a new one. */
function joined(text: TileText, values: readonly string[], type: string): string {
  if (values.length === 1) return values[0]!;
  const whole = values[0]!.slice(0, -2);
  const isVector = values.length === vectorLength && values.every((v, n) => v === `${whole}.${"xyzw"[n]}`);
  if (isVector) return whole;
  const name = text.names.fresh("columns");
  text.line(`let ${name} = ${type}(${values.join(", ")});`);
  return name;
}

/** What is read of one side, for each of its rows or columns. */
class Reads {
  private readonly deep = new Map<FactorFunction, readonly string[]>();

  constructor(
    private readonly text: TileText,
    private readonly factors: readonly FactorFunction[],
    private readonly places: readonly Calls[],
    turn: Calls,
  ) {
    for (const f of factors)
      if (f.reading === "deep")
        this.deep.set(
          f,
          this.each(f, (place) => text.call(f, place, turn)),
        );
  }

  /** For each factor, its value in each place at a turn of the sum; `step`: which of four turns that is. */
  at(turn: Calls, step: number): readonly (readonly string[])[] {
    return this.factors.map((f) => {
      const known = this.deep.get(f);
      if (known) return known.map((name) => `${name}.${"xyzw"[step]}`);
      if (f.reading === "single") return this.each(f, (place) => this.text.call(f, place, turn));
      const heads = this.places.filter((_, n) => n % vectorLength === 0);
      return this.named(
        f,
        heads.map((place) => this.text.call(f, place, turn)),
      ).flatMap((name) => [..."xyzw"].map((part) => `${name}.${part}`));
    });
  }

  private each(f: FactorFunction, read: (place: Calls) => string): readonly string[] {
    return this.named(f, this.places.map(read));
  }

  private named(f: FactorFunction, reads: readonly string[]): readonly string[] {
    return reads.map((read, n) => {
      const name = this.text.names.fresh(`${f.name}_${n}`);
      this.text.line(`let ${name} = ${read};`);
      return name;
    });
  }
}
