import type { Plugin } from "vite";
import type { PluginOptions } from "./options.ts";
import { nnc } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

const plugin: (options?: PluginOptions) => Plugin = nnc.vite;
export default plugin;
