/** Generated code: imported as a module, and checked by TypeScript as a user's strict project would. */
import * as typescript6 from "typescript";
import * as typescript5 from "typescript-5.9";
import type { Schedule } from "../../src/ir/kernel.ts";
import type { Context } from "../../src/ir/context.ts";
import { formatModule } from "../../src/codegen/format.ts";
import type { EmittedModule } from "../../src/codegen/module.ts";
import { emitModule } from "../../src/codegen/module.ts";
import type { Language } from "../../src/codegen/text.ts";

export const header = { version: "0.0.0", file: "sample.nn", sha256: "0123" };

export function emit(
  schedule: Schedule | readonly Schedule[],
  context: Context,
  language: Language,
): EmittedModule {
  return emitModule(schedule, context, {
    language,
    header,
    unit: language === "typescript" ? "m.ts" : "m.js",
  });
}

export async function emitFormatted(
  schedule: Schedule,
  context: Context,
  language: Language,
): Promise<EmittedModule> {
  return formatModule(emit(schedule, context, language), context.sources, "m.ts");
}

/** What generated classes look like to a test. */
export interface AnyModel {
  step(inputs: unknown): number;
  backward(inputs: unknown, options?: { upstream?: number }): number;
  forward(inputs?: unknown): Record<string, ArrayLike<number> | number>;
  evaluate(inputs: unknown): Record<string, number>;
  save(): Uint8Array;
  readonly parameters: Tree;
  readonly gradients: Tree;
  readonly states: Tree;
  readonly hyper: Record<string, number>;
  readonly metrics: Record<string, number>;
  readonly seed: number;
  stepCount: number;
}

export interface Tree {
  readonly [key: string]: Tree | Float32Array;
}

export interface AnyClass {
  create(options?: unknown): AnyModel;
  load(bytes: Uint8Array): AnyModel;
  readonly shapes: unknown;
}

/** Imports TypeScript or JavaScript text. */
export async function importCode(code: string): Promise<Record<string, AnyClass>> {
  const { outputText } = typescript6.transpileModule(code, {
    compilerOptions: { target: typescript6.ScriptTarget.ES2022, module: typescript6.ModuleKind.ESNext },
  });
  const url = `data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`;
  return (await import(/* @vite-ignore */ url)) as Record<string, AnyClass>;
}

/** The array at a path of a tree: `h.linear.W`. */
export function at(tree: Tree, path: string): Float32Array {
  return path
    .split(".")
    .reduce<Tree | Float32Array>((node, key) => (node as Tree)[key]!, tree) as Float32Array;
}

const compilers = { "6": typescript6, "5.9": typescript5 as unknown as typeof typescript6 };

/** What a strict TypeScript without the DOM says about these files. */
export function complaints(
  version: keyof typeof compilers,
  files: Readonly<Record<string, string>>,
): string[] {
  const ts = compilers[version];
  const options = {
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noImplicitReturns: true,
    noImplicitOverride: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts"],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const original = host.getSourceFile.bind(host);
  const fileOf = (name: string): string | undefined => files[name.replace(/^.*\//, "")];
  host.fileExists = (name) => fileOf(name) !== undefined || ts.sys.fileExists(name);
  host.getSourceFile = (name, languageVersion) => {
    const text = fileOf(name);
    return text === undefined
      ? original(name, languageVersion)
      : ts.createSourceFile(name, text, languageVersion);
  };
  const program = ts.createProgram(Object.keys(files), options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map((d) => `${d.file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}`);
}
