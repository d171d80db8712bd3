/** Shaders are read back by a parser of WGSL that knows nothing of this compiler: what the host relies on must be in the text. */
import type * as library from "wgsl_reflect/wgsl_reflect.module.js";
import type { GpuProgram, Shader } from "./program.ts";

type Library = typeof library;

/** What a text says of itself, and what the host takes it for. */
interface Facts {
  readonly bindings: readonly string[];
  readonly uniform: number;
  readonly entryPoint: string;
  readonly invocations: number;
  readonly workgroupBytes: number;
}

/** Throws where the text of a shader is not what its plan says. The parser is loaded when it is first needed. */
export async function checkShaders({ shaders, procedures }: GpuProgram): Promise<void> {
  const parser = await import("wgsl_reflect/wgsl_reflect.module.js");
  const passed = new Map(
    [...procedures.values()]
      .flat()
      .map((d) => [d.shader, d.dims.length + d.scalars.length + d.offsets.length + d.computed.length]),
  );
  for (const shader of shaders) {
    const [planned, read] = [plannedFacts(shader, passed.get(shader) ?? 0), factsOf(shader.text, parser)];
    const [expected, actual] = [planned, read].map((facts) => JSON.stringify(facts));
    if (actual !== expected)
      throw new Error(`the shader \`${shader.name}\` is ${actual}, but its plan is ${expected}`);
  }
}

function plannedFacts(shader: Shader, words: number): Facts {
  return {
    bindings: shader.bindings.map(({ access }, n) => `${n} ${access}`),
    uniform: 4 * words,
    entryPoint: "main",
    invocations: shader.workgroupSize,
    workgroupBytes: shader.workgroupBytes,
  };
}

function factsOf(text: string, { WgslParser, WgslReflect }: Library): Facts {
  const declarations = new WgslParser().parse(text);
  const reflect = new WgslReflect();
  reflect.updateAST(declarations);
  const [entry, ...more] = reflect.entry.compute;
  if (!entry || more.length > 0) throw new Error("a shader has one entry point");
  const size = entry.attributes?.find((a) => a.name === "workgroup_size")?.value ?? [];
  const shared = declarations.filter((d) => d.storage === "workgroup" && d.type);
  return {
    bindings: reflect.storage
      .filter((r) => r.group === 0)
      .toSorted((a, z) => a.binding - z.binding)
      .map((r) => `${r.binding} ${r.access}`),
    uniform: reflect.uniforms.reduce((sum, r) => sum + r.size, 0),
    entryPoint: entry.name,
    invocations: [size].flat().reduce((product, extent) => product * Number(extent), 1),
    workgroupBytes: shared.reduce((sum, d) => sum + reflect.getTypeInfo(d.type!).size, 0),
  };
}
