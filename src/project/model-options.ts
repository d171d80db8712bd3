/** How a model is compiled, as users of a bundler may say it, checked so that a mistake is one clear line. */
import type { Level } from "../ir/kernel.ts";

type Target = "typescript" | "wasm" | "webgpu" | "auto";

/** How a model is compiled. */
export interface ModelOptions {
  /** 0 reads like the lecture; 1 fuses loops; 2, the default, is the fastest. */
  readonly level?: Level;
  /**
   * What the kernels are made of. "auto", the default, takes TypeScript or WebAssembly, whichever a step is estimated to be
   * faster with. The methods of "webgpu" are promises.
   */
  readonly target?: Target;
  /** Compile-time sizes and dimensions by name, instead of the defaults of the source. */
  readonly sizes?: Readonly<Record<string, number | boolean>>;
  /** Only this model, where a file has several. Default: all of them. */
  readonly model?: string;
  /** false shows the chain rule as it falls out. Default true. */
  readonly simplify?: boolean;
  /** true turns off the rules that hold over the real numbers only. Default false. */
  readonly exact?: boolean;
}

/** What is compiled where nobody says otherwise: what `nnc types` takes for granted. */
export const defaults: ModelOptions = { level: 2, target: "auto" };

/** A mistake in the options; its message is for the user. */
export class OptionError extends Error {}

/** What a value must be. */
export interface Rule {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

const isSize = (value: unknown): boolean =>
  typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
/** An object of names and values. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const oneOf = (...values: readonly (string | number)[]): Rule => ({
  expected: values
    .map((v) => JSON.stringify(v))
    .join(", ")
    .replace(/, ([^,]*)$/, " or $1"),
  accepts: (value) => values.some((v) => v === value),
});
/** An option that is on or off. */
export const flag: Rule = { expected: "true or false", accepts: (value) => typeof value === "boolean" };

/** What each option must be. */
export const modelRules: Readonly<Record<keyof ModelOptions, Rule>> = {
  level: oneOf(0, 1, 2),
  target: oneOf("typescript", "wasm", "webgpu", "auto"),
  sizes: {
    expected: "numbers, true or false by name, such as { hidden: 128 }",
    accepts: (value) => isRecord(value) && Object.values(value).every(isSize),
  },
  model: { expected: "the name of a model", accepts: (v) => typeof v === "string" && v !== "" },
  simplify: flag,
  exact: flag,
};

/** What an import says behind its question mark: `?target=wasm&level=2&sizes.hidden=128`. Throws an `OptionError`. */
export function optionsOfQuery(query: URLSearchParams): ModelOptions {
  const given: Record<string, unknown> = {};
  const sizes: Record<string, unknown> = {};
  for (const [name, text] of query) {
    const size = /^sizes\.(.+)$/s.exec(name)?.[1];
    if (size !== undefined) sizes[size] = valueOf(text);
    else given[name] = name === "model" || name === "target" ? text : valueOf(text);
  }
  if (Object.keys(sizes).length > 0) given["sizes"] = { ...sizes };
  check(given, modelRules, "an import of a model", (name) => (name === "sizes" ? "sizes.hidden" : name));
  return given;
}

/** The options of one import: those of the plugin, of its file, and of its query: what comes later wins. */
export function mergedOptions(...all: readonly ModelOptions[]): ModelOptions {
  return all.reduce<ModelOptions>(
    (before, after) => ({ ...before, ...after, sizes: { ...before.sizes, ...after.sizes } }),
    {},
  );
}

/** Throws an `OptionError` for what is unknown or of the wrong kind; `where` says who said it. */
export function check(
  options: object,
  rules: Readonly<Record<string, Rule>>,
  where: string,
  named: (name: string) => string = (name) => name,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) {
      const known = Object.keys(rules).map(named).join(", ");
      throw new OptionError(`${where}: there is no option \`${name}\`; there are ${known}`);
    }
    if (value === undefined || rules[name]!.accepts(value)) continue;
    throw new OptionError(
      `${where}: \`${name}\` must be ${rules[name]!.expected}, but it is ${shown(value)}`,
    );
  }
}

/** A value as a message shows it. */
export const shown = (value: unknown): string => JSON.stringify(value) ?? typeof value;

function valueOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
