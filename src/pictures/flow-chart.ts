/** The flow of gradients as one picture: a row for each parameter, sizes on a logarithmic axis. */
import type { Flow, ParameterFlow } from "./flow.ts";
import { number, share } from "./flow.ts";
import type { SvgElement } from "./svg.ts";
import { element, svgDocument } from "./svg.ts";

const style = [
  "text{font:11px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#111}",
  ".bold{font-weight:bold}",
  ".small{font-size:10px;fill:#444}",
  "line.grid{stroke:#ddd}",
  "line.range{stroke:#111;stroke-width:1.2}",
  ".mean{fill:#111}",
  ".update{fill:#fff;stroke:#111;stroke-width:1.2}",
  "rect.bar{fill:#bbb;stroke:#111;stroke-width:.6}",
].join("");

const letter = 6.6;
const rowHeight = 16;
const chartWidth = 520;
const top = 64;

export function drawFlow(flow: Flow): string {
  const names = Math.max(10, ...[...flow.parameters, ...flow.activations].map((p) => p.name.length));
  const left = 24 + Math.ceil(names * letter) + 12;
  const axis = axisOf(flow, left);
  const between = top + flow.parameters.length * rowHeight + 40;
  const bottom = between + (flow.activations.length > 0 ? 24 + flow.activations.length * rowHeight : 0);
  const size = { width: left + chartWidth + 40, height: bottom + 24 };
  return svgDocument(size, `${flow.model}: sizes of gradients and updates`, style, [
    element("rect", { width: size.width, height: size.height, fill: "#fff" }),
    element("text", { x: 24, y: 24, class: "bold" }, `${flow.model}: loss ${number(flow.loss)}`),
    ...legend(24, 44),
    ...axis.grid(top, top + flow.parameters.length * rowHeight),
    ...flow.parameters.flatMap((p, n) => drawParameter(p, top + (n + 0.5) * rowHeight, left, axis)),
    ...drawActivations(flow, between, left),
  ]);
}

function legend(x: number, y: number): SvgElement[] {
  return [
    element("circle", { cx: x + 4, cy: y - 4, r: 3.5, class: "mean" }),
    element("line", { x1: x + 4, x2: x + 24, y1: y - 4, y2: y - 4, class: "range" }),
    element("text", { x: x + 30, y, class: "small" }, "mean |g| to max |g|"),
    diamond(x + 170, y - 4),
    element("text", { x: x + 180, y, class: "small" }, "update / weight"),
  ];
}

// --------------------------------------------------------------------------------------------------------------- axis

interface Axis {
  x(value: number): number;
  grid(from: number, to: number): SvgElement[];
}

/** Whole powers of ten around everything that is not 0; what is 0 stands at the left edge. */
function axisOf(flow: Flow, left: number): Axis {
  const values = flow.parameters.flatMap((p) => [p.gradient.mean, p.gradient.largest, p.update ?? 0]);
  const logs = values.filter((v) => v > 0 && Number.isFinite(v)).map((v) => Math.log10(v));
  const low = Math.floor(Math.min(-1, ...logs));
  const high = Math.ceil(Math.max(0, ...logs));
  const place = (power: number): number => left + ((power - low) / (high - low)) * chartWidth;
  const x = (value: number): number =>
    value > 0 ? Math.round(place(Math.min(high, Math.log10(value))) * 10) / 10 : left;
  const apart = Math.max(1, Math.ceil((high - low) / 13));
  const powers = Array.from({ length: high - low + 1 }, (_, n) => low + n).filter(
    (p) => (high - p) % apart === 0,
  );
  const grid = (from: number, to: number): SvgElement[] =>
    powers.flatMap((power) => {
      const at = Math.round(place(power) * 10) / 10;
      return [
        element("line", { x1: at, x2: at, y1: from - 2, y2: to, class: "grid" }),
        element("text", { x: at, y: to + 14, "text-anchor": "middle", class: "small" }, `1e${power}`),
      ];
    });
  return { x, grid };
}

// --------------------------------------------------------------------------------------------------------------- rows

function drawParameter(p: ParameterFlow, y: number, left: number, axis: Axis): SvgElement[] {
  const [mean, largest] = [axis.x(p.gradient.mean), axis.x(p.gradient.largest)];
  const label = element("text", { x: left - 12, y: y + 4, "text-anchor": "end" }, p.name);
  const says = `${p.name}: mean |g| ${number(p.gradient.mean)}, max |g| ${number(p.gradient.largest)}`;
  const marks = [
    element("line", { x1: mean, x2: largest, y1: y, y2: y, class: "range" }),
    element("circle", { cx: mean, cy: y, r: 3.5, class: "mean" }, element("title", {}, says)),
  ];
  return [label, ...marks, ...(p.update === null ? [] : [diamond(axis.x(p.update), y)])];
}

function diamond(x: number, y: number): SvgElement {
  return element("path", { d: `M${x} ${y - 5}l5 5l-5 5l-5 -5Z`, class: "update" });
}

const barWidth = 120;

/** Shares of dead units and saturated cells, as bars with their numbers. */
function drawActivations(flow: Flow, y: number, left: number): SvgElement[] {
  if (flow.activations.length === 0) return [];
  const columns = [left, left + barWidth + 70];
  const titles = ["dead units", "saturated cells"].map((title, n) =>
    element("text", { x: columns[n]!, y: y + 10, class: "small" }, title),
  );
  const rows = flow.activations.flatMap((a, n) => {
    const middle = y + 24 + (n + 0.5) * rowHeight;
    const bar = (x: number, value: number | null): SvgElement[] => [
      ...(value === null
        ? []
        : [
            element("rect", {
              x,
              y: middle - 5,
              width: Math.round(value * barWidth),
              height: 10,
              class: "bar",
            }),
          ]),
      element(
        "text",
        { x: x + barWidth + 8, y: middle + 4, class: "small" },
        value === null ? "–" : share(value),
      ),
    ];
    const label = element("text", { x: left - 12, y: middle + 4, "text-anchor": "end" }, a.name);
    return [label, ...bar(columns[0]!, a.dead), ...bar(columns[1]!, a.saturated)];
  });
  return [...titles, ...rows];
}
