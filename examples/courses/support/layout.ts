/**
 * Where the nodes of a layered graph stand: in columns by their longest way from a source, in rows so that few edges
 * cross (Sugiyama, Tagawa and Toda, 1981: barycentres), with bends where an edge passes a column.
 */

export interface LayoutNode {
  readonly id: string;
  /** A given place; where one node has it, all need it. */
  readonly column?: number;
  readonly row?: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface Layout {
  readonly columns: number;
  /** Column and row by the id of a node; rows are fractions, 1 apart at least. */
  readonly places: ReadonlyMap<string, Place>;
  /** Where an edge bends, by its number. */
  readonly bends: ReadonlyMap<number, readonly Place[]>;
}

export interface Place {
  readonly column: number;
  readonly row: number;
}

/** A node, or a bend, while it is being placed. */
interface Item {
  readonly column: number;
  row: number;
  readonly before: Item[];
  readonly after: Item[];
}

export function layout(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout {
  if (nodes.some((n) => n.column !== undefined)) return given(nodes);
  const columns = columnsOf(nodes, edges);
  const levels: Item[][] = [];
  const place = (column: number): Item => {
    const item = { column, row: (levels[column] ??= []).length, before: [], after: [] };
    levels[column]!.push(item);
    return item;
  };
  const items = new Map(nodes.map((n) => [n.id, place(columns.get(n.id)!)]));
  const bends = edges.map((e) => {
    const [from, to] = [items.get(e.from)!, items.get(e.to)!];
    const between = Array.from({ length: to.column - from.column - 1 }, (_, i) => place(from.column + 1 + i));
    const way = [from, ...between, to];
    way.slice(1).forEach((item, i) => {
      item.before.push(way[i]!);
      way[i]!.after.push(item);
    });
    return between;
  });
  arrange(levels);
  const at = ({ column, row }: Item): Place => ({ column, row });
  return {
    columns: levels.length,
    places: new Map([...items].map(([id, item]) => [id, at(item)])),
    bends: new Map(bends.map((list, k) => [k, list.map(at)])),
  };
}

function given(nodes: readonly LayoutNode[]): Layout {
  const places = nodes.map((n) => [n.id, { column: n.column ?? 0, row: n.row ?? 0 }] as const);
  return {
    columns: 1 + Math.max(...places.map(([, p]) => p.column)),
    places: new Map(places),
    bends: new Map(),
  };
}

/** The longest way from a source; sources stand directly before whoever needs them first. */
function columnsOf(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Map<string, number> {
  const columns = new Map<string, number>();
  const sources = (id: string): string[] => edges.filter((e) => e.to === id).map((e) => e.from);
  const column = (id: string, above: number): number => {
    if (above > nodes.length) throw new Error(`the graph goes round at ${id}`);
    const known = columns.get(id);
    if (known !== undefined) return known;
    const found = Math.max(-1, ...sources(id).map((s) => column(s, above + 1))) + 1;
    columns.set(id, found);
    return found;
  };
  for (const n of nodes) column(n.id, 0);
  const late = nodes
    .filter((n) => sources(n.id).length === 0)
    .map((n): [string, number] => {
      const readers = edges.filter((e) => e.from === n.id).map((e) => columns.get(e.to)!);
      return [n.id, Math.max(0, Math.min(...readers, columns.size) - 1)];
    });
  return new Map([...columns, ...late]);
}

const mean = (list: readonly Item[]): number => list.reduce((sum, i) => sum + i.row, 0) / list.length;

/** Sweeps to and fro: each column takes the order, and then the heights, of its neighbours. */
function arrange(levels: readonly Item[][]): void {
  for (let round = 0; round < 12; round++) {
    const forward = round % 2 === 0;
    for (const level of forward ? levels : levels.toReversed()) {
      const wish = (i: Item): number => {
        const near = forward ? i.before : i.after;
        return near.length > 0 ? mean(near) : i.row;
      };
      const wishes = new Map(level.map((i) => [i, wish(i)]));
      level.sort((a, b) => wishes.get(a)! - wishes.get(b)!);
      spread(level, wishes);
    }
  }
  for (let round = 0; round < 8; round++) {
    for (const level of levels) {
      const wish = (i: Item): number =>
        mean(i.before.length + i.after.length > 0 ? [...i.before, ...i.after] : [i]);
      spread(level, new Map(level.map((i) => [i, wish(i)])));
    }
  }
  const top = Math.min(...levels.flat().map((i) => i.row));
  for (const item of levels.flat()) item.row -= top;
}

/** Rows as wished, 1 apart, around the middle of the wishes. */
function spread(level: readonly Item[], wishes: ReadonlyMap<Item, number>): void {
  level.forEach((item, k) => {
    item.row = k === 0 ? wishes.get(item)! : Math.max(wishes.get(item)!, level[k - 1]!.row + 1);
  });
  const shift = level.reduce((sum, i) => sum + i.row - wishes.get(i)!, 0) / Math.max(1, level.length);
  for (const item of level) item.row -= shift;
}
