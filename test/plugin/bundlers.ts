/** The six bundlers behind one function, so that a test says once what holds for all of them. */
import { rspack } from "@rspack/core";
import type { Plugin } from "esbuild";
import { build as esbuild } from "esbuild";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { rollup } from "rollup";
import { build as vite } from "vite";
import { onTestFinished } from "vitest";
import webpack from "webpack";
import esbuildPlugin from "../../src/plugin/esbuild.ts";
import type { PluginOptions } from "../../src/plugin/options.ts";
import rolldownPlugin from "../../src/plugin/rolldown.ts";
import rollupPlugin from "../../src/plugin/rollup.ts";
import rspackPlugin from "../../src/plugin/rspack.ts";
import vitePlugin from "../../src/plugin/vite.ts";
import webpackPlugin from "../../src/plugin/webpack.ts";

export interface Bundle {
  /** What was written, as one module; empty where there were errors. */
  readonly code: string;
  readonly map: string;
  /** As the bundler tells its user. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** What it would watch; Vite tells only its server. */
  readonly watched?: readonly string[];
}

type Bundler = (folder: string, options: PluginOptions) => Promise<Bundle>;

/** A folder with these files, removed when the test is over. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nnc-plugin-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const entry = "main.js";
/** On a busy machine, how long a plugin took is a warning. */
const quiet = { pluginTimings: false };
const built = (folder: string, found: Omit<Bundle, "code" | "map">): Bundle => {
  if (found.errors.length > 0) return { ...found, code: "", map: "" };
  const read = (name: string): string => readFileSync(join(folder, "dist", name), "utf8");
  return { ...found, code: read("main.mjs"), map: read("main.mjs.map") };
};

interface RollupLike {
  readonly watchFiles: string[] | Promise<string[]>;
  write(options: object): Promise<unknown>;
  close(): Promise<void>;
}

async function likeRollup(
  folder: string,
  start: (warnings: string[]) => Promise<RollupLike>,
): Promise<Bundle> {
  const warnings: string[] = [];
  try {
    const bundle = await start(warnings);
    await bundle.write({ file: join(folder, "dist/main.mjs"), sourcemap: true });
    const watched = [...(await bundle.watchFiles)];
    await bundle.close();
    return built(folder, { errors: [], warnings, watched });
  } catch (error) {
    return built(folder, { errors: [String(error)], warnings, watched: [] });
  }
}

interface Statistics {
  toJson(options: object): { errors?: { message: string }[]; warnings?: { message: string }[] };
  readonly compilation: { readonly fileDependencies: Iterable<string> };
}

interface Compiler {
  run(done: (error: Error | null, statistics?: Statistics) => void): void;
  close(done: () => void): void;
}

const webpackSettings = (folder: string, plugin: object): object => ({
  mode: "none",
  context: folder,
  entry: `./${entry}`,
  devtool: "source-map",
  target: "es2022",
  experiments: { outputModule: true },
  output: { path: join(folder, "dist"), filename: "main.mjs", library: { type: "module" } },
  plugins: [plugin],
});

async function likeWebpack(folder: string, compiler: Compiler): Promise<Bundle> {
  const statistics = await new Promise<Statistics>((done, failed) =>
    compiler.run((error, result) => (result ? done(result) : failed(error))),
  );
  const { errors = [], warnings = [] } = statistics.toJson({ errors: true, warnings: true });
  const watched = [...statistics.compilation.fileDependencies];
  await new Promise<void>((done) => compiler.close(done));
  const messages = (all: readonly { message: string }[]): string[] => all.map((e) => e.message);
  return built(folder, { errors: messages(errors), warnings: messages(warnings), watched });
}

/** esbuild tells nobody which files a plugin asks it to watch. */
const listening = (plugin: Plugin, watched: string[]): Plugin => ({
  name: plugin.name,
  setup: (build) =>
    plugin.setup({
      ...build,
      onLoad: (options, load) =>
        build.onLoad(options, async (file) => {
          const result = await load(file);
          watched.push(...(result?.watchFiles ?? []));
          return result;
        }),
    }),
});

export const bundlers: Readonly<Record<string, Bundler>> = {
  rollup: (folder, options) =>
    likeRollup(folder, (warnings) =>
      rollup({
        input: join(folder, entry),
        plugins: [rollupPlugin(options)],
        onwarn: (warning) => void warnings.push(warning.message),
      }),
    ),
  rolldown: (folder, options) =>
    likeRollup(folder, (warnings) =>
      rolldown({
        input: join(folder, entry),
        plugins: [rolldownPlugin(options)],
        checks: quiet,
        onwarn: (warning) => void warnings.push(warning.message),
      }),
    ),
  vite: async (folder, options) => {
    const warnings: string[] = [];
    try {
      await vite({
        root: folder,
        configFile: false,
        logLevel: "silent",
        plugins: [vitePlugin(options)],
        build: {
          lib: { entry, formats: ["es"], fileName: () => "main.mjs" },
          sourcemap: true,
          minify: false,
          rollupOptions: { checks: quiet, onwarn: (warning) => void warnings.push(warning.message) },
        },
      });
      return built(folder, { errors: [], warnings });
    } catch (error) {
      return built(folder, { errors: [String(error)], warnings });
    }
  },
  esbuild: async (folder, options) => {
    const watched: string[] = [];
    const result = await esbuild({
      absWorkingDir: folder,
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      sourcemap: true,
      outfile: "dist/main.mjs",
      logLevel: "silent",
      metafile: true,
      plugins: [listening(esbuildPlugin(options), watched)],
    }).catch((error: unknown) => error as { errors: { text: string }[]; warnings: { text: string }[] });
    const texts = (all: readonly { text: string }[]): string[] => all.map((e) => e.text);
    return built(folder, { errors: texts(result.errors), warnings: texts(result.warnings), watched });
  },
  webpack: (folder, options) =>
    likeWebpack(folder, webpack(webpackSettings(folder, webpackPlugin(options))) as unknown as Compiler),
  rspack: (folder, options) =>
    likeWebpack(folder, rspack(webpackSettings(folder, rspackPlugin(options))) as unknown as Compiler),
};
