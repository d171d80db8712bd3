import type { Item } from "../support/item.ts";
import { circuitOfNeuron } from "./06-circuit.ts";

export const items: readonly Item[] = [circuitOfNeuron];
