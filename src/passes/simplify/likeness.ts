import type { Equation, Index, Tensor } from "../../ir/types.ts";
import type { CanonicalTexts, Named } from "../schedule/canonical.ts";
import { CanonicalText } from "../schedule/canonical.ts";

/** Around equations with more definitions than this nothing is compared: telling them all would take longer. */
const mostDefinitions = 12;

/** What is known of the graph around an equation. */
export interface Neighbourhood {
  /** Definitions that algebra may fold back into what reads this tensor. */
  definitionsReading(t: Tensor): readonly Equation[];
  /** How many statements read it. */
  readersOf(t: Tensor): number;
}

/**
 * What algebra looks at when it writes the last of these equations in terms of the others, as a text: the turns of a
 * recurrence and equal layers have the same. undefined where that would be too much to tell.
 */
export function likenessOf(
  equations: readonly Equation[],
  around: Neighbourhood,
  texts: CanonicalTexts,
): string | undefined {
  const text = new CanonicalText(texts, true);
  const list = (indices: readonly Index[]): string => indices.map((i) => text.name(i)).join();
  const tell = (e: Equation): string => {
    const [target, where] = [e.target, e.where].map((all) => all.map((x) => text.expr(x)).join());
    const stored = `${text.name(e.tensor)}[${target}] ${e.accumulate}`;
    return `${list(e.indices)} ${stored} ${e.reducer} ${list(e.reduced)} ${where} ${text.expr(e.body)}`;
  };
  const describe = (thing: Named): string => {
    if (thing.kind === "index") return `${thing.extent.id}`;
    if (thing.kind !== "tensor") return `${thing.id}`;
    const shape = thing.shape.map((extent) => extent.id).join();
    return `${thing.role} ${thing.type}[${shape}] ${thing.below?.id} ${around.readersOf(thing)}`;
  };
  const lines = equations.map(tell);
  const read = text.things.flatMap((thing) => (thing.kind === "tensor" ? [thing] : []));
  const definitions = new Set(read.flatMap((t) => around.definitionsReading(t)));
  if (definitions.size > mostDefinitions) return undefined;
  lines.push(...[...definitions].map(tell));
  return [...lines, ...text.things.map(describe)].join(";");
}
