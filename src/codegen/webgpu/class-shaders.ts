/** The shaders of a module: each is a constant that holds its text, in reading order. */
import type { Schedule } from "../../ir/kernel.ts";
import type { TextBuilder } from "../text.ts";
import { sectionsOf } from "../kernel-sections.ts";
import { auxiliaryShaders } from "./class-gradients.ts";
import type { GpuModel } from "./class-model.ts";
import type { Shader } from "./program.ts";
import type { GpuUnit } from "./unit.ts";

export function printShaders(gpu: GpuModel, out: TextBuilder): void {
  const { model, unit } = gpu;
  for (const { title, kernels } of sectionsOf(model.schedule)) {
    const shaders = kernels.flatMap((k) => unit.program.shaders.filter((s) => s.kernel === k));
    if (shaders.length === 0) continue;
    printTitle(title, out);
    for (const shader of shaders) printShaderConstant(gpu, shader, out);
  }
  const names = [...gpu.shaderNames.values()];
  if (model.accumulates) {
    if (model.module.isFirst("gradients of several passes")) printAuxiliaries(out);
    names.push(...auxiliaryShaders.keys());
  }
  out.blank();
  out.line(`const ${gpu.shadersName} = { ${names.join(", ")} };`);
}

/** They are the same for all models of a module. */
function printAuxiliaries(out: TextBuilder): void {
  printTitle("gradients of several passes", out);
  for (const [name, code] of auxiliaryShaders) {
    out.blank();
    out.verbatim(`const ${name} = ${code};`);
  }
}

function printTitle(title: string, out: TextBuilder): void {
  out.blank();
  out.comment(`${"-".repeat(Math.max(4, 90 - title.length))} ${title}`);
}

function printShaderConstant(gpu: GpuModel, shader: Shader, out: TextBuilder): void {
  const letters = shader.bindings.map((b) => (b.access === "read" ? "r" : "w")).join("");
  const lines = shader.text.trimEnd().split("\n");
  out.blank();
  out.line(`const ${gpu.shaderNames.get(shader)!} = {`, shader.lines[0] ?? null);
  out.line(`  bindings: "${letters}",`);
  lines.forEach((line, n) => {
    const text = line.replace(/[\\`]|\$\{/g, "\\$&");
    out.verbatim(n === 0 ? `  code: \`${text}` : text, shader.lines[n] ?? null);
  });
  out.verbatim("`,");
  out.line("};");
}

/** All shaders of a program as one text to read: each is a module of its own. */
export function shadersAsText(schedule: Schedule, { program }: GpuUnit): string {
  const parts = sectionsOf(schedule).flatMap(({ title, kernels }) => {
    const shaders = kernels.flatMap((k) => program.shaders.filter((s) => s.kernel === k));
    const texts = shaders.map((s) => `// ${s.name}\n\n${s.text}`);
    return texts.length === 0
      ? []
      : [`// ${"-".repeat(Math.max(4, 90 - title.length))} ${title}\n`, ...texts];
  });
  return parts.join("\n");
}
