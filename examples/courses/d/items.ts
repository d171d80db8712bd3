import type { Item } from "../support/item.ts";
import { countingParameters } from "./01-counting.ts";
import { costs } from "./02-costs.ts";
import { nudges } from "./03-circuit.ts";
import { linearLayer } from "./04-linear.ts";
import { derivativesOfOutputs } from "./05-derivatives.ts";
import { layerByHand } from "./06-layer.ts";
import { secondLayer } from "./07-two-layers.ts";
import { vectorised } from "./08-logistic.ts";
import { vectorisedLayers } from "./09-layers.ts";
import { symmetry } from "./10-symmetry.ts";

export const items: readonly Item[] = [
  countingParameters,
  costs,
  nudges,
  linearLayer,
  derivativesOfOutputs,
  layerByHand,
  secondLayer,
  vectorised,
  vectorisedLayers,
  symmetry,
];
