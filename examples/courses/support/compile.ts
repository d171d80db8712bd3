/** Compiles a `.nn` file from the sources of the compiler, and imports what it generates. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderDiagnostics } from "../../../src/project/render.ts";
import { emitModule } from "../../../src/codegen/module.ts";
import { Builder } from "../../../src/ir/builder.ts";
import type { Context } from "../../../src/ir/context.ts";
import { Diagnostics } from "../../../src/ir/diagnostics.ts";
import type { Level } from "../../../src/ir/kernel.ts";
import type { ModelGraphs } from "../../../src/ir/model.ts";
import { Sources } from "../../../src/ir/source.ts";
import type { Program } from "../../../src/ir/types.ts";
import { elaborate } from "../../../src/parser/elaborate/elaborate.ts";
import { schedule } from "../../../src/passes/schedule.ts";
import { buildGraphs } from "../../../src/pipeline.ts";

/** The library's own index imports texts, which needs a bundler; here the files are at hand. */
const standardLibrary = new URL("../../../src/std/", import.meta.url);

export interface CompileOptions {
  /** Compile-time sizes by name, instead of their defaults. */
  readonly sizes?: Readonly<Record<string, number | boolean>>;
  /** Which model, where the file has several. */
  readonly model?: string;
  /** false keeps the chain rule as it falls out. Default true. */
  readonly simplify?: boolean;
}

/** One model, up to the graphs of its entry points. */
export interface Compiled {
  readonly file: string;
  readonly program: Program;
  readonly graphs: ModelGraphs;
  /** Its `log` holds the rules of simplification that were applied. */
  readonly context: Context;
}

/** The text of a `.nn` file. */
export function sourceText(file: URL): string {
  return readFileSync(file, "utf8");
}

/** Compiles a model of a file; what the compiler has to say about a mistake is thrown. */
export function compile(file: URL, options: CompileOptions = {}): Compiled {
  const [builder, sources, diagnostics] = [new Builder(), new Sources(), new Diagnostics()];
  const name = fileURLToPath(file).split("/").at(-1)!;
  const library = readdirSync(standardLibrary)
    .filter((entry) => entry.endsWith(".nn"))
    .map((entry) => ({ file: `std/${entry}`, text: sourceText(new URL(entry, standardLibrary)) }));
  const program = elaborate({
    source: { file: name, text: sourceText(file) },
    library,
    resolveImport: (path) => {
      const imported = new URL(path, file);
      return existsSync(imported) ? { file: path, text: sourceText(imported) } : null;
    },
    model: options.model,
    sizes: new Map(Object.entries(options.sizes ?? {})),
    builder,
    sources,
    diagnostics,
  });
  if (!program) throw new Error(renderDiagnostics(diagnostics.all, sources, false));
  const context: Context = { builder, sources, options: { realOnlyRules: true }, log: [] };
  const graphs = buildGraphs(program, context, { simplify: options.simplify ?? true });
  return { file: name, program, graphs, context };
}

/** A generated instance, as far as a program that knows no model needs it. */
export interface Generated {
  step(inputs: Inputs): number;
  backward(inputs: Inputs, options?: { readonly upstream?: number }): number;
  forward(inputs?: Inputs): Record<string, ArrayLike<number> | number>;
  evaluate(inputs: Inputs): Record<string, number>;
  readonly parameters: Tree;
  readonly gradients: Tree;
  readonly hyper: Record<string, number>;
  readonly metrics: Record<string, number>;
}

export type Inputs = Readonly<Record<string, ArrayLike<number> | number>>;

export interface Tree {
  readonly [key: string]: Tree | Float32Array;
}

export interface GeneratedClass {
  create(options?: Readonly<Record<string, number>>): Generated;
}

/** The JavaScript module of a model: at level 0 one function for each equation, at 1 fused, at 2 for speed. */
export function generatedText(compiled: Compiled, level: Level = 1): string {
  const { file, graphs, context } = compiled;
  const header = { version: "", file, sha256: "" };
  const unit = file.replace(/\.nn$/, ".js");
  return emitModule(schedule(graphs, level, context), context, { language: "javascript", header, unit }).code;
}

/** The class that a model becomes, imported: it computes in 32 bits. */
export async function generate(compiled: Compiled, level: Level = 1): Promise<GeneratedClass> {
  const code = Buffer.from(generatedText(compiled, level)).toString("base64");
  const url = `data:text/javascript;base64,${code}`;
  const module = (await import(/* @vite-ignore */ url)) as Record<string, GeneratedClass>;
  return module[compiled.program.name]!;
}

/** The array at a path of parameters or gradients: `h.linear.W`. */
export function at(tree: Tree, path: string): Float32Array {
  const found = path
    .split(".")
    .reduce<Tree | Float32Array | undefined>(
      (node, key) => (node instanceof Float32Array ? undefined : node?.[key]),
      tree,
    );
  if (found instanceof Float32Array) return found;
  throw new Error(`there is no ${path}`);
}

/** How many numbers a model learns, by parameter. */
export function parameterCounts({ program }: Compiled): Map<string, number> {
  const size = (extents: Program["parameters"][number]["shape"]): number =>
    extents.reduce((product, extent) => product * extent.constant, 1);
  return new Map(program.parameters.map((p) => [p.name, size(p.shape)]));
}
