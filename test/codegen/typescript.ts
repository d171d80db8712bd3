/** Generated code, checked by TypeScript as a user's strict project would, and stripped of its types. */
import * as typescript6 from "typescript";
import * as typescript5 from "typescript-5.9";

/** JavaScript of TypeScript. */
export function transpile(code: string): string {
  return typescript6.transpileModule(code, {
    compilerOptions: { target: typescript6.ScriptTarget.ES2022, module: typescript6.ModuleKind.ESNext },
  }).outputText;
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
