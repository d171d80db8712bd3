import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Compilation, Compiler, CompileSettings, Host } from "../../src/cli/host.ts";
import { run } from "../../src/cli/program.ts";
import type { Diagnostic } from "../../src/ir/diagnostics.ts";
import { Sources } from "../../src/ir/source.ts";

/** A folder of its own for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nnc-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface World extends Host {
  out: string;
  err: string;
  /** What the compiler was called with, in order. */
  readonly calls: { source: string; settings: CompileSettings }[];
  interrupt(): void;
  nnc(...argv: string[]): Promise<number>;
}

/**
 * A command line in `directory` over a stand-in for the compiler: the word `wrong` in a source is an error,
 * `broken` a broken invariant, `import x` reads x, and the module is the source in capitals.
 */
export function world(directory: string, more: Partial<Host> = {}): World {
  let stop = (): void => {};
  const interrupted = new Promise<void>((done) => (stop = done));
  const self: World = {
    out: "",
    err: "",
    calls: [],
    directory,
    environment: {},
    terminal: false,
    version: "1.2.3",
    stdout: (text) => void (self.out += text),
    stderr: (text) => void (self.err += text),
    loadCompiler: () => Promise.resolve(standIn(self.calls)),
    interrupted: () => interrupted,
    interrupt: () => stop(),
    nnc: (...argv) => run(argv, self),
    ...more,
  };
  return self;
}

function standIn(calls: World["calls"]): Compiler {
  const compile = (source: string, settings: CompileSettings): Compilation => {
    calls.push({ source, settings });
    if (source.includes("broken")) throw new Error("the graph has a cycle");
    const file = settings.file ?? "model.nn";
    const sources = new Sources();
    sources.add(file, source);
    const diagnostics: Diagnostic[] = [];
    const report = (at: number, length: number, message: string): void => {
      const span = { file, start: at, end: at + length };
      diagnostics.push({ code: "NN1001", severity: "error", message, span, notes: [] });
    };
    const imported = [...source.matchAll(/import (\S+)/g)].map((match) => {
      const found = settings.resolveImport?.(match[1]!, file);
      if (!found) report(match.index, match[0].length, `no file ${match[1]}`);
      return found?.text ?? "";
    });
    settings.trace?.("parse", source);
    for (const match of source.matchAll(/wrong/g)) report(match.index, 5, "this is wrong");
    const javascript = settings.language === "javascript";
    const map = { version: 3, file: "x", sources: [file, "std/layers.nn"], names: [], mappings: "" };
    const outputs = [
      { kind: "module" as const, text: `${source}${imported.join("")}`.toUpperCase() },
      ...(javascript ? [{ kind: "declaration" as const, text: "export {};\n" }] : []),
      { kind: "map" as const, text: JSON.stringify(map) },
      ...(settings.target === "wasm" ? [{ kind: "text" as const, text: "(module)\n" }] : []),
    ];
    const choice = settings.target === "auto" && {
      target: "wasm" as const,
      of: "step" as const,
      operations: 1,
      seconds: { typescript: 2, wasm: 1, webgpu: 3 },
      reason: "it is faster",
    };
    return {
      diagnostics,
      sources,
      outputs: diagnostics.length > 0 ? [] : outputs,
      models: [{ name: "Model", ...(choice && { choice }) }],
    };
  };
  return {
    compile: (source, settings) => Promise.resolve().then(() => compile(source, settings)),
    check: compile,
    format: (source, file) => ({ ...compile(source, { file }), text: source.toLowerCase() }),
    graph: async (source, settings) => ({ ...(await compile(source, settings)), picture: "a picture" }),
  };
}
