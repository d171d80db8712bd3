/** Formats a module with prettier, and follows every line through it. */
import type { Sources } from "../ir/source.ts";
import type { Origin } from "../ir/types.ts";
import type { EmittedModule } from "./module.ts";
import { finish } from "./module.ts";
import { isLayout, tokens } from "./tokens.ts";

export interface FormatOptions {
  readonly printWidth?: number;
}

/**
 * The module in prettier's layout, with lines and source map that follow. Prettier is loaded by the first call.
 */
export async function formatModule(
  module: EmittedModule,
  sources: Sources,
  unit: string,
  { printWidth = 100 }: FormatOptions = {},
): Promise<EmittedModule> {
  const format = await loadPrettier(printWidth);
  const code = await format(module.code);
  const declaration = module.declaration === undefined ? undefined : await format(module.declaration);
  const origins = followLines(module.code, module.lines, code);
  const lines = code
    .replace(/\n$/, "")
    .split("\n")
    .map((text, i) => ({ text, origin: origins[i] ?? null }));
  return finish(lines, declaration, { sources }, unit);
}

async function loadPrettier(printWidth: number): Promise<(code: string) => Promise<string>> {
  const [prettier, typescript, estree] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/typescript"),
    import("prettier/plugins/estree"),
  ]);
  const plugins = [typescript.default, estree.default];
  return (code) => prettier.format(code, { parser: "typescript", plugins, printWidth });
}

/**
 * The origin of each line of formatted code, from the origins of the lines before formatting: both hold the same
 * tokens in the same order, but for parentheses and separators. A line comes from where its first token came from.
 */
export function followLines(
  before: string,
  origins: readonly (Origin | null)[],
  after: string,
): (Origin | null)[] {
  const from = tokens(before).filter((t) => !isLayout(t));
  const to = tokens(after).filter((t) => !isLayout(t));
  const found: (Origin | null)[] = Array<Origin | null>(after.split("\n").length).fill(null);
  const seen = new Set<number>();
  for (const [n, { text, line, last }] of to.entries()) {
    const source = from[n];
    if (source?.text !== text)
      throw new Error(`formatting changed the code: \`${source?.text}\` became \`${text}\``);
    for (let l = line; l <= last; l++) {
      if (!seen.has(l)) found[l] = origins[source.line] ?? null;
      seen.add(l);
    }
  }
  if (from.length !== to.length) throw new Error("formatting dropped code");
  return found;
}
