/** A tile whose invocations read for themselves: the loops of the sum as they stand, and all cells of a tile in each turn. */
import type { Factor } from "../../ir/contraction.ts";
import type { Summand } from "../../ir/summands.ts";
import { inVectors, vectorLength } from "../../ir/summands.ts";
import type { Index, Tensor } from "../../ir/types.ts";
import { printAddress } from "../addresses.ts";
import type { FactorFunction, SplitAddress } from "./tile-factors.ts";
import { quarterOf, splitAddress } from "./tile-factors.ts";
import { printInStrips } from "./tile-places.ts";
import type { Calls, TileText } from "./tile-text.ts";
import { vectorOf } from "./tile-text.ts";

interface Shared {
  readonly shared: readonly string[];
  readonly bytes: number;
}

export function printRegisters(text: TileText): Shared {
  printInStrips(text, () => {
    const rows = text.placesOf("left", "row", text.tile.down);
    const columns = text.placesOf("right", "column", text.tile.across);
    text.declareSums();
    const left = new Reads(text, text.left, text.sides.left, rows);
    const right = new Reads(text, text.right, text.sides.right, columns);
    const steps = text.deep ? vectorLength : 1;
    loops(text, 0, new Map(), steps, (turn) => addTurn(text, left, right, turn, steps));
    text.finishCells(rows, columns);
  });
  return { shared: [], bytes: 0 };
}

/** The loops of the sum, of the innermost several turns at once. */
function loops(
  text: TileText,
  depth: number,
  outer: Calls,
  steps: number,
  inside: (turn: Calls) => void,
): void {
  const range = text.sides.sums[depth];
  if (!range) return inside(outer);
  const { index, from, to } = range;
  const isLast = depth === text.sides.sums.length - 1;
  const name = text.names.fresh(index.name);
  const next = isLast && steps > 1 ? `${name} += ${steps}` : `${name}++`;
  const end = text.bound(to);
  const known = /^\w+$/.test(end) ? end : text.names.fresh(`${name}_end`);
  if (known !== end) text.line(`let ${known} = ${end};`);
  text.block(`for (var ${name} = ${text.bound(from)}; ${name} < ${known}; ${next})`, () =>
    loops(text, depth + 1, new Map([...outer, [index, name]]), steps, inside),
  );
}

/** What one turn of the sum, or several, add to all cells of the tile. */
function addTurn(text: TileText, left: Reads, right: Reads, turn: Calls, steps: number): void {
  const { length, type } = vectorOf(text.tile.across);
  left.begin(turn);
  right.begin(turn);
  for (let step = 0; step < steps; step++) {
    const inner = (): void => {
      const factors = { left: left.at(step), right: right.at(step) };
      text.sides.products.forEach((p, n) => {
        for (let v = 0; v < text.tile.across / length; v++) {
          const values = factors.right[p.right]!.slice(v * length, (v + 1) * length);
          const name = joined(text, values, type);
          for (let r = 0; r < text.tile.down; r++) text.add(n, r, v, factors.left[p.left]![r]!, name);
        }
      });
    };
    if (steps > 1) text.block("", inner);
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

/** A factor whose address has parts: what is known of each place before the sum begins. */
interface Addressed {
  readonly split: SplitAddress;
  /** By place: the names of these parts. */
  readonly places: readonly string[];
}

/** What is read of one side, for each of its rows or columns. */
class Reads {
  private readonly addressed = new Map<FactorFunction, Addressed>();
  private readonly deep = new Map<FactorFunction, readonly string[]>();
  private turn: Calls = new Map();

  constructor(
    private readonly text: TileText,
    private readonly functions: readonly FactorFunction[],
    factors: readonly Factor[],
    private readonly places: readonly Calls[],
  ) {
    const sums = new Set(text.launch.sums);
    functions.forEach((f, n) => {
      const split = splitAddress(factors[n]!, sums, text.body);
      if (split) this.addressed.set(f, { split, places: this.placesOf(f, split) });
    });
  }

  private placesOf(f: FactorFunction, { tensor, place }: SplitAddress): readonly string[] {
    const { text } = this;
    return this.headsOf(f).map((calls, n) => {
      for (const [index, name] of [...text.batch, ...calls]) text.body.call(index, name);
      const address = addressOf(text, tensor, place, f.reading !== "single");
      const name = text.names.fresh(`${f.name}_at_${n}`);
      text.line(`let ${name} = ${address};`);
      return name;
    });
  }

  /** The places that are read for themselves: of vectors along rows or columns, those where they begin. */
  private headsOf(f: FactorFunction): readonly Calls[] {
    return f.reading === "along" ? this.places.filter((_, n) => n % vectorLength === 0) : this.places;
  }

  /** From here on values are read at this turn, and at those after it. What is read for four of them at once is read now. */
  begin(turn: Calls): void {
    this.turn = turn;
    this.deep.clear();
    for (const f of this.functions) if (f.reading === "deep") this.deep.set(f, this.read(f, 0));
  }

  /** For each factor, its value in each place, so many turns further on. */
  at(step: number): readonly (readonly string[])[] {
    return this.functions.map((f) => {
      const known = this.deep.get(f);
      if (known) return known.map((name) => `${name}.${"xyzw"[step]}`);
      const names = this.read(f, step);
      return f.reading === "single"
        ? names
        : names.flatMap((name) => [..."xyzw"].map((part) => `${name}.${part}`));
    });
  }

  private read(f: FactorFunction, step: number): readonly string[] {
    const { text } = this;
    const reads = this.readsOf(f, step);
    return reads.map((read, n) => {
      const name = text.names.fresh(`${f.name}_${n}`);
      text.line(`let ${name} = ${read};`);
      return name;
    });
  }

  private readsOf(f: FactorFunction, step: number): readonly string[] {
    const { text, turn } = this;
    const known = this.addressed.get(f);
    const last = text.sides.sums.at(-1)!.index;
    if (!known) {
      const at = step === 0 ? turn : new Map([...turn, [last, `${turn.get(last)!} + ${step}`]]);
      return this.headsOf(f).map((place) => text.call(f, place, at));
    }
    const { split, places } = known;
    for (const [index, name] of turn) text.body.call(index, name);
    const { name } = text.body.tensor(split.tensor);
    const parts = split.turn.map((part) => further(part, last, step));
    const offset = addressOf(text, undefined, parts, f.reading !== "single");
    const within = /^\w+$/.test(offset) ? offset : text.names.fresh(`${f.name}_turn`);
    if (within !== offset) text.line(`let ${within} = ${offset};`);
    return places.map((place) => `${name}[${within === "0" ? place : `${place} + ${within}`}]`);
  }
}

/** The part of an address so many turns of an index further on. */
function further(part: Summand, index: Index, step: number): Summand {
  const slope = part.terms.find((t) => t.atom === index)?.factor ?? 0;
  return { ...part, constant: part.constant + slope * step };
}

/** What the parts of an address come to, in numbers or in vectors; without a tensor, not from where one begins. */
function addressOf(
  text: TileText,
  tensor: Tensor | undefined,
  parts: readonly Summand[],
  isInVectors: boolean,
): string {
  const printer = text.body.expressions(text.names, text.out);
  const print = (list: readonly Summand[]): string =>
    tensor ? text.body.sumOfAddress(tensor, list, printer) : printAddress(list, printer).text;
  if (!isInVectors) return print(parts);
  const quarters = inVectors(parts);
  return quarters ? print(quarters) : quarterOf(print(parts));
}
