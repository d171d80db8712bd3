/** The layers of a network that is a chain: a sum over products with a weight, something pointwise, the next sum. */
import type { ForwardStep, Target } from "./derivation.ts";
import type { LayeredName } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { partsOf, refsOf } from "./formula.ts";

export interface Layer {
  /** Before the activation. */
  readonly z: Ref;
  /** What the layer reads; of the first, an input. */
  readonly input: Ref;
  readonly weight: Ref;
  readonly bias: Ref | null;
  /** After the activation: what the next layer reads; of the last, what the loss reads. */
  readonly output: Ref;
}

/** The layers from the first on; null where the network is not a chain of them. */
export function layersOf(target: Target): Layer[] | null {
  const roles = new Map(target.names.map((n) => [n.ref, n.role]));
  const isParameter = (ref: Ref): boolean => roles.get(ref) === "parameter";
  const linear = target.forward.flatMap((f) => {
    const found = linearPart(f, isParameter);
    return found ? [{ z: f.ref, ...found }] : [];
  });
  if (linear.length === 0) return null;
  const outputs = linear.map(({ z }, l) => {
    const next = linear[l + 1];
    if (next) return leadsBack(target, next.input, z, isParameter) ? next.input : undefined;
    const readers = target.forward.filter((f) => refsOf(f.lines[0]!.right).includes(z));
    return readers.length === 1 && readers[0]!.ref !== target.of && isPointwise(readers[0]!)
      ? readers[0]!.ref
      : z;
  });
  if (outputs.includes(undefined)) return null;
  if (new Set(linear.map((x) => x.weight)).size < linear.length) return null;
  return linear.map((x, l) => ({ ...x, output: outputs[l]! }));
}

/** Σ weight·input, with or without a bias. */
function linearPart(
  f: ForwardStep,
  isParameter: (ref: Ref) => boolean,
): Pick<Layer, "input" | "weight" | "bias"> | undefined {
  const right = f.lines.length === 1 ? f.lines[0]!.right : undefined;
  if (!right) return undefined;
  const sums = partsOf(right).filter((p) => p.kind === "reduce" && p.reducer === "sum");
  const [sum, ...more] = sums;
  if (sum?.kind !== "reduce" || more.length > 0) return undefined;
  const reads = partsOf(sum.body).filter((p) => p.kind === "read" && p.subscripts.length > 0);
  const weight = reads.find((r) => r.kind === "read" && isParameter(r.ref));
  const input = reads.find((r) => r.kind === "read" && !isParameter(r.ref));
  if (weight?.kind !== "read" || input?.kind !== "read" || reads.length !== 2) return undefined;
  const bias = refsOf(right).filter((r) => isParameter(r) && r !== weight.ref);
  const isSum =
    right === sum || (right.kind === "infix" && right.operator === "+" && right.operands.includes(sum));
  if (!isSum || bias.length > 1) return undefined;
  return { input: input.ref, weight: weight.ref, bias: bias[0] ?? null };
}

/** Whether `from` is computed from `to` cell by cell, and from nothing else that is computed. */
function leadsBack(target: Target, from: Ref, to: Ref, isParameter: (ref: Ref) => boolean): boolean {
  for (let ref = from, steps = 0; steps < 8; steps++) {
    if (ref === to) return true;
    const f = target.forward.find((x) => x.ref === ref);
    if (!f || !isPointwise(f)) return false;
    const read = refsOf(f.lines[0]!.right).filter(
      (r) => !isParameter(r) && target.forward.some((x) => x.ref === r),
    );
    if (read.length !== 1) return false;
    ref = read[0]!;
  }
  return false;
}

const isPointwise = (f: ForwardStep): boolean =>
  f.lines.length === 1 && partsOf(f.lines[0]!.right).every((p: Formula) => p.kind !== "reduce");

/** z², a¹, W², b², and their gradients: `gradient` names that of a definition, such as δ² for that of z². */
export function layerNames(
  target: Target,
  layers: readonly Layer[],
  gradient: (base: string) => string = (base) => `d${base}`,
): Map<Ref, LayeredName> {
  const names = new Map<Ref, LayeredName>();
  const gradientOf = new Map(target.backward.map((s) => [s.wrt, s.ref]));
  const name = (ref: Ref, base: string, layer: number): void => {
    if (names.has(ref)) return;
    names.set(ref, { base, layer: `${layer}` });
    const own = gradientOf.get(ref);
    if (own !== undefined) names.set(own, { base: gradient(base), layer: `${layer}` });
  };
  layers.forEach((layer, i) => {
    name(layer.z, "z", i + 1);
    name(layer.weight, "W", i + 1);
    if (layer.bias !== null) name(layer.bias, "b", i + 1);
    if (layer.output !== layer.z) name(layer.output, "a", i + 1);
  });
  return names;
}
