/** WebAssembly text as a tree, and its layout: what fits stands on one line, else an operand a line. */
import { Names } from "../names.ts";
import { commentLines } from "../text.ts";

/** A word, or what stands in parentheses. */
export type Wat = string | readonly Wat[];

const width = 100;

/** `(i32.add (local.get $i) (i32.const 1))`, from a depth of indentation on. */
export function layOut(tree: Wat, depth = 0): string {
  const indent = "  ".repeat(depth);
  if (typeof tree === "string") return indent + tree;
  const flat = flatten(tree, width - indent.length);
  if (flat !== undefined) return indent + flat;
  if (tree[0] === "func") return layOutFunction(tree, depth);
  // The words at the front stay with the parenthesis: `(local.set $sum`, `(f32.load offset=4`.
  const words = tree.findIndex((part) => typeof part !== "string");
  const head = tree.slice(0, words < 0 ? tree.length : words);
  const rest = words < 0 ? [] : tree.slice(words);
  const inner = rest.map((part) => layOut(part, depth + 1));
  return [`${indent}(${head.join(" ")}`, ...inner].join("\n") + ")";
}

/** Parameters and locals side by side, as many as fit. */
function layOutFunction([, name, ...parts]: readonly Wat[], depth: number): string {
  const indent = "  ".repeat(depth + 1);
  const isOf = (part: Wat, ...kinds: readonly string[]): boolean =>
    typeof part !== "string" && kinds.includes(part[0] as string);
  const lines = [`${"  ".repeat(depth)}(func ${flatten(name!)!}`];
  for (const kinds of [["export", "param", "result"], ["local"]]) {
    let begins = kinds[0] === "local";
    for (const part of parts.filter((p) => isOf(p, ...kinds))) {
      const text = flatten(part)!;
      const last = lines.at(-1)!;
      if (!begins && last.length + 1 + text.length <= width) lines[lines.length - 1] = `${last} ${text}`;
      else lines.push(indent + text);
      begins = false;
    }
  }
  const body = parts.filter((p) => !isOf(p, "export", "param", "result", "local"));
  return [...lines, ...body.map((part) => layOut(part, depth + 1))].join("\n") + ")";
}

/** On one line, where it has room: what is longer is given up as soon as that is seen. */
function flatten(tree: Wat, room = Infinity): string | undefined {
  if (typeof tree === "string") return tree.length <= room ? tree : undefined;
  let text = "(";
  for (const part of tree) {
    const flat = flatten(part, room - text.length - 1);
    if (flat === undefined) return undefined;
    text += text === "(" ? flat : ` ${flat}`;
  }
  return text.length < room ? `${text})` : undefined;
}

/** Lines of a comment; nothing of the source can end one. */
export function comment(lines: readonly string[], depth = 0): string[] {
  return lines.flatMap(commentLines).map((l) => `${"  ".repeat(depth)};; ${l}`.trimEnd());
}

export const i32 = (value: number): Wat => ["i32.const", `${value}`];
export const get = (name: string): Wat => ["local.get", name];
export const set = (name: string, value: Wat): Wat => ["local.set", name, value];

/** a + b of integers, where one may be 0. */
export function plus(a: Wat, b: number): Wat {
  if (b === 0) return a;
  return b < 0 ? ["i32.sub", a, i32(-b)] : ["i32.add", a, i32(b)];
}

/** a · factor */
export function times(a: Wat, factor: number): Wat {
  if (factor === 1) return a;
  const [operator, inner, by] = a;
  const known = operator === "i32.mul" || operator === "i32.shl" ? constantOf(by!) : NaN;
  if (!Number.isNaN(known)) return times(inner!, factor * (operator === "i32.mul" ? known : 2 ** known));
  const power = Math.log2(factor);
  return Number.isInteger(power) ? ["i32.shl", a, i32(power)] : ["i32.mul", a, i32(factor)];
}

/** The number of `(i32.const 4)`, else NaN. */
const constantOf = (tree: Wat): number => (tree[0] === "i32.const" ? Number(tree[1]) : NaN);

/** The digits of a 32-bit float. */
export function floatDigits(value: number): string {
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return "nan";
  if (!Number.isFinite(rounded)) return rounded > 0 ? "inf" : "-inf";
  return Object.is(rounded, -0) ? "-0" : `${value}`;
}

/** Names of one function or module, as WebAssembly text spells them: `$h.linear.W`. */
export function watNames(parent: Names | null = null): Names {
  return new Names(parent, spell);
}

const letters: Readonly<Record<string, string>> = {
  α: "alpha",
  β: "beta",
  γ: "gamma",
  δ: "delta",
  ε: "epsilon",
  ζ: "zeta",
  η: "eta",
  θ: "theta",
  κ: "kappa",
  λ: "lambda",
  μ: "mu",
  ν: "nu",
  ξ: "xi",
  π: "pi",
  ρ: "rho",
  σ: "sigma",
  τ: "tau",
  φ: "phi",
  χ: "chi",
  ψ: "psi",
  ω: "omega",
};

/** Identifiers are ASCII there: accents are dropped, Greek is spelled out, and the rest is a number. */
function spell(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "");
  const ascii = [...plain].map((c) => {
    if (/[\w.$]/.test(c)) return c;
    return letters[c] ?? (/[\p{L}\p{N}]/u.test(c) ? `u${c.codePointAt(0)!.toString(16)}` : "_");
  });
  const name = ascii.join("");
  return name.startsWith("$") ? name : `$${name}`;
}
