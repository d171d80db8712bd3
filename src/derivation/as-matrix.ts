/** The gradients in matrix notation; a line that is none stays in index notation, and says so. */
import { verdict } from "./common.ts";
import { legend } from "./as-steps.ts";
import type { Derivation, Line, Name, Target } from "./derivation.ts";
import type { Block, Document, LayeredName, Row } from "./document.ts";
import { numbersText, paragraph, placeText, rowOf, equation } from "./document.ts";
import type { Ref } from "./formula.ts";
import { layerNames, layersOf } from "./layers.ts";
import type { MatrixOptions } from "./matrix.ts";
import { matrixLine } from "./matrix.ts";
import { seedsOf, withSeeds } from "./seed.ts";

export type Layout = "rows" | "columns";

export function asMatrix(derivation: Derivation, layout: Layout): Document {
  const { targets, model, file, doc } = derivation;
  const names = new Map<Ref, LayeredName>();
  const blocks = targets.flatMap((t): Block[] => {
    const layers = layersOf(t);
    const counted = layers !== null && layers.some((l) => l.z.includes("."));
    if (counted) for (const [ref, name] of layerNames(t, layers)) names.set(ref, name);
    const options = optionsFor(t, layout);
    return [
      ...(counted ? [legend(layers, names)] : []),
      paragraph([conventions(t, layout, options)]),
      { kind: "heading", text: "Forward" },
      {
        kind: "rows",
        rows: t.forward.flatMap((f) =>
          f.lines.map((l) => ({ ...inMatrices(l, options, placeText(f.place, file)), ref: f.ref })),
        ),
      },
      { kind: "heading", text: `Backward: dx is ∂${t.of}/∂x` },
      { kind: "rows", rows: backwardRows(t, options) },
    ];
  });
  return {
    title: `${model}: the gradients of ${targets.map((t) => t.of).join(" and ")} in matrices`,
    subtitle: [doc, file].filter((x) => x !== undefined).join(" — "),
    blocks: [...blocks, ...verdict(derivation)],
    names,
  };
}

function backwardRows(t: Target, options: MatrixOptions): Row[] {
  const seeds = seedsOf(t);
  return t.backward
    .filter((s) => s.wrt !== t.of && s.result.length > 0)
    .flatMap((s): Row[] => [
      ...s.result.map((l) => ({
        ...inMatrices({ ...l, right: withSeeds(l.right, seeds) }, options, ""),
        ref: s.ref,
      })),
      ...(s.numbers ? [equation(null, { kind: "name", name: numbersText(s.numbers) })] : []),
    ]);
}

/** The line in matrices, or as it is with a word on why. */
export function inMatrices(line: Line, options: MatrixOptions, note: string): Row {
  const found = matrixLine(line, options);
  return rowOf(found ?? line, found ? note : [note, "in indices"].filter((x) => x !== "").join(", "));
}

/** Which tensors are written transposed. */
export function optionsFor(t: Target, layout: Layout): MatrixOptions {
  const flipped = new Set<Ref>();
  if (layout === "columns") for (const n of t.names) if (isExamples(n)) flipped.add(n.ref);
  return { flipped, shapes: new Map(t.names.map((n) => [n.ref, n.shape])) };
}

/** The first of two dimensions has no fixed count: its rows are examples. */
const isExamples = (n: Name): boolean =>
  n.shape.length === 2 && !/^\d+$/.test(n.shape[0]!) && n.role !== "parameter" && !isParameterGradient(n);
const isParameterGradient = (n: Name): boolean =>
  n.role === "gradient" && n.shape.every((s) => /^\d+$/.test(s));

function conventions(t: Target, layout: Layout, { flipped }: MatrixOptions): string {
  const vectors =
    "A vector is a column; ⊙ multiplies cell by cell; 1 is a vector of ones. What has no matrix form of rank 2 stays in indices.";
  if (layout === "rows" || flipped.size === 0)
    return `${vectors}${t.names.some(isExamples) ? " Examples are rows, as in the code." : ""}`;
  return `${vectors} Examples are columns: what has rows of examples in the code is written transposed here.`;
}
