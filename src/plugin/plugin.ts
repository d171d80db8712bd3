/** The plugin for all bundlers: `.nn` files become JavaScript modules with source maps. */
import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { createUnplugin } from "unplugin";
import type { UnpluginBuildContext, UnpluginContext, UnpluginContextMeta } from "unplugin";
import type { BuiltDerivation, BuiltModel, Problem, SourceMap } from "./build.ts";
import { buildDerivation, buildModel } from "./build.ts";
import { hotCode } from "./hot.ts";
import type { ModelOptions } from "../project/model-options.ts";
import { defaults, mergedOptions, OptionError, optionsOfQuery } from "../project/model-options.ts";
import type { PluginOptions } from "./options.ts";
import { checkedOptions } from "./options.ts";
import { fixedBodies } from "../project/query-types.ts";
import { modelName, requestOf } from "../project/request.ts";
import { declareImport } from "./declare.ts";

type Bundler = UnpluginContextMeta["framework"];
type BundlerContext = UnpluginBuildContext & UnpluginContext;

interface Project {
  /** What the names of models are relative to: an absolute path. */
  root: string;
  /** Whether pages replace modules as they change. */
  hot: boolean;
  readonly options: PluginOptions;
  readonly bundler: Bundler;
}

export const nnc = createUnplugin<PluginOptions | undefined, false>((options, { framework: bundler }) => {
  const project = newProject(checkedOptions(options), bundler);
  const rootedAt = (folder: string): void => {
    project.root = resolve(folder, project.options.root ?? ".");
  };
  return {
    name: "nnc",
    // Before anything that takes every file, and the question mark behind its name, for its own.
    enforce: "pre",
    // The others find files with a question mark behind their names by themselves.
    ...(bundler === "rollup" || bundler === "rolldown"
      ? { resolveId: { filter: { id: /\.nn\?/ }, handler: resolveQuery } }
      : {}),
    load: {
      filter: { id: modelName },
      handler(id) {
        return load(this, id, project);
      },
    },
    buildStart: () => checkPaths(project),
    webpack(compiler) {
      rootedAt(compiler.context);
    },
    rspack(compiler) {
      rootedAt(compiler.context);
    },
    esbuild: {
      setup({ initialOptions }) {
        rootedAt(initialOptions.absWorkingDir ?? process.cwd());
      },
    },
    vite: {
      configResolved(config) {
        rootedAt(config.root);
        project.hot = config.command === "serve" && config.mode !== "test";
      },
    },
  };
});

const newProject = (options: PluginOptions, bundler: Bundler): Project => ({
  root: resolve(options.root ?? "."),
  hot: false,
  bundler,
  options,
});

/** `./digits.nn?raw` beside the importer. */
function resolveQuery(id: string, importer: string | undefined): string | null {
  const [path = "", query = ""] = id.split(/\?(.*)/s);
  if (!isAbsolute(path) && (!/^\.\.?\//.test(path) || importer === undefined)) return null;
  const absolute = resolve(dirname(importer ?? "."), path);
  return isFile(absolute) ? `${absolute}?${query}` : null;
}

interface Loaded {
  readonly code: string;
  readonly map?: SourceMap | null;
}

async function load(context: BundlerContext, id: string, project: Project): Promise<Loaded | null> {
  const request = requestOf(id);
  // A name that is no file belongs to another plugin, or the bundler reports it.
  if (request === null || !isFile(request.path)) return null;
  const { path } = request;
  if (path !== id) context.addWatchFile(path);
  const declare = (body: string): void => declareImport(id, body, project, (text) => context.warn(text));
  if (request.asks === "raw") {
    declare(fixedBodies.raw);
    return { code: `export default ${JSON.stringify(readFileSync(path, "utf8"))};\n`, map: null };
  }
  let options: ModelOptions;
  try {
    const own = ownOptions(path, project);
    options = mergedOptions(defaults, project.options, own, optionsOfQuery(request.query));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return fail(context, project, { message: error.message });
  }
  const build = request.asks === "derivation" ? buildDerivation : buildModel;
  const built: BuiltModel & BuiltDerivation = await build(path, modelOptions(options), project.root);
  for (const file of built.files) if (file !== path) context.addWatchFile(file);
  if (built.warning) context.warn(built.warning);
  if (built.error) return fail(context, project, built.error);
  const { derivation, module } = built;
  if (derivation !== undefined) {
    declare(fixedBodies.derivation);
    return { code: `export default ${derivation};\n`, map: null };
  }
  if (!module) throw new Error(`there is neither a mistake nor a module of ${path}`);
  declare(module.declaration);
  const hot = project.hot ? hotCode(nameIn(project, path), module.classes) : "";
  return { code: module.code + hot, map: module.map };
}

/** What the compiler is asked for, without what only the plugin knows. */
function modelOptions({ level, target, sizes, model, simplify, exact }: ModelOptions): ModelOptions {
  const all = { level, target, sizes, model, simplify, exact };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const nameIn = ({ root }: Project, path: string): string => relative(root, path).split(sep).join("/");

function ownOptions(path: string, project: Project): ModelOptions {
  const entries = Object.entries(project.options.models ?? {});
  return mergedOptions(...entries.filter(([f]) => resolve(project.root, f) === path).map(([, o]) => o));
}

/** Options for a file that is not there would silently have no effect. */
function checkPaths({ options, root }: Project): void {
  for (const file of Object.keys(options.models ?? {})) {
    if (isFile(resolve(root, file))) continue;
    throw new OptionError(`models["${file}"]: there is no such file in ${root}`);
  }
}

type Shown = Pick<Problem, "message"> & Partial<Problem> & { readonly frame?: string };

/** Ends the module with an error. esbuild collects errors and goes on; the others stop here. */
function fail(context: BundlerContext, { bundler }: Project, problem: Shown): Loaded {
  if (bundler === "webpack" || bundler === "rspack") {
    // They print the stack, which is of the compiler, and no use to who wrote the model.
    throw Object.assign(new Error(problem.message), { hideStack: true, stack: problem.message });
  }
  // Vite takes the frames out of a message, all of them, and shows one of its own, unless it is given one.
  const all: Shown = bundler === "vite" ? { ...problem, frame: " " } : problem;
  context.error(all);
  return { code: "" };
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
