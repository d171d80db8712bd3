/** The loss by epoch, as a curve that can be read without colour: training is a full line, validation a dashed one. */
import type { SvgElement } from "./svg.ts";
import { element, svgDocument } from "./svg.ts";

export interface Losses {
  readonly title: string;
  /** One number an epoch, from the first on. */
  readonly train: readonly number[];
  /** The same of the examples held out; null where there are none. */
  readonly valid: readonly number[] | null;
  /** Where losses are positive; else the axis stays linear. */
  readonly isLogarithmic: boolean;
}

const size = { width: 640, height: 400 };
const area = { left: 72, right: 552, top: 48, bottom: 344 };

const style = [
  "text { font: 13px system-ui, sans-serif; fill: #222 }",
  ".title { font-size: 15px; font-weight: 600 }",
  ".grid { stroke: #ddd }",
  ".axis { stroke: #222 }",
  "polyline { fill: none; stroke-width: 2; stroke-linejoin: round }",
  ".train { stroke: #1b4f8a }",
  ".valid { stroke: #b3500b; stroke-dasharray: 7 4 }",
  "circle.train { fill: #1b4f8a } circle.valid { fill: #fff; stroke-width: 2; stroke-dasharray: none }",
].join(" ");

export function drawLosses({ title, train, valid, isLogarithmic }: Losses): string {
  const finite = [...train, ...(valid ?? [])].filter((v) => Number.isFinite(v));
  const isLog = isLogarithmic && finite.every((v) => v > 0);
  const vertical = isLog ? logarithmic(finite) : linear(finite);
  const y = (value: number): number => area.bottom - vertical.place(value) * (area.bottom - area.top);
  const last = train.length;
  const x = (epoch: number): number =>
    last === 1
      ? (area.left + area.right) / 2
      : area.left + ((epoch - 1) / (last - 1)) * (area.right - area.left);
  const curves = [
    ...curve(train, "train", x, y),
    ...(valid ? curve(valid, "valid", x, y) : []),
    ...endLabels(train, valid, x, y),
  ];
  return svgDocument(size, title, style, [
    element("rect", { width: size.width, height: size.height, fill: "#fff" }),
    label(area.left, 26, title, "start", "title"),
    ...vertical.ticks.flatMap((tick) => [
      line(area.left, y(tick), area.right, y(tick), "grid"),
      label(area.left - 8, y(tick) + 4.5, shown(tick), "end"),
    ]),
    ...epochTicks(last).flatMap((epoch) => [
      line(x(epoch), area.bottom, x(epoch), area.bottom + 5, "axis"),
      label(x(epoch), area.bottom + 21, String(epoch), "middle"),
    ]),
    line(area.left, area.bottom, area.right, area.bottom, "axis"),
    line(area.left, area.top, area.left, area.bottom, "axis"),
    label((area.left + area.right) / 2, area.bottom + 43, "epoch", "middle"),
    label(area.left, area.top - 8, isLog ? "loss, logarithmic" : "loss", "middle"),
    ...curves,
  ]);
}

type Place = (value: number) => number;

/** A line through all finite values, and a dot for each where they are few. */
function curve(values: readonly number[], kind: string, x: Place, y: Place): SvgElement[] {
  const points = values.flatMap((v, i) =>
    Number.isFinite(v) ? [{ x: round(x(i + 1)), y: round(y(v)) }] : [],
  );
  const dots = points.length <= 40 ? points : [];
  return [
    element("polyline", { class: kind, points: points.map((p) => `${p.x},${p.y}`).join(" ") }),
    ...dots.map((p) => element("circle", { class: kind, cx: p.x, cy: p.y, r: 3 })),
  ];
}

/** Names at the ends of the curves, moved apart where they would meet. */
function endLabels(
  train: readonly number[],
  valid: readonly number[] | null,
  x: Place,
  y: Place,
): SvgElement[] {
  const end = (values: readonly number[], name: string): { name: string; at: number }[] => {
    const value = values.at(-1);
    return value === undefined || !Number.isFinite(value) ? [] : [{ name, at: y(value) }];
  };
  const names = [...end(train, "train"), ...(valid ? end(valid, "valid") : [])].sort((a, b) => a.at - b.at);
  const [upper, lower] = names;
  if (upper && lower && lower.at - upper.at < 16) {
    const middle = (upper.at + lower.at) / 2;
    upper.at = middle - 8;
    lower.at = middle + 8;
  }
  return names.map(({ name, at }) => label(x(train.length) + 10, at + 4.5, name, "start"));
}

interface Axis {
  /** 0 at the bottom, 1 at the top. */
  readonly place: Place;
  readonly ticks: readonly number[];
}

/** About five steps of 1, 2 or 5 times a power of ten. */
function linear(values: readonly number[]): Axis {
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low + 1e-12);
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
  const from = Math.floor(low / step);
  const to = Math.ceil(high / step);
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12)));
  return { place: (v) => (v - from * step) / ((to - from) * step), ticks };
}

/** Powers of ten; between them 2 and 5 where there are few. */
function logarithmic(values: readonly number[]): Axis {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  const factors = to - from <= 2 ? [1, 2, 5] : [1];
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => factors.map((m) => m * 10 ** (from + i)))
    .flat()
    .filter((t) => t <= 10 ** to * 1.000001);
  return { place: (v) => (Math.log10(v) - from) / (to - from), ticks };
}

/** At most ten epochs, the first among them, at equal distances. */
function epochTicks(last: number): number[] {
  const raw = last / 8;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(raw)));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10));
  const multiples = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return [...new Set([1, ...multiples.filter((m) => step === 1 || m > step / 2)])];
}

const shown = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(0)
    : String(Number(value.toPrecision(6)));

const round = (value: number): number => Math.round(value * 10) / 10;

function line(x1: number, y1: number, x2: number, y2: number, kind: string): SvgElement {
  return element("line", { class: kind, x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2) });
}

function label(
  x: number,
  y: number,
  text: string,
  anchor: "start" | "middle" | "end",
  kind?: string,
): SvgElement {
  return element(
    "text",
    { x: round(x), y: round(y), "text-anchor": anchor, ...(kind === undefined ? {} : { class: kind }) },
    text,
  );
}
