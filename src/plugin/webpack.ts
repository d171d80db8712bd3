import type { WebpackPluginInstance } from "webpack";
import type { PluginOptions } from "./options.ts";
import { nnc } from "./plugin.ts";

export type { ModelOptions } from "../project/model-options.ts";
export type { PluginOptions } from "./options.ts";

const plugin: (options?: PluginOptions) => WebpackPluginInstance = nnc.webpack;
export default plugin;
