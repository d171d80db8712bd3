/** The tokens of generated code, with their lines: enough of JavaScript to follow code through a formatter. */
export interface Token {
  /** What formatting leaves as it is; quotes, the form of numbers and white space inside comments are evened out. */
  readonly text: string;
  /** The lines on which it starts and ends, 0-based. */
  readonly line: number;
  readonly last: number;
}

const pattern =
  /(\s+)|(\/\/[^\n]*|\/\*[^]*?\*\/)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(`(?:[^`\\]|\\[^])*`)|(0[xX][\da-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?)|[#@]?[\p{ID_Start}_$][\p{ID_Continue}$]*|[^]/uy;

export function tokens(code: string): Token[] {
  const found: Token[] = [];
  let line = 0;
  pattern.lastIndex = 0;
  for (let at = 0; at < code.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(code);
    if (!match) throw new Error("a character belongs to no token");
    const [text, space, comment, string, template, number] = match;
    const last = line + text.split("\n").length - 1;
    if (space === undefined)
      found.push({ text: evened(text, { comment, string, template, number }), line, last });
    line = last;
  }
  return found;
}

interface Parts {
  readonly comment: string | undefined;
  readonly string: string | undefined;
  readonly template: string | undefined;
  readonly number: string | undefined;
}

function evened(text: string, { comment, string, template, number }: Parts): string {
  if (comment !== undefined || template !== undefined) return text.replace(/\s+/g, "");
  if (string !== undefined) return text.slice(1, -1).replace(/\\(["'])/g, "$1");
  return number === undefined ? text : `${Number(number)}`;
}

/** What a formatter adds and drops: grouping, separators, and the first bar of a union. */
export function isLayout(token: Token): boolean {
  return ["(", ")", ",", ";", "|"].includes(token.text);
}
