/** `nnc graph`: the training graph of a model as a picture. */
import type { ModelGraphs } from "../ir/model.ts";
import type { DiagramOptions } from "./build.ts";
import { diagramOf } from "./build.ts";
import { drawDiagram } from "./draw.ts";
import { printDot, printMermaid } from "./texts.ts";

export type GraphFormat = "svg" | "dot" | "mermaid";

const printers = { svg: drawDiagram, dot: printDot, mermaid: printMermaid } as const;

/** Values and gradients in two mirrored lanes; parameters between them. */
export function drawGraph(graphs: ModelGraphs, format: GraphFormat, options: DiagramOptions = {}): string {
  return printers[format](diagramOf(graphs, options));
}

export type { DiagramOptions } from "./build.ts";
