/**
 * How wide a formula of LaTeX is, roughly: it is printed here and typeset elsewhere. In em of the text, of the letters of
 * Computer Modern on average.
 */

/** What the text block of a page of `article` holds with margins of 2.5 cm, and some of it to spare. */
export const pageWidth = 42.5;

/** Subscripts and superscripts are set in letters of this size. */
const scriptSize = 0.75;

const commandWidths: Readonly<Record<string, number>> = {
  quad: 1,
  qquad: 2,
  left: 0,
  right: 0,
  bigl: 0,
  bigr: 0,
  bigm: 0,
  allowbreak: 0,
  ",": 0.2,
  sum: 1.5,
  prod: 1.3,
  cdot: 0.8,
  operatorname: 0.2,
  text: 0,
  mathrm: 0,
  mathit: 0,
  cancel: 0,
  hat: 0,
};

export function widthOf(latex: string): number {
  const [width] = read(latex, 0, "");
  return width;
}

/** The width up to a closing brace, or to the end, and where that is. */
function read(latex: string, from: number, end: string): [number, number] {
  let width = 0;
  let at = from;
  while (at < latex.length && latex[at] !== end) {
    const [own, next] = readOne(latex, at);
    width += own;
    at = next;
  }
  return [width, at + end.length];
}

function readOne(latex: string, at: number): [number, number] {
  const c = latex[at]!;
  if (c === "{") return read(latex, at + 1, "}");
  if (c === "_" || c === "^") {
    const [own, next] = readOne(latex, at + 1);
    return [scriptSize * own, next];
  }
  if (c === "\\") return readCommand(latex, at + 1);
  if ("+-=<>".includes(c)) return [1.3, at + 1];
  if (" $&'".includes(c)) return [c === "'" ? 0.3 : 0, at + 1];
  if (".,:;|()[]".includes(c)) return [0.4, at + 1];
  return [/[A-Zmw]/.test(c) ? 0.75 : 0.53, at + 1];
}

function readCommand(latex: string, at: number): [number, number] {
  const name = /^(?:[A-Za-z]+\*?|.)/su.exec(latex.slice(at))![0];
  const behind = at + name.length;
  if (name === "frac" || name === "tfrac") {
    const [above, middle] = readOne(latex, behind);
    const [below, next] = readOne(latex, middle);
    return [Math.max(above, below) + 0.25, next];
  }
  if (name === "begin" || name === "end") return [0.5, latex.indexOf("}", behind) + 1];
  if (name === "text") {
    const [own, next] = readOne(latex, behind);
    const spaces = latex.slice(behind, next).split(" ").length - 1;
    return [own + 0.33 * spaces, next];
  }
  return [commandWidths[name] ?? 0.9, behind];
}
