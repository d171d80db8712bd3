/** A diagram as SVG. What an arrow or a box is, is told by place, dashes and marks; nothing depends on a colour. */
import type { Box, Diagram } from "./diagram.ts";
import type { Placed } from "./grid.ts";
import { letterWidth, lineHeight } from "./grid.ts";
import type { Picture, Point, Route } from "./routes.ts";
import { meetingRadius, route } from "./routes.ts";
import type { SvgElement } from "./svg.ts";
import { element, svgDocument } from "./svg.ts";

const style = [
  "text{font:12px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#111}",
  ".small{font-size:10.5px;fill:#444;paint-order:stroke}",
  ".label{stroke:#fff;stroke-width:4px}",
  ".bold{font-weight:bold}",
  "rect.forward{fill:#fff;stroke:#111;stroke-width:1.2}",
  "rect.input{fill:#fff;stroke:#111;stroke-width:1.2}",
  "rect.parameter{fill:#eee;stroke:#111}",
  "rect.gradient{fill:#eee;stroke:#111;stroke-dasharray:1 2}",
  "rect.backward{fill:#dfe7f2;stroke:#111;stroke-width:1.2}",
  "rect.marked{stroke-width:2.4}",
  "path{fill:none;stroke:#333}",
  ".gradient-arrow{stroke-width:1.8}",
  ".saved{stroke-dasharray:5 4;stroke:#777}",
  ".turn{stroke-dasharray:1.5 3;stroke-width:1.6}",
  "marker path{fill:#333;stroke:none}",
].join("");

export function drawDiagram(diagram: Diagram): string {
  const picture = route(diagram);
  const legend = legendOf(picture);
  const boxes = [...picture.grid.placed.values()];
  const size = { width: Math.max(picture.grid.width, legend.width), height: picture.height + 56 };
  return svgDocument(size, `${diagram.name}: values and their gradients`, style, [
    arrowHead(),
    element("rect", { width: size.width, height: size.height, fill: "#fff" }),
    element("text", { x: 24, y: 26, class: "bold" }, diagram.name),
    ...picture.routes.map(drawRoute),
    ...boxes.map(drawBox),
    ...boxes.filter((p) => p.box.meets).map(drawMeeting),
    ...picture.routes.flatMap(drawLabel),
    ...legend.elements,
  ]);
}

function arrowHead(): SvgElement {
  const marker = { id: "head", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8 };
  const path = element("path", { d: "M0 0 8 4 0 8Z" });
  return element(
    "defs",
    {},
    element("marker", { ...marker, orient: "auto", markerUnits: "userSpaceOnUse" }, path),
  );
}

// -------------------------------------------------------------------------------------------------------------- boxes

function drawBox({ box, x, y, width, height }: Placed): SvgElement {
  const isMarked = box.role === "loss" || box.role === "output";
  const kind = box.role === "input" ? "input" : box.lane;
  const shape = { x, y, width, height, class: isMarked ? `${kind} marked` : kind };
  const corners = box.role === "input" ? { rx: height / 2 } : { rx: 3 };
  const head = box.title === "" ? [] : [`${box.title}${box.turns > 1 ? ` ×${box.turns}` : ""}`];
  const lines = [
    ...head.map((text) => ({ text, class: "bold" })),
    ...box.lines.map((text) => ({ text, class: "small" })),
  ];
  const texts = lines.map((line, n) =>
    element(
      "text",
      { x: x + width / 2, y: y + 5 + lineHeight * (n + 0.75), "text-anchor": "middle", class: line.class },
      line.text,
    ),
  );
  // A folded loop looks like a pile.
  const pile = box.turns > 1 ? [element("rect", { ...shape, ...corners, x: x + 4, y: y + 4 })] : [];
  const tip = box.equations.length > 0 ? [element("title", {}, box.equations.join("\n"))] : [];
  return element("g", {}, ...tip, ...pile, element("rect", { ...shape, ...corners }), ...texts);
}

/** ⊕ where the paths through the network meet. */
function drawMeeting({ x, y, width, height }: Placed): SvgElement {
  const [centre, middle, radius] = [x + width, y + height / 2, meetingRadius];
  return element(
    "g",
    {},
    element("title", {}, "Several paths meet here: their contributions are summed."),
    element("circle", { cx: centre, cy: middle, r: radius, fill: "#fff", stroke: "#111" }),
    element("path", {
      d: `M${centre - radius} ${middle}h${2 * radius}M${centre} ${middle - radius}v${2 * radius}`,
    }),
  );
}

// ------------------------------------------------------------------------------------------------------------- arrows

const classes = { value: "value", gradient: "gradient-arrow", saved: "saved", turn: "turn" } as const;

function drawRoute({ arrow, points }: Route): SvgElement {
  const d = points.length === 2 ? curve(points[0]!, points[1]!) : rounded(points);
  return element("path", { d, class: classes[arrow.kind], "marker-end": "url(#head)" });
}

/** Straight where the two are in line, else leaving and arriving in the direction of the longer way. */
function curve(a: Point, b: Point): string {
  if (a.x === b.x || a.y === b.y) return `M${a.x} ${a.y}L${b.x} ${b.y}`;
  if (Math.abs(b.x - a.x) > Math.abs(b.y - a.y) || Math.abs(b.x - a.x) > 20) {
    const middle = Math.round((a.x + b.x) / 2);
    return `M${a.x} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`;
  }
  const middle = Math.round((a.y + b.y) / 2);
  return `M${a.x} ${a.y}C${a.x} ${middle} ${b.x} ${middle} ${b.x} ${b.y}`;
}

const radius = 5;

function rounded(points: readonly Point[]): string {
  const corners = points.slice(1, -1).map((corner, n) => {
    const [before, after] = [toward(corner, points[n]!), toward(corner, points[n + 2]!)];
    return `L${before.x} ${before.y}Q${corner.x} ${corner.y} ${after.x} ${after.y}`;
  });
  const [start, end] = [points[0]!, points.at(-1)!];
  return `M${start.x} ${start.y}${corners.join("")}L${end.x} ${end.y}`;
}

function toward(from: Point, to: Point): Point {
  const step = (a: number, b: number): number => a + Math.sign(b - a) * Math.min(radius, Math.abs(b - a) / 2);
  return { x: step(from.x, to.x), y: step(from.y, to.y) };
}

function drawLabel({ arrow, label }: Route): SvgElement[] {
  if (!label || arrow.label === "") return [];
  return [
    element(
      "text",
      { x: label.x, y: label.y - 4, "text-anchor": "middle", class: "small label" },
      arrow.label,
    ),
  ];
}

// ------------------------------------------------------------------------------------------------------------- legend

function legendOf({ routes, grid, height }: Picture): { elements: SvgElement[]; width: number } {
  const words = {
    value: "computed from",
    gradient: "gradient, by the chain rule",
    saved: "kept for the backward pass",
    turn: "next turn of a loop",
  } as const;
  const y = height + 30;
  let x = 24;
  const elements: SvgElement[] = [];
  for (const kind of ["value", "gradient", "saved", "turn"] as const) {
    if (!routes.some((r) => r.arrow.kind === kind)) continue;
    elements.push(
      element("path", { d: `M${x} ${y - 4}h34`, class: classes[kind], "marker-end": "url(#head)" }),
    );
    elements.push(element("text", { x: x + 42, y, class: "small" }, words[kind]));
    x += 42 + words[kind].length * letterWidth + 22;
  }
  const meeting = [...grid.placed.values()].some((p: { readonly box: Box }) => p.box.meets);
  if (meeting) {
    elements.push(element("text", { x, y, class: "small" }, "⊕ paths meet: their contributions are summed"));
    x += 44 * letterWidth;
  }
  return { elements, width: x + 24 };
}
