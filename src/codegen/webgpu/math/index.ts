/** The functions that shaders call, by name. */
import { floats } from "./floats.ts";
import type { Helper } from "./helper.ts";
import { integers } from "./integers.ts";

const helpers: Readonly<Record<string, Helper>> = { ...floats, ...integers };

const names: readonly string[] = Object.keys(helpers);

/** The same function of each of the four values of vectors. */
export const inLanes = (name: string): string => `${name}4`;

export const helperNames: readonly string[] = names.flatMap((name) => [name, inLanes(name)]);

/** The texts of these functions and of what they call, each once, in the order of the table. */
export function helperTexts(used: Iterable<string>): string[] {
  const wanted = new Set(used);
  const needed = new Set<string>();
  const need = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    helpers[name]!.calls?.forEach(need);
  };
  for (const name of wanted)
    if (!helperNames.includes(name)) throw new Error(`there is no function \`${name}\` of shaders`);
  for (const name of names) if (wanted.has(name) || wanted.has(inLanes(name))) need(name);
  return names.flatMap((name) => [
    ...(needed.has(name) ? [helpers[name]!.text] : []),
    ...(wanted.has(inLanes(name)) ? [textInLanes(name)] : []),
  ]);
}

/** A function of vectors, from the head of that of numbers. */
function textInLanes(name: string): string {
  const [, list, result] = /^fn \w+\((.*)\) -> (\w+) \{$/m.exec(helpers[name]!.text)!;
  const typed = list!.split(", ").map((p) => p.split(": ") as [string, string]);
  const parameters = typed.map(([p]) => p);
  const calls = ["x", "y", "z", "w"].map(
    (lane) => `    ${name}(${parameters.map((p) => `${p}.${lane}`).join(", ")}),`,
  );
  const vectorOf = (type: string): string => (type === "bool" ? "vec4<bool>" : `vec4${type[0]}`);
  const type = vectorOf(result!);
  return `// ${name} of each of four values
fn ${inLanes(name)}(${typed.map(([p, own]) => `${p}: ${vectorOf(own)}`).join(", ")}) -> ${type} {
  return ${type}(
${calls.join("\n")}
  );
}`;
}
