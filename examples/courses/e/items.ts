import type { Item } from "../support/item.ts";

export const items: readonly Item[] = [];
