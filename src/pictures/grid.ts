/**
 * Where the boxes of a diagram stand. No layout library: the network itself is the grid. The column of a value is its
 * depth; its gradient stands in the same column below, parameters and their gradients in between. All numbers are whole
 * pixels and follow from the diagram alone, so that pictures can be compared as text.
 */
import type { Arrow, Box, Diagram } from "./diagram.ts";

export interface Placed {
  readonly box: Box;
  readonly column: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Column {
  readonly left: number;
  readonly right: number;
}

export interface Grid {
  readonly placed: ReadonlyMap<string, Placed>;
  readonly columns: readonly Column[];
  /** Heights at which arrows run: above the values, between values and parameters, below the gradients. */
  readonly above: number;
  readonly between: number;
  readonly below: number;
  readonly width: number;
}

/** Of a letter of the fixed-width face, and of a line of text. */
export const letterWidth = 7;
export const lineHeight = 16;
/** Between arrows side by side: with shapes on them, and without. */
export const labelledTrack = 15;
export const trackHeight = 9;
const padding = 10;
const rowGap = 26;
const margin = 24;

/** `tracks`: how many arrows run side by side at the three heights. */
export function layOut(diagram: Diagram, tracks: { above: number; between: number; below: number }): Grid {
  const columnOf = columnsOf(diagram);
  const rowOf = rowsOf(diagram, columnOf);
  const columns = columnEdges(diagram, columnOf);
  const placed = new Map<string, Placed>();
  const put = (box: Box, y: number, indent = 0): void => {
    const column = columnOf.get(box.id)!;
    const size = { width: widthOf(box), height: heightOf(box) };
    placed.set(box.id, { box, column, x: columns[column]!.left + indent, y, ...size });
  };
  const laneHeight = (lane: Box["lane"]): number =>
    Math.max(0, ...diagram.boxes.filter((b) => b.lane === lane).map(heightOf)) + rowGap;
  const rows = 1 + Math.max(0, ...rowOf.values());
  const above = 40 + tracks.above * labelledTrack;
  const forward = above + rowGap;
  for (const box of diagram.boxes)
    if (box.lane === "forward") {
      // Inputs leave room for the arrows of parameters to a box above them.
      const indent = box.role === "input" && rowOf.get(box.id)! > 0 ? indentation : 0;
      put(box, forward + rowOf.get(box.id)! * laneHeight("forward"), indent);
    }
  const between = forward + rows * laneHeight("forward");
  const middle = between + tracks.between * trackHeight + rowGap / 2;
  const bottoms = placeBetween(diagram, columnOf, middle, put);
  const backward = Math.max(middle, ...bottoms) + rowGap;
  for (const box of diagram.boxes)
    if (box.lane === "backward") put(box, backward + rowOf.get(box.below!)! * laneHeight("backward"));
  const used = diagram.boxes.flatMap((b) => (b.lane === "backward" ? [rowOf.get(b.below!)! + 1] : []));
  const below = backward + Math.max(0, ...used) * laneHeight("backward");
  return { placed, columns, above, between, below, width: columns.at(-1)!.right + margin * 2 };
}

/**
 * Parameters, each with its gradients hanging from it; the lowest edges. Of several in a column, a lower one stands
 * further to the left, so that its arrow passes by those above.
 */
function placeBetween(
  { boxes }: Diagram,
  columnOf: ReadonlyMap<string, number>,
  top: number,
  put: (box: Box, y: number, indent: number) => void,
): number[] {
  const ends: number[] = [];
  for (const column of new Set(columnOf.values())) {
    const stack = boxes.filter((b) => b.lane === "parameter" && columnOf.get(b.id) === column);
    let y = top;
    stack.forEach((box, n) => {
      const indent = (stack.length - 1 - n) * indentation;
      put(box, y, indent);
      y += heightOf(box);
      const gradient = boxes.find((b) => b.lane === "gradient" && b.below === box.id);
      if (gradient) {
        put(gradient, y + gradientGap, indent);
        y += gradientGap + heightOf(gradient);
      }
      y += rowGap / 2;
    });
    ends.push(y);
  }
  return ends;
}

const indentation = 16;
const gradientGap = 10;

// ------------------------------------------------------------------------------------------------------ columns, rows

/** The depth of each value; inputs stand right before their first reader, everything else where it belongs. */
function columnsOf({ boxes, arrows }: Diagram): Map<string, number> {
  const columns = new Map<string, number>();
  const into = (id: string): Arrow[] => arrows.filter((a) => a.to === id && a.kind === "value");
  const isInput = new Set(boxes.filter((b) => b.role === "input").map((b) => b.id));
  const forward = boxes.filter((b) => b.lane === "forward" && !isInput.has(b.id));
  for (const { id } of forward) {
    const before = into(id).flatMap((a) => columns.get(a.from) ?? []);
    columns.set(id, 1 + Math.max(0, ...before));
  }
  for (const id of isInput) {
    const readers = arrows
      .filter((a) => a.from === id && a.kind === "value")
      .flatMap((a) => columns.get(a.to) ?? []);
    columns.set(id, readers.length > 0 ? Math.min(...readers) - 1 : 0);
  }
  for (const box of boxes) if (box.below !== null) columns.set(box.id, columns.get(box.below) ?? 0);
  return columns;
}

/** The row of each value: in line with what it is computed from, where that place is free. */
function rowsOf({ boxes, arrows }: Diagram, columnOf: ReadonlyMap<string, number>): Map<string, number> {
  const rows = new Map<string, number>();
  const taken = new Set<string>();
  const isPlain = (b: Box): boolean => b.role !== "input";
  const forward = boxes
    .filter((b) => b.lane === "forward")
    .sort((a, b) => Number(isPlain(b)) - Number(isPlain(a)) || a.order - b.order);
  for (const { id } of forward) {
    const column = columnOf.get(id)!;
    const neighbours = arrows.flatMap((a) =>
      a.kind !== "value" ? [] : a.to === id ? [a.from] : a.from === id ? [a.to] : [],
    );
    const wanted = neighbours.flatMap((n) => rows.get(n) ?? []).at(0) ?? 0;
    let row = wanted;
    while (taken.has(`${column},${row}`)) row++;
    taken.add(`${column},${row}`);
    rows.set(id, row);
  }
  return rows;
}

// -------------------------------------------------------------------------------------------------------------- sizes

export function widthOf(box: Box): number {
  const turns = box.turns > 1 ? ` ×${box.turns}`.length : 0;
  const letters = Math.max(box.title.length + turns, ...box.lines.map((l) => l.length));
  return letters * letterWidth + 2 * padding;
}

export function heightOf(box: Box): number {
  return (box.lines.length + (box.title === "" ? 0 : 1)) * lineHeight + padding;
}

/** Columns are as wide as their boxes, and leave room for what passes by parameters; gaps hold the shapes on arrows. */
function columnEdges({ boxes, arrows }: Diagram, columnOf: ReadonlyMap<string, number>): Column[] {
  const count = 1 + Math.max(0, ...columnOf.values());
  const columns: Column[] = [];
  let left = margin;
  for (let n = 0; n < count; n++) {
    const inside = boxes.filter((b) => columnOf.get(b.id) === n);
    const passing = arrows.filter((a) => a.kind === "saved" && columnOf.get(a.to) === n).length;
    const isBetween = (b: Box): boolean => b.lane === "parameter" || b.lane === "gradient";
    const stacked = inside.filter((b) => b.lane === "parameter").length;
    const beside = (stacked - 1) * indentation + (passing + stacked) * trackHeight + 12;
    const widths = inside.map((b) => widthOf(b) + (isBetween(b) ? beside : 0));
    const right = left + Math.max(60, ...widths);
    columns.push({ left, right });
    const labels = arrows
      .filter((a) => a.kind !== "saved" && touches(a, n, columnOf))
      .map((a) => a.label.length);
    left = right + Math.max(48, Math.max(0, ...labels) * letterWidth + 34);
  }
  return columns;
}

/** Whether the shape on an arrow stands in the gap to the right of a column. */
function touches(a: Arrow, column: number, columnOf: ReadonlyMap<string, number>): boolean {
  const [from, to] = [columnOf.get(a.from)!, columnOf.get(a.to)!];
  return Math.abs(from - to) === 1 && Math.min(from, to) === column;
}
