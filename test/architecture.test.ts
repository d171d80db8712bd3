/** The house rules that a compiler can check: who may import what, and what may not be named where. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { atoms } from "../src/ir/atoms.ts";

const root = join(import.meta.dirname, "..");
const lengthLimit = 300;
/** Files that may be longer, each with its reason. */
const longer: Readonly<Record<string, string>> = {};

/** Files with a variable of their own, each with its reason. */
const stateful: Readonly<Record<string, string>> = {
  "src/parser/parse.ts": "the grammar is analysed once, on first use; each use starts afresh",
};

/** What each room may import; `index` stands for the files of `src/` itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  ir: [],
  parser: ["ir", "std"],
  passes: ["ir"],
  codegen: ["ir"],
  report: ["ir"],
  derivation: ["ir"],
  pictures: ["ir"],
  onnx: ["ir"],
  format: ["ir", "parser"],
  reference: ["ir"],
  data: ["ir"],
  std: [],
  index: [
    "ir",
    "parser",
    "passes",
    "codegen",
    "report",
    "derivation",
    "pictures",
    "onnx",
    "reference",
    "format",
    "std",
  ],
  project: ["ir"],
  cli: ["index", "ir", "data", "project"],
  plugin: ["index", "ir", "project"],
};

/** The rooms that run where the compiler is called, in Node. */
const nodeRooms: readonly string[] = ["project", "cli", "plugin"];

/** Each outside library lives in one room. */
const home: Readonly<Record<string, string>> = {
  chevrotain: "parser",
  "fastest-levenshtein": "parser",
  "@jridgewell/gen-mapping": "codegen",
  wabt: "codegen",
  wgsl_reflect: "codegen",
  prettier: "format",
  commander: "cli",
  chokidar: "cli",
  picocolors: "project",
  "@babel/code-frame": "project",
  unplugin: "plugin",
  // Of the bundlers only types.
  vite: "plugin",
  rollup: "plugin",
  rolldown: "plugin",
  webpack: "plugin",
  "@rspack/core": "plugin",
  esbuild: "plugin",
};

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Erased when the code runs. */
  readonly typeOnly: boolean;
  /** `import("…")`, which waits until it is called. */
  readonly lazy: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => readSource(join("src", name)));

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const add = (specifier: ts.Node | undefined, typeOnly: boolean, lazy: boolean): void => {
      if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
      imports.push({ from: path, specifier: specifier.text, typeOnly, lazy });
    };
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.isTypeOnly === true, false);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, false);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true, false);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true);
    }
  });
  return { path, room: roomOf(path), tree, imports };
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function roomOf(path: string): string {
  const [, room, ...rest] = path.split("/");
  return rest.length === 0 ? "index" : room!;
}

/** The file an import leads to, from the root of the project; null for a package. */
function target({ from, specifier }: Import): string | null {
  return specifier.startsWith(".") ? join(dirname(from), specifier) : null;
}

function packageOf(specifier: string): string {
  const [scope, name] = specifier.split("/");
  return scope!.startsWith("@") ? `${scope}/${name}` : scope!;
}

const allImports = files.flatMap((file) =>
  file.imports.map((imported) => ({ ...imported, room: file.room })),
);

test("there is something to check", () => {
  expect(files.length).toBeGreaterThan(20);
  expect(allImports.length).toBeGreaterThan(files.length);
});

test("rooms import only the rooms they may", () => {
  const wrong = allImports.filter((imported) => {
    const path = target(imported);
    if (path === null) return false;
    if (!path.startsWith("src/")) return !(imported.room === "cli" && path === "package.json");
    const room = roomOf(path);
    return room !== imported.room && !mayImport[imported.room]!.includes(room);
  });
  expect(wrong.map((i) => `${i.from} imports ${i.specifier}`)).toEqual([]);
});

test("each outside library stays in its room, and Node in the rooms around the compiler", () => {
  const wrong = allImports.filter((imported) => {
    if (target(imported) !== null) return false;
    const { specifier, room } = imported;
    return specifier.startsWith("node:") ? !nodeRooms.includes(room) : home[packageOf(specifier)] !== room;
  });
  expect(wrong.map((i) => `${i.from} imports ${i.specifier}`)).toEqual([]);
});

test("the compiler uses no global of Node", () => {
  const globals = new Set(["process", "Buffer", "require", "__dirname", "__filename", "setImmediate"]);
  const found: string[] = [];
  for (const file of files.filter((f) => !nodeRooms.includes(f.room))) {
    walk(file.tree, (node) => {
      if (!ts.isIdentifier(node) || !globals.has(node.text)) return;
      const { parent } = node;
      const isOperand =
        (ts.isPropertyAccessExpression(parent) && parent.expression === node) ||
        (ts.isCallExpression(parent) && parent.expression === node);
      if (isOperand) found.push(`${place(file, node)} uses ${node.text}`);
    });
  }
  expect(found).toEqual([]);
});

test("no file imports itself by a detour", () => {
  const edges = new Map(
    files.map((f) => [f.path, f.imports.filter((i) => !i.typeOnly).map((i) => target(i) ?? "")]),
  );
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (finished.has(path) || trail.includes(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  expect(cycles).toEqual([]);
});

test(`no file is longer than ${lengthLimit} lines`, () => {
  const counted = files.map((f) => ({ path: f.path, lines: f.tree.text.trimEnd().split("\n").length }));
  const long = counted.filter((f) => f.lines > lengthLimit);
  expect(long.filter((f) => !(f.path in longer)).map((f) => `${f.path}: ${f.lines} lines`)).toEqual([]);
  expect(Object.keys(longer).filter((path) => !long.some((f) => f.path === path))).toEqual([]);
});

test("no file names a function of the standard library", () => {
  const library = join(root, "src/std");
  const names = new Set(
    readdirSync(library, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".nn"))
      .flatMap((name) => [
        ...readFileSync(join(library, name), "utf8").matchAll(/^(?:fn|layer|optimizer) +(\w+)/gm),
      ])
      .map((match) => match[1]!),
  );
  expect(names.size).toBeGreaterThan(20);
  // Atoms, and what generated code calls for them, may have the name of a function.
  for (const [name, { javascript }] of Object.entries(atoms)) {
    names.delete(name);
    if (javascript.form === "helper") names.delete(javascript.callee);
  }
  // So may a kind of expression.
  names.delete("constant");
  const found: string[] = [];
  for (const file of files) {
    walk(file.tree, (node) => {
      // Our own identifiers have no underscores; one that does and matches is meant.
      const named = ts.isStringLiteralLike(node) || (ts.isIdentifier(node) && node.text.includes("_"));
      const isDoc =
        ts.isPropertyAssignment(node.parent ?? node) && node.parent.getText(file.tree).startsWith("doc:");
      if (named && !isDoc && names.has(node.text)) found.push(`${place(file, node)} names ${node.text}`);
    });
  }
  expect(found).toEqual([]);
});

test("only the atom table tells atoms apart by a switch", () => {
  const found: string[] = [];
  for (const file of files.filter((f) => !/^src\/ir\/atoms(-of-\w+)?\.ts$/.test(f.path))) {
    walk(file.tree, (node) => {
      if (!ts.isSwitchStatement(node)) return;
      const subject = node.expression.getText(file.tree);
      const cases = node.caseBlock.clauses.flatMap((c) =>
        ts.isCaseClause(c) && ts.isStringLiteralLike(c.expression) ? [c.expression.text] : [],
      );
      if (/\batom$/.test(subject) && cases.some((c) => c in atoms)) found.push(place(file, node));
    });
  }
  expect(found).toEqual([]);
});

test("no module has a variable of its own", () => {
  const found = files
    .filter((file) => !(file.path in stateful))
    .flatMap((file) =>
      file.tree.statements
        .filter((s) => ts.isVariableStatement(s) && !(s.declarationList.flags & ts.NodeFlags.Const))
        .map((s) => place(file, s)),
    );
  expect(found).toEqual([]);
});

function place(file: SourceFile, node: ts.Node): string {
  const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree));
  return `${relative(root, join(root, file.path))}:${line + 1}`;
}
