/** SVG as text: elements, escaped, with coordinates that are short and the same on every machine. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c]!);

/** A coordinate: a tenth of a pixel is fine enough to look at, and coarse enough to be repeatable. */
export const coordinate = (value: number): string => {
  const rounded = Math.round(value * 10) / 10;
  return Object.is(rounded, -0) ? "0" : String(rounded);
};

export function element(name: string, attributes: Attributes = {}, ...children: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [` ${key}="${typeof value === "number" ? coordinate(value) : escaped(value)}"`],
  );
  const head = `<${name}${written.join("")}`;
  return children.length === 0 ? `${head}/>` : `${head}>${children.join("")}</${name}>`;
}

/** A line of text at a place. */
export function textAt(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escaped(text));
}

/** A line through points. */
export function path(points: readonly (readonly [number, number])[], attributes: Attributes = {}): string {
  const d = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${coordinate(x)} ${coordinate(y)}`).join("");
  return element("path", { d, fill: "none", ...attributes });
}

/** A whole picture on white: `title` is what is read aloud instead of it. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width: Math.ceil(width),
    height: Math.ceil(height),
    viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
    role: "img",
    "font-family": "Helvetica, Arial, sans-serif",
    "font-size": "12",
  };
  const background = element("rect", { width: "100%", height: "100%", fill: "#fff" });
  const body = [element("title", {}, escaped(title)), background, ...parts].map((part) => `\n${part}`);
  return `${element("svg", attributes, ...body, "\n")}\n`;
}
