/** A fully connected network as courses draw it: a box for each input, a circle for each unit, a line for each weight. */
import { drawGraph } from "./graph.ts";

export function networkPicture(title: string, layers: readonly number[]): string {
  const most = Math.max(...layers);
  const last = layers.length - 1;
  const label = (layer: number, unit: number): string =>
    layer === 0 ? `x${unit + 1}` : layer === last ? "ŷ" : `h${unit + 1}`;
  const id = (layer: number, unit: number): string => `${layer}.${unit}`;
  const units = (count: number): number[] => Array.from({ length: count }, (_, unit) => unit);
  return drawGraph({
    title,
    legend: ["A line is a weight; each round unit has a bias."],
    nodes: layers.flatMap((count, layer) =>
      units(count).map((unit) => ({
        id: id(layer, unit),
        lines: [label(layer, unit)],
        form: layer === 0 ? ("box" as const) : ("round" as const),
        column: layer,
        row: unit + (most - count) / 2,
      })),
    ),
    edges: layers
      .slice(1)
      .flatMap((count, k) =>
        units(count).flatMap((to) =>
          units(layers[k]!).map((from) => ({ from: id(k, from), to: id(k + 1, to) })),
        ),
      ),
    gap: { column: 90, row: 52 },
  });
}
