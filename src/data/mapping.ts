/** Which columns or arrays an input of a model is read from. */
import type { Arrays, DataArray } from "./arrays.ts";
import { DataError } from "./arrays.ts";

/** How what was found is read: as it is, as names of classes, or as whether there is something. */
export type Form = "plain" | "classes" | "given" | "value";

/** `--map image=pixel0..pixel63`: parts are separated by commas; a value is a number. */
export interface Mapping {
  readonly input: string;
  readonly form: Form;
  readonly parts: readonly string[];
}

/** Reads `input=[classes:|given:|value:]part,part…`; null where it has another form. */
export function parseMapping(text: string): Mapping | null {
  const [, input, form = "plain", parts] = /^([^=]+)=(?:(classes|given|value):)?(.+)$/s.exec(text) ?? [];
  if (input === undefined || parts === undefined) return null;
  const isForm = (f: string): f is Form => ["plain", "classes", "given", "value"].includes(f);
  if (!isForm(form)) return null;
  if (form === "value" && !Number.isFinite(Number(parts))) return null;
  return { input: input.trim(), form, parts: parts.split(",").map((part) => part.trim()) };
}

/**
 * The arrays that a mapping names, in its order. A part is a name, `first..last` in the order of the file, `begin*`, or
 * `*` for all that is not in `used`.
 */
export function select(
  mapping: Mapping,
  arrays: Arrays,
  used: ReadonlySet<string>,
  files: string,
): DataArray[] {
  const names = [...arrays.keys()];
  const find = (name: string): number => {
    const at = names.indexOf(name);
    if (at < 0) throw new DataError(`${missing(mapping.input, `\`${name}\``, names, files)}`);
    return at;
  };
  const chosen = mapping.parts.flatMap((part) => {
    if (arrays.has(part)) return [part];
    const range = /^(.+)\.\.(.+)$/s.exec(part);
    if (range) {
      const [first, last] = [find(range[1]!), find(range[2]!)];
      if (last < first)
        throw new DataError(`--map ${mapping.input}: \`${range[2]!}\` stands before \`${range[1]!}\``);
      return names.slice(first, last + 1);
    }
    if (!part.endsWith("*")) return [names[find(part)]!];
    const begin = part.slice(0, -1);
    const all = names.filter((name) => name.startsWith(begin) && (begin !== "" || !used.has(name)));
    if (all.length === 0) throw new DataError(missing(mapping.input, `\`${part}\``, names, files));
    return all;
  });
  return chosen.map((name) => arrays.get(name)!);
}

/**
 * What is called like the input: one array, or columns `x0, x1, …`, `x_1, x_2, …` in the order of their numbers; null
 * where there is nothing.
 */
export function selectByName(input: string, arrays: Arrays): DataArray[] | null {
  const own = arrays.get(input);
  if (own) return [own];
  const numbered = [...arrays.values()].flatMap((array) => {
    if (!array.name.startsWith(input)) return [];
    const number = /^[ ._[-]?([0-9]+)\]?$/.exec(array.name.slice(input.length))?.[1];
    return number === undefined ? [] : [{ array, number: Number(number) }];
  });
  if (numbered.length === 0) return null;
  return numbered.sort((a, b) => a.number - b.number).map(({ array }) => array);
}

/** `train.csv has no `label` for input `label`; it has species, island, …` */
export function missing(input: string, what: string, names: readonly string[], files: string): string {
  const shown = names.slice(0, 8).join(", ") + (names.length > 8 ? `, … (${names.length} in all)` : "");
  return `${files} has no ${what} for input \`${input}\`; it has ${shown}. Say which with --map ${input}=…`;
}
