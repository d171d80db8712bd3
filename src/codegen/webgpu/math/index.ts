/** The functions that shaders call, by name. */
import { floats } from "./floats.ts";
import type { Helper } from "./helper.ts";
import { integers } from "./integers.ts";

const helpers: Readonly<Record<string, Helper>> = { ...floats, ...integers };

export const helperNames: readonly string[] = Object.keys(helpers);

/** The texts of these functions and of what they call, each once, in the order of the table. */
export function helperTexts(used: Iterable<string>): string[] {
  const needed = new Set<string>();
  const need = (name: string): void => {
    const helper = helpers[name];
    if (!helper) throw new Error(`there is no function \`${name}\` of shaders`);
    if (needed.has(name)) return;
    needed.add(name);
    helper.calls?.forEach(need);
  };
  for (const name of used) need(name);
  return helperNames.filter((name) => needed.has(name)).map((name) => helpers[name]!.text);
}
