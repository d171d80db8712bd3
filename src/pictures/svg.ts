/** SVG as text: elements with escaped attributes and contents. Whatever stands in a source can stand in a picture. */

export type SvgContent = string | SvgElement;

/** A finished piece of markup; plain strings are text, and escaped. */
export class SvgElement {
  constructor(readonly markup: string) {}
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...contents: readonly SvgContent[]
): SvgElement {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(String(value))}"`);
  const inside = contents.map((c) => (typeof c === "string" ? escape(c) : c.markup)).join("");
  const end = contents.length === 0 ? "/>" : `>${inside}</${name}>`;
  return new SvgElement(`<${name}${written.join("")}${end}`);
}

/** A whole file: one element of the picture a line, so that changes can be read. */
export function svgDocument(
  size: { readonly width: number; readonly height: number },
  title: string,
  style: string,
  contents: readonly SvgElement[],
): string {
  const { width, height } = size;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`;
  const lines = [element("title", {}, title), new SvgElement(`<style>${style}</style>`), ...contents];
  return `${head}\n${lines.map((l) => l.markup).join("\n")}\n</svg>\n`;
}

/** For text and attributes of XML; what XML can't hold at all (control characters) is shown as �. */
function escape(text: string): string {
  const replaced = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" } as const;
  return text
    .replace(/[&<>"]/g, (c) => replaced[c as keyof typeof replaced])
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
