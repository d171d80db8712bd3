import type { Item } from "../support/item.ts";
import { linearMap } from "./01-linear-map.ts";
import { forward } from "./02-forward.ts";
import { absolute } from "./03-absolute.ts";
import { linearLayers } from "./04-linear-layers.ts";
import { cost } from "./05-cost.ts";
import { crossEntropy } from "./06-cross-entropy.ts";
import { classWeights } from "./07-class-weights.ts";
import { deep } from "./08-deep.ts";
import { cnn } from "./09-cnn.ts";
import { backwardGraph } from "./10-backward-graph.ts";

export const items: readonly Item[] = [
  linearMap,
  forward,
  absolute,
  linearLayers,
  cost,
  crossEntropy,
  classWeights,
  deep,
  cnn,
  backwardGraph,
];
