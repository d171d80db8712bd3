import { watch as watchFiles } from "chokidar";
import { relative, resolve } from "node:path";
import type { Target } from "./build.ts";
import { targetOf } from "./build.ts";
import { compileOnce } from "./compile.ts";
import { ModelFiles } from "../project/files.ts";
import type { CompileFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { reportInternalError } from "./internal-error.ts";

/**
 * Editors write a file in several steps; changes closer than this many milliseconds are one. Longer than the 50 ms in
 * which chokidar reports no second change of a file, so that what it holds back is still read.
 */
const settleTime = 100;

/**
 * `nnc compile --watch`: compiles now, and after every change of a file that took part or was looked for, until
 * interrupted. A failed build waits for the next change.
 */
export async function watchCommand(path: string, flags: CompileFlags, host: Host): Promise<number> {
  if (flags.output === undefined) {
    throw new UsageError("--watch needs a file to write: add -o file.ts or -o file.js");
  }
  const target = targetOf(flags.output, flags, host);
  const interrupted = host.interrupted();
  const watcher = watchFiles([], { ignoreInitial: true });
  // Before the first build reads it, so that no change falls between.
  let asked: ReadonlySet<string> = new Set([resolve(host.directory, path)]);
  watcher.add([...asked]);
  let stopped = false;

  const rebuild = async (): Promise<void> => {
    if (stopped) return;
    const files = new ModelFiles(host.directory);
    await buildAndReport(path, flags, target, host, files);
    asked = files.asked;
    watcher.add([...asked]);
  };
  let building = rebuild();
  let timer: NodeJS.Timeout | undefined;
  watcher.on("all", (_, changed) => {
    // A file that no longer takes part is still watched; chokidar loses others when told to forget one.
    if (!asked.has(changed)) return;
    clearTimeout(timer);
    timer = setTimeout(() => (building = building.then(rebuild)), settleTime);
  });

  await interrupted;
  stopped = true;
  clearTimeout(timer);
  await building;
  await watcher.close();
  return exitCode.ok;
}

/** One build and its line: `12:34:56 digits.nn → digits.ts, 8.2 kB, 45 ms`. */
async function buildAndReport(
  path: string,
  flags: CompileFlags,
  target: Target,
  host: Host,
  files: ModelFiles,
): Promise<void> {
  const start = performance.now();
  const line = (text: string): void =>
    host.stderr(`${new Date().toTimeString().slice(0, 8)} ${path} ${text}\n`);
  try {
    const { failed, compilation, outputs } = await compileOnce(path, flags, target, host, files);
    const errors = compilation.diagnostics.filter((d) => d.severity === "error").length;
    const size = (Buffer.byteLength(outputs[0]?.text ?? "") / 1000).toFixed(1);
    const time = `${Math.round(performance.now() - start)} ms`;
    if (failed) line(`— ${errors} ${errors === 1 ? "error" : "errors"}, ${time}`);
    else line(`→ ${relative(host.directory, target.module)}, ${size} kB, ${time}`);
  } catch (error) {
    if (error instanceof UsageError) line(`— ${error.message}`);
    else reportInternalError(error, host);
  }
}
