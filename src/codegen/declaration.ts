/** The `.d.ts` of a JavaScript module: the same interfaces, and the class without its bodies. */
import { nestedType, shapesType } from "./input-helpers.ts";
import { printInterfaces } from "./interfaces.ts";
import { membersOf } from "./members.ts";
import type { Model } from "./model.ts";
import type { ModuleHeader } from "./header.ts";
import { printHeader } from "./header.ts";
import type { Line } from "./text.ts";
import { TextBuilder } from "./text.ts";
import { deviceTensorType } from "./webgpu/host-tensors.ts";
import { gpuMembersOf } from "./webgpu/members.ts";

export function printDeclaration(
  models: readonly Model[],
  header: ModuleHeader,
  needsNested: boolean,
): readonly Line[] {
  const out = new TextBuilder("typescript");
  printHeader(header, out);
  out.block(shapesType);
  if (needsNested) out.block(nestedType);
  if (models.some((m) => m.gpu)) out.block(deviceTensorType);
  for (const model of models) {
    printInterfaces(model, out);
    out.blank();
    out.doc([model.program.doc ?? `The model \`${model.program.name}\`.`]);
    out.braces(`export declare class ${model.className}`, () => {
      out.line("private constructor();");
      const members = model.gpu ? gpuMembersOf(model) : membersOf(model);
      for (const member of members.values()) {
        out.doc(member.doc);
        out.line(`${member.head.replace(/^(static )?async /, "$1")};`);
      }
    });
  }
  return out.lines;
}
