/** Modules made of a source and imported at once. */
import { mkdirSync, writeFileSync } from "node:fs";
import { build } from "../compile.mjs";

/** The class of the model that a source describes; `name` is that of its file in `build/gpu/`. */
export async function compileClass({ compile }, name, source, options) {
  const { diagnostics, outputs } = await compile(source, {
    file: `${name}.nn`,
    language: "javascript",
    ...options,
  });
  const module = outputs.find((o) => o.kind === "module");
  if (module === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  mkdirSync(`${build}/gpu`, { recursive: true });
  const path = `${build}/gpu/${name}.mjs`;
  writeFileSync(path, module.text);
  const exported = await import(`${path}?${Date.now()}`);
  return Object.values(exported).find((value) => typeof value === "function" && "create" in value);
}
