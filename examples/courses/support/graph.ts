/** A graph as SVG: layers from left to right, or nodes where they are told to stand. */
import type { Place } from "./layout.ts";
import { layout } from "./layout.ts";
import { element, path, picture, textAt } from "./svg.ts";

export interface GraphNode {
  readonly id: string;
  /** Written inside, line by line. */
  readonly lines: readonly string[];
  /** `box`: a tensor; `round`: an operation; `plain`: a name without a frame; `bold`: a box that stands out. */
  readonly form?: "box" | "round" | "plain" | "bold";
  /** Written below, small. */
  readonly note?: string;
  readonly column?: number;
  readonly row?: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Written above the edge, and below it, in bold. */
  readonly above?: string;
  readonly below?: string;
  readonly dashed?: boolean;
}

export interface Drawing {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** What the reader has to know, below the title. */
  readonly legend?: readonly string[];
  /** Pixels between columns and between rows. */
  readonly gap?: { readonly column?: number; readonly row?: number };
}

interface Box {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly column: number;
}

type Point = readonly [x: number, y: number];

const margin = 20;
const characterWidth = 7;
const halo = { stroke: "#fff", "stroke-width": "3", "paint-order": "stroke" } as const;

const widthOf = (node: GraphNode): number => {
  const longest = Math.max(...node.lines.map((l) => [...l].length));
  return node.form === "round" ? Math.max(30, longest * characterWidth + 14) : longest * characterWidth + 18;
};
const heightOf = (node: GraphNode): number => 14 + 15 * node.lines.length;

export function drawGraph(drawing: Drawing): string {
  const { nodes, edges, legend = [], gap = {} } = drawing;
  const placed = layout(nodes, edges);
  const columnOf = (n: GraphNode): number => placed.places.get(n.id)!.column;
  const widths = Array.from({ length: placed.columns }, (_, c) =>
    Math.max(0, ...nodes.filter((n) => columnOf(n) === c).map(widthOf)),
  );
  const { column: between = 64, row: rowHeight = 62 } = gap;
  const lefts = widths.map((_, c) => margin + widths.slice(0, c).reduce((sum, w) => sum + w + between, 0));
  const top = 44 + 16 * legend.length;
  const center = ({ column, row }: Place): Point => [
    lefts[column]! + widths[column]! / 2,
    top + rowHeight / 2 + row * rowHeight,
  ];
  const boxes = new Map(
    nodes.map((node): [string, Box] => {
      const [x, y] = center(placed.places.get(node.id)!);
      return [node.id, { node, x, y, width: widthOf(node), height: heightOf(node), column: columnOf(node) }];
    }),
  );
  const wires = edges.map((e, k) => {
    const bends = (placed.bends.get(k) ?? []).map(center);
    return wire(e, boxes.get(e.from)!, boxes.get(e.to)!, bends);
  });
  const rows = Math.max(...[...placed.places.values()].map((p) => p.row));
  const width = Math.max(
    lefts.at(-1)! + widths.at(-1)! + margin,
    ...[drawing.title, ...legend].map((t) => 40 + 7 * t.length),
  );
  return picture(width, top + (rows + 1) * rowHeight + margin, drawing.title, [
    textAt(margin, 24, drawing.title, { "font-size": "14", "font-weight": "bold" }),
    ...legend.map((line, k) => textAt(margin, 44 + 16 * k, line, { fill: "#333" })),
    ...wires.map((w) => w.line),
    ...[...boxes.values()].flatMap(drawNode),
    ...wires.flatMap((w) => w.labels),
  ]);
}

function drawNode({ node, x, y, width, height }: Box): string[] {
  const form = node.form ?? "box";
  const frame = {
    x: x - width / 2,
    y: y - height / 2,
    width,
    height,
    rx: form === "round" ? height / 2 : 3,
    fill: form === "bold" ? "#eee" : "#fff",
    stroke: "#000",
    "stroke-width": form === "bold" ? "2" : "1",
  };
  const middle = { "text-anchor": "middle" };
  const first = y + 4.5 - (15 * (node.lines.length - 1)) / 2;
  return [
    ...(form === "plain" ? [] : [element("rect", frame)]),
    ...node.lines.map((line, k) =>
      textAt(x, first + 15 * k, line, k === 0 ? { ...middle, "font-weight": "bold" } : middle),
    ),
    ...(node.note === undefined
      ? []
      : [textAt(x, y + height / 2 + 12, node.note, { ...middle, "font-size": "10", fill: "#333" })]),
  ];
}

/** From side to side, or from below to above where two nodes share a column; straight between bends. */
function wire(
  edge: GraphEdge,
  from: Box,
  to: Box,
  bends: readonly Point[],
): { line: string; labels: string[] } {
  const direction = Math.sign(to.column - from.column);
  const down = Math.sign(to.y - from.y);
  const start: Point =
    direction === 0
      ? [from.x, from.y + (down * from.height) / 2]
      : [from.x + (direction * from.width) / 2, from.y];
  const end: Point =
    direction === 0 ? [to.x, to.y - (down * to.height) / 2] : [to.x - (direction * to.width) / 2, to.y];
  const points = [start, ...bends, end];
  const [last, before] = [points.at(-1)!, points.at(-2)!];
  const line = path(points, {
    stroke: "#000",
    "stroke-width": "1",
    "stroke-dasharray": edge.dashed ? "4 3" : undefined,
  });
  const [x, y] = [(last[0] + before[0]) / 2, (last[1] + before[1]) / 2];
  const middle = { "text-anchor": "middle", "font-size": "11", ...halo };
  return {
    line: line + arrowHead(before, last),
    labels: [
      ...(edge.above === undefined ? [] : [textAt(x, y - 4, edge.above, middle)]),
      ...(edge.below === undefined
        ? []
        : [textAt(x, y + 13, edge.below, { ...middle, "font-weight": "bold" })]),
    ],
  };
}

function arrowHead(from: Point, to: Point): string {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const corner = (turn: number): Point => [
    to[0] - 7 * Math.cos(angle + turn),
    to[1] - 7 * Math.sin(angle + turn),
  ];
  return path([to, corner(0.4), corner(-0.4), to], { fill: "#000" });
}
