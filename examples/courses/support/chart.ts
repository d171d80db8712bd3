/**
 * Curves as SVG. A curve is told apart by its dashes and by a label at its end, not by colour; what lies on no axis
 * (the logarithm of 0) is left out.
 */
import { axisOf } from "./axis.ts";
import type { Axis } from "./axis.ts";
import { element, path, picture, textAt } from "./svg.ts";

export interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y?: string;
  readonly series: readonly Series[];
  /** A logarithmic vertical axis. */
  readonly log?: boolean;
  /** The smallest range that the vertical axis shows. */
  readonly range?: readonly [low: number, high: number];
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The length of the piece of line before each label; 0 where a legend stands elsewhere. */
  readonly stub?: number;
}

/** Dashes and greys by the number of the curve; the first is solid black. */
const styles = [
  { stroke: "#000", "stroke-width": "1.6" },
  { stroke: "#000", "stroke-width": "1.6", "stroke-dasharray": "6 3" },
  { stroke: "#555", "stroke-width": "1.6", "stroke-dasharray": "1.5 2.5" },
  { stroke: "#555", "stroke-width": "2.4", "stroke-dasharray": "10 3 2 3" },
  { stroke: "#888", "stroke-width": "2.4" },
] as const;
const styleOf = (k: number): (typeof styles)[number] => styles[k % styles.length]!;

const grid = { stroke: "#ddd", "stroke-width": "0.7" } as const;
const frame = { stroke: "#444", "stroke-width": "1" } as const;
const small = { "font-size": "10", fill: "#333" } as const;

/** One chart on a page of its own. */
export function lineChart(chart: Chart, width = 640, height = 360): string {
  return picture(width, height, chart.title, drawChart(chart, { left: 0, top: 0, width, height, stub: 26 }));
}

/** Many small charts on one page, row by row; the legend tells once what the line styles mean. */
export function smallMultiples(
  title: string,
  charts: readonly Chart[],
  options: {
    readonly columns: number;
    readonly width?: number;
    readonly height?: number;
    readonly legend: readonly string[];
  },
): string {
  const { columns, width = 220, height = 170 } = options;
  const head = 48;
  const parts = charts.flatMap((chart, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns];
    return drawChart(chart, { left: column * width, top: head + row * height, width, height });
  });
  const rows = Math.ceil(charts.length / columns);
  const heading = textAt(12, 20, title, { "font-size": "14", "font-weight": "bold" });
  return picture(columns * width, head + rows * height, title, [
    heading,
    ...legend(options.legend, 12, 38),
    ...parts,
  ]);
}

function legend(labels: readonly string[], left: number, y: number): string[] {
  let x = left;
  return labels.flatMap((label, k) => {
    const line = path(
      [
        [x, y - 4],
        [x + 32, y - 4],
      ],
      styleOf(k),
    );
    const text = textAt(x + 38, y, label);
    x += 56 + 7 * label.length;
    return [line, text];
  });
}

function drawChart(chart: Chart, place: Place): string[] {
  const labelled = Math.max(...chart.series.map((s) => s.label.length));
  const inner = {
    left: place.left + (chart.y === undefined ? 34 : 58),
    top: place.top + 24,
    right: place.left + place.width - 12 - 6.5 * labelled - (place.stub ?? 0),
    bottom: place.top + place.height - (chart.x === "" ? 20 : 36),
  };
  const points = chart.series.flatMap((s) => s.points).filter(([, y]) => !chart.log || y > 0);
  const ticks = { x: inner.right - inner.left > 300 ? 10 : 5, y: inner.bottom - inner.top > 200 ? 8 : 5 };
  const x = axisOf(
    points.map((p) => p[0]),
    [inner.left, inner.right],
    { ticks: ticks.x, tight: true },
  );
  const heights = [...points.map((p) => p[1]), ...(chart.range ?? [])];
  const y = axisOf(heights, [inner.bottom, inner.top], { ticks: ticks.y, log: chart.log ?? false });
  const middle = (inner.top + inner.bottom) / 2;
  const upright = { transform: `rotate(-90 ${place.left + 14} ${middle})`, "text-anchor": "middle" };
  return [
    textAt(inner.left, place.top + 16, chart.title, { "font-weight": "bold" }),
    ...scales(x, y, inner),
    ...curves(chart, x, y, inner, place.stub ?? 0),
    ...(chart.x === ""
      ? []
      : [
          textAt((inner.left + inner.right) / 2, place.top + place.height - 6, chart.x, {
            "text-anchor": "middle",
          }),
        ]),
    ...(chart.y === undefined ? [] : [textAt(place.left + 14, middle, chart.y, upright)]),
  ];
}

interface Inner {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function scales(x: Axis, y: Axis, { left, top, right, bottom }: Inner): string[] {
  return [
    ...x.ticks.flatMap(({ at, text }) => [
      path(
        [
          [at, top],
          [at, bottom],
        ],
        grid,
      ),
      textAt(at, bottom + 13, text, { ...small, "text-anchor": "middle" }),
    ]),
    ...y.ticks.flatMap(({ at, text }) => [
      path(
        [
          [left, at],
          [right, at],
        ],
        grid,
      ),
      textAt(left - 5, at + 3.5, text, { ...small, "text-anchor": "end" }),
    ]),
    element("rect", { x: left, y: top, width: right - left, height: bottom - top, fill: "none", ...frame }),
  ];
}

function curves({ series, log }: Chart, x: Axis, y: Axis, { right }: Inner, stub: number): string[] {
  const drawn = series.map((s) =>
    pieces(s, log ?? false).map((piece) => piece.map(([a, b]) => [x.place(a), y.place(b)] as const)),
  );
  const ends = drawn.map((list) => list.at(-1)?.at(-1)?.[1] ?? NaN);
  const labels = apart(ends, 12);
  const start = right + 5;
  return drawn.flatMap((list, k) => {
    const lines = list.map((piece) => path(piece, styleOf(k)));
    const height = labels[k]!;
    if (!Number.isFinite(height)) return lines;
    const sample = path(
      [
        [start, height],
        [start + stub - 4, height],
      ],
      styleOf(k),
    );
    const label = textAt(start + stub, height + 4, series[k]!.label, { "font-size": "11" });
    return [...lines, ...(stub > 0 ? [sample] : []), label];
  });
}

/** The stretches of a curve that can be drawn. */
function pieces({ points }: Series, log: boolean): (readonly (readonly [number, number])[])[] {
  const found: (readonly [number, number])[][] = [[]];
  for (const point of points) {
    if (Number.isFinite(point[1]) && (!log || point[1] > 0)) found.at(-1)!.push(point);
    else if (found.at(-1)!.length > 0) found.push([]);
  }
  return found.filter((piece) => piece.length > 0);
}

/** The same heights, moved so that neighbours are at least `gap` apart. */
function apart(heights: readonly number[], gap: number): number[] {
  const result = [...heights];
  const order = heights
    .map((_, k) => k)
    .filter((k) => Number.isFinite(heights[k]))
    .toSorted((a, b) => heights[a]! - heights[b]!);
  for (let round = 0; round < 40; round++) {
    for (let i = 1; i < order.length; i++) {
      const [upper, lower] = [order[i - 1]!, order[i]!];
      const missing = gap - (result[lower]! - result[upper]!);
      if (missing <= 0) continue;
      result[upper]! -= missing / 2;
      result[lower]! += missing / 2;
    }
  }
  return result;
}
