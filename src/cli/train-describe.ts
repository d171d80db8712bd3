/** What is about to be trained on what: said before the first step, since most mistakes show here. */
import { widthOf } from "../data/arrays.ts";
import type { InputEncoding } from "../data/encoding.ts";
import type { Resolved } from "../data/resolve.ts";
import { arraysOf } from "./train-model.ts";
import type { Setup } from "./train-setup.ts";

export async function describe({
  loaded,
  model,
  facts,
  train,
  valid,
  source,
  resolution,
}: Setup): Promise<string[]> {
  const count = (await arraysOf(model.parameters)).reduce((sum, [, values]) => sum + values.length, 0);
  const held = valid ? `, ${valid.count} held out` : "";
  const dims = Object.entries(facts.dims).map(([name, n]) => `, ${name} = ${n}`);
  return [
    `${loaded.file}: ${thousands(count)} parameters, ${facts.target}, seed ${facts.seed}${dims.join("")}`,
    `${source.label}: ${thousands(train.count)} ${train.count === 1 ? "example" : "examples"}${held}, ${facts.batch} a step`,
    ...resolution.inputs.map((r) => `  ${r.input.name}: ${ofInput(r, facts.encodings[r.input.name]!)}`),
  ];
}

function ofInput({ arrays, input }: Resolved, encoding: InputEncoding): string {
  const { kind, fields, classes, subtract, divide, fill, value } = encoding;
  if (kind === "constant") return `always ${value ?? 0}`;
  const names =
    fields.length > 4 ? `${fields[0]!} … ${fields.at(-1)!} (${fields.length})` : fields.join(", ");
  const extents =
    arrays.length === 1 && widthOf(arrays[0]!) > 1 ? ` [${arrays[0]!.shape.slice(1).join(", ")}]` : "";
  const texts = [...new Set(classes.flatMap((c) => c ?? []))];
  const asClasses = texts.map((c, id) => (c === "" ? `(nothing) = ${id}` : `${c} = ${id}`));
  const shown =
    asClasses.length > 12
      ? `${asClasses.slice(0, 10).join(", ")}, … (${texts.length})`
      : asClasses.join(", ");
  const parts = [
    kind === "one-hot" ? "one of several" : kind === "given" ? "whether there is something" : "",
    texts.length > 0 ? shown : "",
    subtract.length === 1 ? `from ${subtract[0]!} … ${subtract[0]! + divide[0]!} to 0 … 1` : "",
    subtract.length > 1 ? "scaled" : "",
    fill.length > 0 && input.type === "f32" ? "what is missing is the mean" : "",
  ].filter((part) => part !== "");
  return `${names}${extents}${parts.length > 0 ? `; ${parts.join("; ")}` : ""}`;
}

const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
