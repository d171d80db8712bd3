import type { Plugin } from "rollup";
import type { PluginOptions } from "./options.ts";
import { nnc } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

const plugin: (options?: PluginOptions) => Plugin = nnc.rollup;
export default plugin;
