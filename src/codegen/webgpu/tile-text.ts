/** What all ways to compute a tile have in common: where it is, its factors, its sums, and what is done with them. */
import { precedence } from "../../ir/atoms.ts";
import type { Factor, Sides, SummingLeaf } from "../../ir/contraction.ts";
import type { TilesLaunch, TileShape } from "../../ir/launch.ts";
import { vectorLength } from "../../ir/summands.ts";
import type { Affine, Index, Origin, Term } from "../../ir/types.ts";
import { within } from "../integers.ts";
import type { Names } from "../names.ts";
import type { TextBuilder } from "../text.ts";
import type { Body } from "./body.ts";
import { wgslNames } from "./names.ts";
import type { Binding } from "./program.ts";
import { floatLiteral } from "./literals.ts";
import type { FactorFunction } from "./tile-factors.ts";
import { printFactor, readingOf } from "./tile-factors.ts";
import type { Finish } from "./tiles.ts";

/** Statements of products that stand in a loop one after the other, at most: what is longer takes long to compile. */
const mostStatements = 32;

export type Side = "left" | "right";
/** How the indices are called at a row, a column, or a turn of the sum. */
export type Calls = ReadonlyMap<Index, string>;

/** Numbers that are kept together in a vector: as many as a side of the tile has, at most four. */
export const vectorOf = (count: number): { readonly length: number; readonly type: string } => {
  const length = count % vectorLength === 0 ? vectorLength : count % 2 === 0 ? 2 : 1;
  return { length, type: length === 1 ? "f32" : `vec${length}f` };
};

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

/** Whether an integer is a multiple of four, or the smaller or larger of two that are. */
function isWhole({ terms, constant }: Affine): boolean {
  const isMultiple = (t: Term): boolean => {
    if (t.factor % vectorLength === 0) return true;
    const value = t.atom.kind === "opaque" ? t.atom.value : undefined;
    if (value?.kind !== "apply" || (value.atom !== "min" && value.atom !== "max")) return false;
    return value.args.every((e) => e.kind === "affine" && isWhole(e));
  };
  return constant % vectorLength === 0 && terms.every(isMultiple);
}

export class TileText {
  readonly tile: TileShape;
  /** The names of the block that is printed. */
  names: Names;
  readonly origin: Origin;
  /** Rows and columns of a workgroup; where its invocations read for themselves, of a stretch of tiles side by side. */
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly rows: Affine;
  readonly columns: Affine;
  /** The index of the sum whose turns are taken by fours, where something is read so. */
  readonly deep: Index | undefined;
  readonly left: readonly FactorFunction[];
  readonly right: readonly FactorFunction[];
  readonly vectors = new Set<number>();
  /** How the indices of the batch are called. */
  batch: Calls = new Map();

  constructor(
    readonly launch: TilesLaunch,
    readonly leaf: SummingLeaf,
    readonly sides: Sides,
    private readonly finish: Finish,
    private readonly bindings: readonly Binding[],
    readonly body: Body,
    readonly out: TextBuilder,
  ) {
    this.tile = launch.tile;
    const { down, across, size, beside } = this.tile;
    this.names = wgslNames(body.names);
    this.origin = body.kernel.statements[0]!.origin;
    this.tileRows = this.tile.staged > 0 ? (down * size) / beside : down;
    this.tileColumns = across * beside;
    this.rows = this.turns(launch.rows);
    this.columns = this.turns(launch.columns);
    this.deep = this.deepIndex();
    this.left = this.functionsOf("left", sides.left, launch.rows, down);
    this.right = this.functionsOf("right", sides.right, launch.columns, across);
  }

  get functions(): readonly FactorFunction[] {
    return [...this.left, ...this.right];
  }

  /** The innermost index of the sum, where four of its turns can be taken at once: an invocation reads for itself. */
  private deepIndex(): Index | undefined {
    const last = this.sides.sums.at(-1)!;
    const isAlone = this.tile.staged === 0 && this.statements * vectorLength <= mostStatements;
    return isAlone && isWhole(last.from) && isWhole(last.to) ? last.index : undefined;
  }

  /** How many statements a turn of the sum is, beside reads. */
  private get statements(): number {
    const { down, across } = this.tile;
    return (this.sides.products.length * down * across) / vectorOf(across).length;
  }

  private functionsOf(
    side: Side,
    factors: readonly Factor[],
    loops: readonly Index[],
    count: number,
  ): readonly FactorFunction[] {
    const { batch, sums } = this.launch;
    const along = count % vectorLength === 0 ? loops.at(-1) : undefined;
    return factors.map((factor) => {
      const { reading, binding } = readingOf(factor, { along, deep: this.deep }, this.body, this.bindings);
      if (binding !== undefined) this.vectors.add(binding);
      const name = this.body.names.fresh(side);
      return printFactor(name, factor, reading, [...batch, ...loops, ...sums], this.body);
    });
  }

  // -------------------------------------------------------------------------------------------------------------- places

  turns(loops: readonly Index[]): Affine {
    const b = this.body.builder;
    return loops.reduce((n, i) => b.times(n, i.extent), b.integer(1));
  }

  text(form: Affine, least: number = precedence.add): string {
    return within(this.body.expressions(this.names, this.out).print(form), least);
  }

  /** A bound of a loop that sums. */
  bound(form: Affine): string {
    for (const [index, name] of this.batch) this.body.call(index, name);
    return this.text(form);
  }

  /** A block with names of its own. */
  block(head: string, inside: () => void): void {
    const { names } = this;
    this.names = wgslNames(names);
    if (head === "") {
      this.line("{");
      this.out.indented(inside);
      this.line("}");
    } else this.out.braces(head, inside, this.origin);
    this.names = names;
  }

  line(code: string): void {
    this.out.line(code, this.origin);
  }

  /** How many tiles of a size there are over so many rows or columns, in terms of the kernel's dimensions. */
  tilesOver(count: Affine, size: number): Affine {
    const b = this.body.builder;
    return b.floorDivide(b.plus(count, size - 1), size);
  }

  /** What each of the loops is at in the turn with this number, the last being the fastest. */
  digits(number: string, loops: readonly Index[], suffix: string): Calls {
    const isOne = (form: Affine): boolean => form.terms.length === 0 && form.constant === 1;
    const calls = new Map<Index, string>();
    loops.forEach((index, n) => {
      const inner = this.turns(loops.slice(n + 1));
      let text = isOne(inner) ? number : `${number} / ${this.text(inner, precedence.prefix)}`;
      if (n > 0) text += ` % ${this.text(index.extent, precedence.prefix)}`;
      if (isOne(index.extent)) text = "0";
      const name = this.names.fresh(`${index.name}${suffix}`);
      this.line(`let ${name} = ${text};`);
      calls.set(index, name);
    });
    return calls;
  }

  /** The indices of some neighbouring rows or columns, from a place on; past the end, those of the last one. */
  placesOf(side: Side, from: string, count: number): Calls[] {
    const loops = side === "left" ? this.launch.rows : this.launch.columns;
    const all = side === "left" ? this.rows : this.columns;
    const isExact = this.isExact(side);
    return Array.from({ length: count }, (_, n) => {
      const at = n === 0 ? from : `${from} + ${n}`;
      const limited = isExact ? at : `min(${at}, ${this.text(this.body.builder.plus(all, -1))})`;
      const needsName = loops.length > 1;
      if (!needsName) return this.digits(limited, loops, `_${n}`);
      const name = this.names.fresh(`${side === "left" ? "row" : "column"}_${n}`);
      this.line(`let ${name} = ${limited};`);
      return this.digits(name, loops, `_${n}`);
    });
  }

  /** Whether whole tiles fill the rows or the columns. */
  isExact(side: Side): boolean {
    const [count, size] = side === "left" ? [this.rows, this.tileRows] : [this.columns, this.tileColumns];
    const known = this.body.builder.constantOf(count);
    return known !== undefined && known % size === 0;
  }

  /** A call of a factor at a place and a turn of the sum. */
  call(factor: FactorFunction, place: Calls, turn: Calls): string {
    const passed = factor.parameters.map((i) => place.get(i) ?? turn.get(i) ?? this.batch.get(i)!);
    return `${factor.name}(${passed.join(", ")})`;
  }

  // ---------------------------------------------------------------------------------------------------------------- sums

  /** The name of the sums of an accumulator, for a row and a vector of columns. */
  sum(product: number, row: number, vector: number): string {
    return this.sumNames[product]![row]![vector]!;
  }

  private sumNames: readonly (readonly (readonly string[])[])[] = [];

  /** Declares the sums of all cells, in vectors over columns. */
  declareSums(): void {
    const { down, across } = this.tile;
    const { length, type } = vectorOf(across);
    this.sumNames = this.sides.products.map(({ local }) =>
      Array.from({ length: down }, (_r, row) =>
        Array.from({ length: across / length }, (_v, v) => {
          const name = this.names.fresh(`${local.name}_${row}${across > length ? `_${v}` : ""}`);
          this.line(`var ${name} = ${type}(${this.startOf(local)});`);
          return name;
        }),
      ),
    );
  }

  private startOf(local: SummingLeaf["terms"][number]["local"]): string {
    const value = this.leaf.variables.find((s) => s.local === local)!.value;
    if (value.kind !== "constant") throw new Error("an accumulator starts at what is no number");
    return floatLiteral(value.value);
  }

  /** Adds one product to the sums of a row: each factor is given as text. */
  add(product: number, row: number, vector: number, left: string, right: string): void {
    const { type } = vectorOf(this.tile.across);
    const sum = this.sum(product, row, vector);
    this.line(`${sum} = fma(${type === "f32" ? left : `${type}(${left})`}, ${right}, ${sum});`);
  }

  /** Does with the sums of each cell what is to be done; the cells past the edges are none. */
  finishCells(rows: readonly Calls[], columns: readonly Calls[]): void {
    const { length } = vectorOf(this.tile.across);
    const finish = (row: Calls, r: number, column: Calls, c: number): void => {
      const sums = this.finish.sums.map((local) => {
        const product = this.sides.products.findIndex((p) => p.local === local);
        if (product < 0) return this.startOf(local);
        const name = this.sum(product, r, Math.floor(c / length));
        return length === 1 ? name : `${name}.${"xyzw"[c % length]}`;
      });
      const indices = this.finish.parameters.map((i) => row.get(i) ?? column.get(i) ?? this.batch.get(i)!);
      this.line(`${this.finish.name}(${[...indices, ...sums].join(", ")});`);
    };
    this.inside("right", columns.length, (c, n) =>
      this.inside("left", rows.length, (r, m) => {
        for (let row = r; row < r + m; row++)
          for (let column = c; column < c + n; column++) finish(rows[row]!, row, columns[column]!, column);
      }),
    );
  }

  /** Prints what is done with so many rows or columns, those together that are there or past the edge together. */
  private inside(side: Side, count: number, print: (from: number, count: number) => void): void {
    if (this.isExact(side)) return print(0, count);
    const [name, all] = side === "left" ? ["row", this.rows] : ["column", this.columns];
    const known = this.body.builder.constantOf(all);
    const together = known === undefined ? 1 : commonDivisor(known, count);
    for (let n = 0; n < count; n += together)
      this.block(`if (${n === 0 ? name : `${name} + ${n}`} < ${this.text(all)})`, () => print(n, together));
  }
}
