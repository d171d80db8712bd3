/** Names with the number of a layer, for notations that count layers. */
import type { LayeredName } from "./document.ts";
import type { Ref } from "./formula.ts";
import { superscript } from "./superscript.ts";

export function layeredText(names: ReadonlyMap<Ref, LayeredName>, ref: Ref): string {
  const name = names.get(ref);
  return name ? name.base + superscript(name.layer) : ref;
}
