/** Which functions, layers and optimizers each file sees: its own, its imports, the standard library. */
import type { Diagnostics } from "../../ir/diagnostics.ts";
import type { Sources } from "../../ir/source.ts";
import { parse } from "../parse.ts";
import type { ImportDeclaration, SourceFile } from "../syntax.ts";
import { suggestion } from "./environment.ts";
import { FileScope } from "./scope.ts";

/** Finds the text of an imported file; null where there is none. */
export type ResolveImport = (specifier: string, from: string) => { file: string; text: string } | null;

export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/**
 * What a file of the standard library declares, found without reading it: a model uses few of them, and reading all
 * would take longer than the rest of a compilation. Each declaration starts a line.
 */
export const declaredNames = (text: string): string[] =>
  [...text.matchAll(/^(?:fn|layer|optimizer)\s+([\p{L}_][\p{L}\p{M}\p{N}_]*)/gmu)].map((match) => match[1]!);

export class Files {
  private readonly scopes = new Map<string, FileScope>();
  private readonly library: FileScope;

  constructor(
    private readonly sources: Sources,
    private readonly diagnostics: Diagnostics,
    private readonly resolve: ResolveImport,
    library: readonly SourceText[],
  ) {
    this.library = new FileScope("std", null);
    for (const { file, text } of library) {
      this.library.postpone(declaredNames(text), () => this.declare(this.read(file, text), this.library));
    }
  }

  /** The scope of a file, reading it and what it imports at the first call. */
  open(file: string, text: string): FileScope {
    const known = this.scopes.get(file);
    if (known) return known;
    const scope = new FileScope(file, this.library);
    this.scopes.set(file, scope);
    const before = this.diagnostics.all.length;
    const tree = this.read(file, text);
    scope.broken = this.diagnostics.all.length > before;
    this.declare(tree, scope);
    for (const i of tree.imports) this.import(i, scope, file);
    return scope;
  }

  private read(file: string, text: string): SourceFile {
    this.sources.add(file, text);
    return parse(text, file, this.diagnostics);
  }

  private declare(tree: SourceFile, scope: FileScope): void {
    for (const declaration of tree.declarations) {
      const name = declaration.name.text;
      const known =
        declaration.kind === "model"
          ? scope.models.find((m) => m.name.text === name)
          : scope.own(name)?.declaration;
      if (known) {
        const notes = [{ message: "it is defined here", span: known.name.span }];
        this.diagnostics.report("NN2002", declaration.name.span, { name }, { notes });
      } else if (declaration.kind === "model") {
        scope.models.push(declaration);
      } else {
        scope.bind(name, { declaration, home: scope });
      }
    }
  }

  private import(i: ImportDeclaration, scope: FileScope, from: string): void {
    const found = this.resolve(i.from.text, from);
    if (!found) {
      const help = i.from.text.endsWith(".nn")
        ? undefined
        : "the standard library needs no import; another file is named by its path, `./block.nn`";
      this.diagnostics.report("NN2026", i.from.span, { file: i.from.text }, { help });
      for (const { as } of i.names) scope.missing.add(as.text);
      return;
    }
    const other = this.open(found.file, found.text);
    for (const { name, as } of i.names) {
      const callable = other.own(name.text);
      const known = scope.own(as.text);
      if (!callable) {
        scope.missing.add(as.text);
        // What could not be read may have declared it.
        if (other.broken) continue;
        const help = other.models.some((m) => m.name.text === name.text)
          ? "a model is no part of another: what both need is a layer or a function"
          : suggestion(name.text, other.visible());
        this.diagnostics.report("NN2027", name.span, { name: name.text, file: i.from.text }, { help });
      } else if (known) {
        const notes = [{ message: "it is defined here", span: known.declaration.name.span }];
        this.diagnostics.report("NN2002", as.span, { name: as.text }, { notes });
      } else {
        scope.bind(as.text, callable);
      }
    }
  }
}
