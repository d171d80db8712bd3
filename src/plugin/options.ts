/** What a user may say in the configuration of a bundler, checked so that a mistake is one clear line. */
import type { ModelOptions, Rule } from "../project/model-options.ts";
import { check, flag, isRecord, modelRules, OptionError, shown } from "../project/model-options.ts";

export interface PluginOptions extends ModelOptions {
  /** Other options for single files, by their paths from the root of the project: `{ "src/digits.nn": { target: "wasm" } }`. */
  readonly models?: Readonly<Record<string, ModelOptions>>;
  /** The folder of the project, where these paths and `.nnc` start. Default: what the bundler says, or the working directory. */
  readonly root?: string;
  /** Whether declarations are written to `.nnc/types`, as `nnc types` does. Default true. */
  readonly types?: boolean;
}

const pluginRules: Readonly<Record<keyof PluginOptions, Rule>> = {
  ...modelRules,
  models: {
    expected: 'options by file, such as { "src/digits.nn": { level: 2 } }',
    accepts: (value) => isRecord(value) && Object.values(value).every(isRecord),
  },
  root: { expected: "the path of a folder", accepts: (v) => typeof v === "string" && v !== "" },
  types: flag,
};

/** The options as they were given. Throws an `OptionError` for what is unknown or of the wrong kind. */
export function checkedOptions(options: PluginOptions = {}): PluginOptions {
  if (!isRecord(options))
    throw new OptionError(`the options must be an object, but they are ${shown(options)}`);
  check(options, pluginRules, "the options of the plugin");
  for (const [file, own] of Object.entries(options.models ?? {})) check(own, modelRules, `models["${file}"]`);
  return options;
}
