/**
 * Products through panels. The right factor of a contraction is copied, some columns at a time, into a panel in which
 * the columns lie side by side for every turn of the sums: [k…][width]. Tiles of rows then read the panel from its
 * beginning to its end, whichever way the factor lies in memory: every transposition is absorbed by the copy, and what
 * is read again and again stays in the nearest cache.
 *
 *     for columns, a panel at a time
 *       panel[k…, column] = right[k…, columns + column]
 *       for rows, a tile at a time
 *         sums over k… of left[rows, k…] · panel[k…, column]
 *
 * Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), without its blocks of k: what is
 * summed over is short enough here for a panel to fit a cache.
 *
 * A copy costs a load and a store for each value, which is used once for every row: with fewer rows than `fewest`
 * nothing is packed. The order in which a cell is summed does not change.
 */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop, Store } from "../../ir/kernel.ts";
import { mapStatement, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf, rewriter, substitute } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Read, Tensor } from "../../ir/types.ts";
import type { Apart } from "./apart.ts";
import { apart } from "./apart.ts";
import type { Contraction } from "./contraction.ts";
import { contractionsOf, summedBy } from "./contraction.ts";
import type { Copy } from "./jam.ts";
import { Jam, turnsOf } from "./jam.ts";
import { fitsLanes, laneCount } from "./lanes.ts";
import type { NameSpace } from "./names.ts";
import type { PanelGroup } from "./panels.ts";
import { panelGroups, widest } from "./panels.ts";

type Block = readonly KernelStatement[];

/** Nests around sums that are used by fewer rows are left as they are. */
const fewest = 8;
/** A panel of more values than this is in no cache that is near. */
const most = 1 << 17;
/** Fewer columns than this are not worth a copy of the left factor: it is read once for each panel. */
const fewestColumns = 32;

export interface Packed {
  readonly body: Block;
  readonly scratch: readonly Tensor[];
}

/** The nest through panels, for a target with vectors, if it is a contraction for which that pays. */
export function pack(chain: readonly Loop[], leaf: Block, names: NameSpace, b: Builder): Packed | undefined {
  for (const contraction of contractionsOf(chain, leaf, b)) {
    const columns = b.constantOf(contraction.columns.index.extent);
    if (contraction.uses < fewest || columns === undefined || columns < laneCount) continue;
    const packing = new Packing(contraction, columns, leaf, names, b);
    if (packing.fits()) return packing.pack();
  }
  return undefined;
}

class Packing {
  private readonly groups: readonly PanelGroup[];
  private readonly width: number;
  private readonly panels: ReadonlyMap<Read, Tensor>;
  /** What is copied of the left factor, once for all panels. */
  private readonly apart: readonly Apart[];
  /** The column of a panel, where the body stands for all of them. */
  private readonly column: Index;
  private readonly body: Block;

  constructor(
    private readonly contraction: Contraction,
    columns: number,
    private readonly leaf: Block,
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {
    this.groups = panelGroups(columns, laneCount, mayRepeat(leaf));
    this.width = widest(this.groups);
    this.column = b.index("column", this.width);
    this.panels = new Map(contraction.right.map((r) => [r, this.panelFor(r)]));
    this.apart = columns < fewestColumns ? [] : apart(contraction, leaf, most, names, b);
    this.body = this.throughPanels();
  }

  /** Whether the panels have a size for which it pays, and what is not packed is computed in lanes. */
  fits(): boolean {
    const sizes = [...this.panels.values()].map((t) => t.shape.reduce((n, e) => n * rangeOf(e).high, 1));
    if (sizes.some((n) => n > most)) return false;
    return this.groups.every((g) => {
      if (g.unit === 1) return true;
      const { copy, lane } = this.columnsOf(g, this.b.integer(0), 0);
      return fitsLanes(this.written(copy), lane!, this.b);
    });
  }

  pack(): Packed {
    const { contraction } = this;
    const body = [...this.apart.flatMap((a) => a.copy), ...this.groups.flatMap((g) => this.group(g))];
    const scratch = [...this.panels.values(), ...this.apart.map((a) => a.tensor)];
    return { body: around(contraction.batch, body), scratch };
  }

  // ------------------------------------------------------------------------------------------------------------ columns

  private group(g: PanelGroup): Block {
    const { b, contraction } = this;
    const { index } = contraction.columns;
    if (g.turns === 1) return this.panel(g, b.integer(g.from));
    const last = g.from + (g.turns - 1) * g.step;
    const start = b.index(index.name, last + 1);
    const [from, to] = [b.integer(g.from), b.integer(last + 1)];
    const body = this.panel(g, b.of(start));
    return [{ kind: "loop", index: start, role: "map", from, to, step: g.step, body }];
  }

  private panel(g: PanelGroup, start: Affine): Block {
    const fills = [...this.panels].flatMap(([read, panel]) => this.fill(read, panel, g, start));
    const rows = g.offsets.length > 2 ? 2 : 4;
    const tiles = turnsOf(this.contraction.rows.index, rows, false, this.b).flatMap(
      ({ places, around: loop }) => {
        const body = this.tile(g, start, places);
        return loop ? [{ ...this.contraction.rows, ...loop, body }] : body;
      },
    );
    return [...fills, ...around(this.contraction.others, tiles)];
  }

  private tile(g: PanelGroup, start: Affine, rows: readonly Affine[]): Block {
    const { index } = this.contraction.rows;
    const lane = this.lane(g);
    const copies = g.offsets.flatMap((_, n) => {
      const { copy } = this.columnsOf(g, start, n, lane);
      return rows.map((row): Copy => new Map([...copy, [index, row]]));
    });
    return this.inLanes(lane, new Jam(copies, this.names, this.b).block(this.body));
  }

  /** What the columns of a tile's n-th unit are: those of the result, and those of the panel. */
  private columnsOf(
    g: PanelGroup,
    start: Affine,
    n: number,
    lane = this.lane(g),
  ): { copy: Copy; lane: Index | undefined } {
    const { b } = this;
    const at = lane ? b.of(lane) : b.integer(0);
    const copy: Copy = new Map([
      [this.contraction.columns.index, b.plus(start, g.offsets[n]!, at)],
      [this.column, b.plus(n * g.unit, at)],
    ]);
    return { copy, lane };
  }

  private lane(g: PanelGroup): Index | undefined {
    return g.unit === 1 ? undefined : this.b.index("lane", g.unit);
  }

  /** One turn for all lanes of a vector. */
  private inLanes(lane: Index | undefined, body: Block): Block {
    if (!lane) return body;
    const [from, to] = [this.b.integer(0), this.b.integer(1)];
    return [{ kind: "loop", index: lane, role: "map", from, to, step: laneCount, lanes: laneCount, body }];
  }

  // ------------------------------------------------------------------------------------------------------------- panels

  private panelFor(read: Read): Tensor {
    const { tensor } = read;
    const extents = summedBy(this.contraction, read).map((i) => i.extent);
    const name = this.names.fresh("panel");
    const shape = [...extents, this.b.integer(this.width)];
    return this.b.tensor({ name, type: "f32", shape, role: "definition", span: tensor.span });
  }

  private throughPanels(): Block {
    const { rows } = this.contraction;
    const copies = new Map<Expr, Tensor>(this.apart.map((a) => [a.read, a.tensor]));
    const write = rewriter(this.b, {
      node: (e) => {
        const copy = copies.get(e);
        if (copy) return this.b.read(copy, [...summedBy(this.contraction, e as Read), rows.index]);
        const panel = e.kind === "read" ? this.panels.get(e) : undefined;
        return panel && this.b.read(panel, [...summedBy(this.contraction, e as Read), this.column]);
      },
    });
    return this.leaf.map((s) => rewritten(s, write));
  }

  private written(copy: Copy): Block {
    const write = (e: Expr): Expr => substitute(this.b, e, copy);
    return this.body.map((s) => rewritten(s, write));
  }

  /** Copies the columns of a panel: vectors where they lie side by side, else one value after the other. */
  private fill(read: Read, panel: Tensor, g: PanelGroup, start: Affine): Block {
    const { b } = this;
    const summed = summedBy(this.contraction, read);
    const own = summed.map((i) => b.index(i.name, i.extent));
    const places = own.map((i) => b.of(i));
    const store = (columns: Affine, column: Affine): Store => {
      const at = new Map([
        ...summed.map((i, n) => [i, places[n]!] as const),
        [this.contraction.columns.index, columns] as const,
      ]);
      return {
        kind: "store",
        tensor: panel,
        subscripts: [...places, column],
        value: substitute(b, read, at),
        accumulate: false,
        origin: originOf(this.leaf),
      };
    };
    const lane = this.lane(g);
    const vectors = g.offsets.map((offset, n) => {
      const at = lane ? b.of(lane) : b.integer(0);
      return store(b.plus(start, offset, at), b.plus(n * g.unit, at));
    });
    const isVector = lane && fitsLanes(vectors, lane, b);
    const body = isVector
      ? this.inLanes(lane, vectors)
      : g.offsets.flatMap((offset, n) =>
          Array.from({ length: g.unit }, (_, l) =>
            store(b.plus(start, offset + l), b.integer(n * g.unit + l)),
          ),
        );
    return own.reduceRight<Block>(
      (inner, index) => [
        { kind: "loop", index, role: "map", from: b.integer(0), to: index.extent, body: inner },
      ],
      body,
    );
  }
}

const around = (loops: readonly Loop[], body: Block): Block =>
  loops.reduceRight<Block>((inner, loop) => [{ ...loop, body: inner }], body);

const rewritten = (s: KernelStatement, write: (e: Expr) => Expr): KernelStatement =>
  mapStatement(s, write, (block) => block.map((t) => rewritten(t, write)));

/** Whether a cell may be computed twice: it is not added to, and nothing is read that was stored. */
function mayRepeat(leaf: Block): boolean {
  const all = [...statementsIn(leaf)];
  const stores = all.filter((s): s is Store => s.kind === "store");
  const stored = new Set(stores.map((s) => s.tensor));
  const reads = readsOf(
    ...all.flatMap((s) => (s.kind === "loop" ? [s.from, s.to] : s.kind === "if" ? [s.condition] : [s.value])),
  );
  return stores.every((s) => !s.accumulate) && reads.every((r) => !stored.has(r.tensor));
}

const originOf = (leaf: Block): Store["origin"] =>
  [...statementsIn(leaf)].find((s): s is Store => s.kind === "store")!.origin;
