/** Files in and out: models and their imports are read, outputs are written whole or not at all. */
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The files of one compilation, by the names that diagnostics show. */
export class ModelFiles {
  /** Absolute paths of everything asked for, found or not: what a watcher must look at. */
  readonly asked = new Set<string>();
  private readonly paths = new Map<string, string>();
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Reads the model itself. */
  read(path: string): { file: string; text: string } {
    const absolute = resolve(this.directory, path);
    this.asked.add(absolute);
    try {
      return { file: this.name(absolute), text: readFileSync(absolute, "utf8") };
    } catch (error) {
      throw new UsageError(`cannot read \`${path}\`: ${reason(error)}`);
    }
  }

  /** Reads an import, relative to the file that holds it; null where there is none, for the compiler to report. */
  resolveImport = (specifier: string, from: string): { file: string; text: string } | null => {
    const importer = this.paths.get(from) ?? resolve(this.directory, from);
    const absolute = resolve(dirname(importer), specifier);
    this.asked.add(absolute);
    try {
      return { file: this.name(absolute), text: readFileSync(absolute, "utf8") };
    } catch {
      return null;
    }
  };

  /** The absolute path of a file that was read, by its shown name. */
  path(file: string): string | undefined {
    return this.paths.get(file);
  }

  /** Relative to where the command runs, with `/`, so that output is the same on every machine. */
  private name(absolute: string): string {
    const shown = relative(this.directory, absolute);
    const file = (isAbsolute(shown) ? basename(absolute) : shown).split(sep).join("/");
    this.paths.set(file, absolute);
    return file;
  }
}

/** The bytes of a file of the user's. */
export function readBytes(path: string, directory: string): Uint8Array {
  try {
    return readFileSync(resolve(directory, path));
  } catch (error) {
    throw new UsageError(`cannot read \`${path}\`: ${reason(error)}`);
  }
}

export interface Output {
  readonly path: string;
  readonly text: string | Uint8Array;
}

/**
 * Writes all files or none: each whole and next to its place first, then renamed. A file that already holds its text is not
 * touched, so nothing downstream is built again.
 */
export function writeAll(outputs: readonly Output[]): void {
  const pending: { readonly temporary: string; readonly target: string }[] = [];
  let current = "";
  try {
    for (const { path, text } of outputs) {
      current = path;
      const target = followLink(path);
      if (holds(target, text)) continue;
      // Found now, not at the rename, when other files stand already.
      if (isDirectory(target)) throw new Error(reasons["EISDIR"]);
      mkdirSync(dirname(target), { recursive: true });
      const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
      pending.push({ temporary, target });
      writeFileSync(temporary, text);
    }
    for (const { temporary, target } of pending) {
      current = target;
      renameSync(temporary, target);
    }
  } catch (error) {
    for (const { temporary } of pending) rmSync(temporary, { force: true });
    throw new UsageError(`cannot write \`${current}\`: ${reason(error)}`);
  }
}

/**
 * Before work begins whose result is to be written here: finds out that it can't be, or that it would replace a file that is
 * read. `path` is absolute; `reads` are relative to `directory`.
 */
export function requireWritable(path: string, reads: readonly string[], directory: string): void {
  const target = followLink(path);
  const shown = relative(directory, path);
  const read = reads.find((name) => followLink(resolve(directory, name)) === target);
  if (read !== undefined)
    throw new UsageError(`cannot write \`${shown}\`: it is what is read as \`${read}\``);
  try {
    if (isDirectory(target)) throw new Error(reasons["EISDIR"]);
    mkdirSync(dirname(target), { recursive: true });
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    writeFileSync(temporary, "");
    rmSync(temporary);
  } catch (error) {
    throw new UsageError(`cannot write \`${shown}\`: ${reason(error)}`);
  }
}

/** A rename would replace a symbolic link; the file it points to is meant. */
function followLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function holds(path: string, text: string | Uint8Array): boolean {
  try {
    return readFileSync(path).equals(typeof text === "string" ? Buffer.from(text) : text);
  } catch {
    return false;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "a file stands where a directory is needed",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
};

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : reasons[code]) ?? error.message;
}
