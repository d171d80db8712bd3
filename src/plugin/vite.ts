import type { Plugin } from "vite";
import type { PluginOptions } from "./options.ts";
import { nnc } from "./plugin.ts";

export type { ModelOptions } from "../project/model-options.ts";
export type { PluginOptions } from "./options.ts";

const plugin: (options?: PluginOptions) => Plugin = nnc.vite;
export default plugin;
