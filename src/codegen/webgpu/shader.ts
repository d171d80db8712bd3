/** Prints a kernel as a compute shader: WGSL that reads like the equations it computes. */
import type { Context } from "../../ir/context.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { Launch } from "../../ir/launch.ts";
import type { Affine, ScalarType, Statement } from "../../ir/types.ts";
import { kernelComment } from "../formulas.ts";
import type { Line } from "../text.ts";
import { TextBuilder } from "../text.ts";
import { Body } from "./body.ts";
import { cellNames, printCells } from "./cells.ts";
import { helperNames, helperTexts } from "./math/index.ts";
import type { Binding, Shader } from "./program.ts";
import { printRows, rowNames } from "./rows.ts";
import { printTiles, tileNames } from "./tiles.ts";

/** What a launch says of its shader, beside the text of the entry point. */
export interface PrintedLaunch {
  /** How many workgroups there are, in terms of the kernel's dimensions. */
  readonly groups: Affine;
  readonly size: number;
  /** Declarations of the memory of a workgroup, and how many bytes that is. */
  readonly shared?: readonly string[];
  readonly bytes?: number;
  /** Functions that the entry point calls. */
  readonly functions?: readonly (readonly Line[])[];
  /** The bindings that are arrays of vectors of four. */
  readonly vectors?: ReadonlySet<number>;
}

const elementTypes: Readonly<Record<ScalarType, string>> = { f32: "f32", i32: "i32", bool: "u32" };
const elementVectors: Readonly<Record<ScalarType, string>> = { f32: "vec4f", i32: "vec4i", bool: "vec4u" };

/** `others`: statements for which the kernel is called as well, for its comment. */
export function printShader(
  kernel: Kernel,
  launch: Launch,
  bindings: readonly Binding[],
  context: Pick<Context, "builder" | "sources">,
  others: readonly Statement[] = [],
): Shader {
  const body = new Body(kernel, bindings, context.builder, [...launchNames, ...helperNames]);
  const code = new TextBuilder("javascript");
  let printed: PrintedLaunch | undefined;
  code.indented(() => (printed = printLaunch(launch, bindings, body, code)));
  const { groups, size, shared = [], bytes = 0, functions = [], vectors } = printed!;

  const out = new TextBuilder("javascript");
  const origin = kernel.statements[0]!.origin;
  if (body.members.length > 0) {
    out.braces("struct Call", () => body.members.forEach((m) => out.line(`${m.name}: ${m.type},`)));
    out.blank();
  }
  bindings.forEach(({ access, type }, n) => {
    const name = body.bindingNames[n]!;
    const elements = vectors?.has(n) ? elementVectors : elementTypes;
    out.line(`@group(0) @binding(${n}) var<storage, ${access}> ${name}: array<${elements[type]}>;`);
  });
  if (body.members.length > 0) out.line("@group(1) @binding(0) var<uniform> call: Call;");
  for (const line of shared) out.line(line);
  for (const lines of functions) {
    out.blank();
    out.append(lines);
  }
  out.blank();
  for (const line of kernelComment(kernel, others, context)) out.comment(line, origin);
  out.line(`@compute @workgroup_size(${size})`, origin);
  out.line("fn main(", origin);
  out.indented(() => {
    out.line("@builtin(workgroup_id) group: vec3u,");
    out.line("@builtin(num_workgroups) groups: vec3u,");
    out.line("@builtin(local_invocation_index) invocation: u32,");
  });
  out.line(") {", origin);
  out.append(code.lines);
  out.line("}");
  for (const text of helperTexts(body.helpers)) out.block(text);
  return {
    name: kernel.name,
    kernel,
    launch,
    text: `${out.lines.map((l) => l.text).join("\n")}\n`,
    lines: out.lines.map((l) => l.origin),
    bindings,
    groups,
    workgroupSize: size,
    workgroupBytes: bytes,
  };
}

/** Names that entry points have: nothing of a kernel is called so. */
const launchNames: readonly string[] = ["Call", "call", "main", ...cellNames, ...rowNames, ...tileNames];

function printLaunch(
  launch: Launch,
  bindings: readonly Binding[],
  body: Body,
  out: TextBuilder,
): PrintedLaunch {
  switch (launch.kind) {
    case "cells": {
      const { total, ...how } = printCells(launch, bindings, body, out);
      const b = body.builder;
      return {
        groups: b.floorDivide(b.plus(total, launch.size - 1), launch.size),
        size: launch.size,
        ...how,
      };
    }
    case "tiles":
      return printTiles(launch, bindings, body, out);
    case "rows": {
      const { total, ...memory } = printRows(launch, body, out);
      return { groups: total, size: launch.size, ...memory };
    }
  }
}
