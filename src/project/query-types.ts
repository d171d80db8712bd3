/**
 * The types of imports with a question mark. TypeScript looks for no file there, but matches what is written with the
 * patterns of `declare module`, in which one `*` stands for anything. The pattern with the longest text before its `*` wins,
 * so each begins with the dots of the import: it goes before the wildcards of `nnc/client`. Among equals the first wins, so
 * the longest stands first. All are in one file, which a tsconfig.json includes.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { typesFolder } from "./declarations.ts";
import type { QueryImport } from "./query-imports.ts";
import { requestOf } from "./request.ts";

/** What modules export, by `queryKey`. */
export type Bodies = Map<string, string>;

/** From the root of a project. */
export const queryTypesFile = `${typesFolder}/queries.d.ts`;

/** A model and what is asked of it, however it is written: `src/digits.nn?level=1&target=wasm`. */
export function queryKey(model: string, query: string, root: string): string {
  const request = requestOf(`?${query}`);
  const asked =
    request?.asks === "module"
      ? [...request.query].toSorted(([a], [b]) => (a < b ? -1 : 1))
      : [[request?.asks ?? "", ""], ...(request?.asks === "derivation" ? request.query : [])];
  const text = asked.map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join("&");
  return `${relative(root, model).split(sep).join("/")}?${text}`;
}

/** What `?raw` and `?derivation` export. */
export const fixedBodies = {
  raw: "const text: string;\nexport default text;",
  derivation: `const derivation: import("nnc").Derivation;\nexport default derivation;`,
} as const;

/** The declarations of a module, for a place inside of `declare module`: all is declared there, and its header is not needed. */
export const bodyOf = (declaration: string): string =>
  `${declaration
    .replace(/^(?:\/\/.*\n|\/\*.*\*\/\n)*\s*/, "")
    .replace(/^export declare /gm, "export ")
    .trimEnd()}\nexport {};`;

const head = `// The types of .nn imports with options behind a question mark. Written by nnc: DO NOT EDIT.
/* eslint-disable */
// @generated
`;

/** The text of the file; an import of which nothing is known is left out. Empty where there is nothing to say. */
export function queryTypes(imports: readonly QueryImport[], bodies: Bodies, root: string): string {
  const blocks = new Map<string, Set<string>>();
  for (const { specifier, model } of imports) {
    const [path = "", query = ""] = specifier.split(/\?(.*)/s);
    const key = queryKey(model, query, root);
    if (!bodies.has(key)) continue;
    const pattern = `${patternOf(path)}?${query}`;
    blocks.set(pattern, (blocks.get(pattern) ?? new Set()).add(key));
  }
  const patterns = [...blocks.keys()].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const texts = patterns.map((pattern) => block(pattern, [...blocks.get(pattern)!].toSorted(), bodies));
  return texts.length === 0 ? "" : `${head}${texts.join("")}`;
}

/** Of `../models/digits.nn`, `..*` and `/models/digits.nn`: how it starts, and what stands behind the last dots. */
function patternOf(path: string): string {
  const parts = path.split("/");
  if (parts.length === 1) return path;
  const dots = parts.findLastIndex((part) => /^\.{0,2}$/.test(part));
  return `${parts[0]}*/${parts.slice(Math.max(dots, 0) + 1).join("/")}`;
}

function block(pattern: string, keys: readonly string[], bodies: Bodies): string {
  const found = [...new Set(keys.map((key) => bodies.get(key)!))];
  const named = keys.map((key) => `// ${key}\n`).join("");
  const name = JSON.stringify(pattern);
  // Several files are written the same: TypeScript can't tell them apart.
  if (found.length > 1) return `\n${named}declare module ${name};\n`;
  const body = found[0]!.replace(/^(?=.)/gm, "  ");
  return `\n${named}declare module ${name} {\n${body}\n}\n`;
}

/** Imports that mean different models though they are written the same: they are `any`. */
export const ambiguousImports = (text: string): { pattern: string; models: string[] }[] =>
  [...text.matchAll(/^((?:\/\/ .*\n)+)declare module "(.*)";$/gm)].map(([, keys = "", pattern = ""]) => ({
    pattern,
    models: keys
      .trim()
      .split("\n")
      .map((key) => key.slice(3).replace(/\?.*/s, "")),
  }));

/** What the file says as it stands. */
export function writtenBodies(root: string): Bodies {
  const path = join(root, queryTypesFile);
  const bodies: Bodies = new Map();
  if (!existsSync(path)) return bodies;
  const blocks = /^((?:\/\/ .*\n)+)declare module ".*" \{\n([\s\S]*?)\n\}$/gm;
  for (const [, keys = "", body = ""] of readFileSync(path, "utf8").matchAll(blocks)) {
    for (const key of keys.trim().split("\n")) bodies.set(key.slice(3), body.replace(/^ {2}/gm, ""));
  }
  return bodies;
}
