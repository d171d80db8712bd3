/** Every item of every course, in order. A section adds its list here. */
import { items as a } from "./a/items.ts";
import { items as b } from "./b/items.ts";
import type { Item } from "./support/item.ts";

export const items: readonly Item[] = [...a, ...b];
