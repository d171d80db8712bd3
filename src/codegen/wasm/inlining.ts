/**
 * Functions of `math/` that are written where they would be called. A call makes every vector leave its register, so in
 * a loop in lanes the text of a function takes half to two thirds of the time of its call. What is short is always
 * written in place; longer texts only in loops that then call nothing, and that have few of them: a tile would repeat
 * them for each of its cells.
 */
import { atoms } from "../../ir/atoms.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { expressionsIn } from "../../ir/kernel-walk.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Apply } from "../../ir/types.ts";
import { mathFunctions } from "./math/index.ts";
import type { Wat } from "./text.ts";
import { get, set } from "./text.ts";

/** As many instructions are hardly longer than a call. */
const short = 10;
/** More are called everywhere: a call is a small part of their time. */
const long = 130;
/** So many texts may stand in one loop. */
const few = 6;

/** Whether the functions in the body of a loop in lanes are so few, and so short, that their texts may stand there. */
export function mayStandInPlace(body: readonly KernelStatement[]): boolean {
  let count = 0;
  let longest = 0;
  for (const e of expressionsIn(body))
    visit([e], (part) => {
      if (part.kind !== "apply" || isProduct(part)) return;
      const { lanes, integers } = atoms[part.atom].wat;
      const name = part.args[0]!.type === "i32" ? integers : lanes;
      if (name === undefined || mathFunctions[name] === undefined) return;
      count++;
      longest = Math.max(longest, lengthOf(name));
    });
  return count <= few && longest <= long;
}

/** Squares and cubes are products, not calls. */
export function isProduct({ atom, args }: Apply): boolean {
  const exponent = args.at(-1)!;
  const isSmall = exponent.kind === "constant" && (exponent.value === 2 || exponent.value === 3);
  return atoms[atom].wat.form === "power" && isSmall;
}

/** The value of a function of these operands without a call of it; undefined where it is to be called. */
export function inPlace(
  name: string,
  operands: readonly Wat[],
  fresh: (name: string, type: string) => string,
  isLongOneToo: boolean,
): Wat | undefined {
  const found = mathFunctions[name];
  if (found === undefined || !(isLongOneToo || lengthOf(name) <= short)) return undefined;
  const before: Wat[] = [];
  const read = operands.map((operand, n) => {
    const [instruction] = operand;
    if (instruction === "local.get" || (instruction as string).endsWith(".const")) return operand;
    const local = fresh("operand", found.operands[n]!);
    before.push(set(local, operand));
    return get(local);
  });
  const { statements, result } = found.inline(read, (local, type) => fresh(local, type).slice(1));
  if (before.length + statements.length === 0) return result;
  return ["block", ["result", found.result], ...before, ...statements, result];
}

const lengths = new Map<string, number>();

/** How many instructions the text of a function has. */
function lengthOf(name: string): number {
  const known = lengths.get(name);
  if (known !== undefined) return known;
  const { inline, operands } = mathFunctions[name]!;
  const { statements, result } = inline(
    operands.map((_, n) => get(`$${n}`)),
    (local) => local,
  );
  const count = (tree: Wat): number =>
    typeof tree === "string" ? 0 : 1 + tree.reduce((sum, part) => sum + count(part), 0);
  const length = [...statements, result].reduce((sum, tree) => sum + count(tree), 0);
  lengths.set(name, length);
  return length;
}
