import type { Item } from "../support/item.ts";
import { forward } from "./02-forward.ts";

export const items: readonly Item[] = [forward];
