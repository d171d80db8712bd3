import type { WebpackPluginInstance } from "webpack";
import type { PluginOptions } from "./options.ts";
import { nnc } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

const plugin: (options?: PluginOptions) => WebpackPluginInstance = nnc.webpack;
export default plugin;
