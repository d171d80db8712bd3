/** Every item of every course, in order. A section adds its list here. */
import { items as a } from "./a/items.ts";
import { items as b } from "./b/items.ts";
import { items as c } from "./c/items.ts";
import { items as d } from "./d/items.ts";
import { items as e } from "./e/items.ts";
import type { Item } from "./support/item.ts";

export const items: readonly Item[] = [...a, ...b, ...c, ...d, ...e];
