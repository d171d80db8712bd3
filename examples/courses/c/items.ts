import type { Item } from "../support/item.ts";
import { losses } from "./01-losses.ts";
import { simplification } from "./02-simplification.ts";
import { recipeOfLayers } from "./03-recipe.ts";
import { fiveSteps } from "./04-circuit.ts";
import { squaredError } from "./05-squared-error.ts";
import { twoPathsToLoss } from "./06-two-paths.ts";
import { example } from "./07-example.ts";
import { byHand } from "./08-by-hand.ts";

export const items: readonly Item[] = [
  losses,
  simplification,
  recipeOfLayers,
  fiveSteps,
  squaredError,
  twoPathsToLoss,
  example,
  byHand,
];
