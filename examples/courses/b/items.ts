import type { Item } from "../support/item.ts";
import { counting } from "./01-counting.ts";
import { activations } from "./02-activations.ts";
import { reluAtZero } from "./03-relu-at-zero.ts";
import { saturation } from "./04-saturation.ts";
import { gates } from "./05-gates.ts";
import { circuitOfNeuron } from "./06-circuit.ts";
import { twoPaths } from "./07-two-paths.ts";
import { outputs } from "./08-outputs.ts";

export const items: readonly Item[] = [
  counting,
  activations,
  reluAtZero,
  saturation,
  gates,
  circuitOfNeuron,
  twoPaths,
  outputs,
];
