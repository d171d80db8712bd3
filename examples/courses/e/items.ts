import type { Item } from "../support/item.ts";
import { backwardBySteps } from "./01-circuit.ts";
import { logisticSteps } from "./02-logistic.ts";
import { layersInOrder } from "./03-layers.ts";
import { network } from "./04-network.ts";
import { miniBatch } from "./05-mini-batch.ts";
import { mnist } from "./06-mnist.ts";
import { convolutions } from "./07-convolutions.ts";

export const items: readonly Item[] = [
  backwardBySteps,
  logisticSteps,
  layersInOrder,
  network,
  miniBatch,
  mnist,
  convolutions,
];
