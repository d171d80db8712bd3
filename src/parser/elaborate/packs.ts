/** Packs: `...s` stands for any number of dimensions, `...s(axis)` for that many. */
import type { Name, PackSyntax } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { sizeExpression } from "./shapes.ts";

/** How many dimensions a pack has, where that is known. */
export interface PackCount {
  readonly count: number;
  /** Written, as in `...s(axis)`: a negative one is counted from the end. */
  readonly written: boolean;
}

/** In a list of packs, one that is undefined takes what the others leave. */
export type PackCounts = readonly (PackCount | undefined)[];

/** What is known of the packs of a list. A lone one takes what there is, whatever it stood for before. */
export function packCounts(elab: Elaboration, env: Environment, packs: readonly PackSyntax[]): PackCounts {
  const [only] = packs;
  if (packs.length === 1 && only && !only.count) return [undefined];
  return packs.map((p) => knownCount(env, p.name.text) ?? writtenCount(elab, env, p));
}

/** The count of a pack that is bound already. */
export function knownCount(env: Environment, name: string): PackCount | undefined {
  const binding = env.scope.lookup(name);
  if (binding?.kind === "indices") return { count: binding.indices.length, written: false };
  return binding?.kind === "extents" ? { count: binding.extents.length, written: false } : undefined;
}

function writtenCount(elab: Elaboration, env: Environment, p: PackSyntax): PackCount | undefined {
  if (!p.count) return undefined;
  const count = elab.builder.constantOf(sizeExpression(elab, env, p.count));
  if (count !== undefined) return { count, written: true };
  const what = `the count of \`...${p.name.text}\``;
  return fail(elab, env, "NN2012", p.count.span, { what, wanted: "an integer" });
}

/**
 * The number of dimensions of each pack, where there are `free` of them; undefined where they do not fit. A count of −1
 * leaves none to the other packs, −2 leaves one: with one dimension between two packs, these are the last and the last
 * but one. Dimensions may be left over where every count is known.
 */
export function shareOut(packs: PackCounts, free: number): readonly number[] | undefined {
  const bound = packs.reduce((sum, p) => sum + (p && !p.written ? p.count : 0), 0);
  const counts = packs.map((p) => (p && p.written && p.count < 0 ? free - bound + 1 + p.count : p?.count));
  const left = counts.reduce<number>((n, c) => n - (c ?? 0), free);
  const open = counts.filter((c) => c === undefined).length;
  if (open > 1 || left < 0 || counts.some((c) => c !== undefined && c < 0)) return undefined;
  return counts.map((c) => c ?? left);
}

/** Two packs that both take what the others leave are a mistake, whatever there is. */
export function requireTold(
  elab: Elaboration,
  env: Environment,
  packs: readonly { readonly name: Name; readonly span: PackSyntax["span"] }[],
  counts: PackCounts,
): void {
  const [first, second] = packs.filter((_, k) => counts[k] === undefined);
  if (!first || !second) return;
  const names = { first: first.name.text, second: second.name.text };
  const help = `say how many it has, \`...${names.first}(axis)\`, where it stands first`;
  fail(elab, env, "NN2039", second.span, names, { help });
}

/** What a count may be, where one that is written as a name does not fit. */
export function countHelp(
  packs: readonly PackSyntax[],
  counts: PackCounts,
  free: number,
): string | undefined {
  const k = counts.findIndex((c) => c?.written);
  const written = packs[k]?.count;
  const others = counts.reduce((sum, c) => sum + (c && !c.written ? c.count : 0), 0);
  const most = free - others;
  if (!written || most < 0) return undefined;
  const name = written.kind === "name" ? `\`${written.name}\`` : "the count";
  return `${name} is ${counts[k]!.count}, but may be from ${-most - 1} to ${most} here`;
}
