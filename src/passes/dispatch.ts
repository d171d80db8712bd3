/**
 * From kernels as fusion makes them to kernels that a GPU launches: each is a nest (src/ir/launch.ts), and the launches say
 * which of its loops are invocations and workgroups. Calls stay in their order, and compute what they did.
 */
import type { Builder } from "../ir/builder.ts";
import type { Call, Kernel, Level, Procedure } from "../ir/kernel.ts";
import type { Launch } from "../ir/launch.ts";
import type { Program } from "../ir/types.ts";
import { inCells, launched } from "./dispatch/choose.ts";
import type { Device, Setting } from "./dispatch/cost.ts";
import { anyDevice } from "./dispatch/cost.ts";
import { nestsOf } from "./dispatch/nest.ts";
import type { KernelCall, Part } from "./dispatch/table.ts";
import { LaunchTable } from "./dispatch/table.ts";
import { Clears } from "./dispatch/clear.ts";
import type { TileChoice } from "./dispatch/tile-shapes.ts";
import type { Procedures } from "./plan/lives.ts";
import { NameSpace } from "./schedule/names.ts";
import { largestDims, Sizes } from "./schedule/sizes.ts";
import { splitLoops } from "./schedule/split.ts";

export interface DispatchOptions {
  readonly level: Level;
  readonly device?: Device | undefined;
  /** How contractions are computed, at level 2. */
  readonly tiles?: TileChoice | undefined;
}

export interface Dispatched {
  readonly procedures: Procedures;
  readonly kernels: readonly Kernel[];
  readonly launches: ReadonlyMap<Kernel, Launch>;
}

export function dispatch(
  given: Procedures,
  program: Program,
  { level, device = anyDevice, tiles = {} }: DispatchOptions,
  b: Builder,
): Dispatched {
  const names = new NameSpace();
  for (const p of Object.values(given))
    for (const c of p.calls) if (c.kind === "call") names.reserve(c.kernel.name);
  const clears = new Clears(names, b);
  const withoutClears = mapProcedures(given, (c) => (c.kind === "clear" ? [clears.callFor(c.tensor)] : [c]));
  const byKernel = new Map<Kernel, KernelCall[]>();
  for (const c of Object.values(withoutClears).flatMap((p) => p.calls))
    if (c.kind === "call") byKernel.set(c.kernel, [...(byKernel.get(c.kernel) ?? []), c]);
  const table = new LaunchTable(program, level, names, b);
  const largest = largestDims([...byKernel.values()].flat());
  const replaced = new Map<Call, readonly KernelCall[]>();
  for (const [kernel, own] of byKernel) {
    const setting = { sizes: new Sizes(largest.get(kernel)!, b), device, b };
    const parts = partsOf(kernel, level, level < 2 ? setting : { ...setting, tiles });
    for (const [call, made] of table.callsOf(parts, own)) replaced.set(call, made);
  }
  const procedures = mapProcedures(withoutClears, (c) => replaced.get(c)!);
  return { procedures, kernels: [...table.launches.keys()], launches: table.launches };
}

function mapProcedures(given: Procedures, f: (c: Call) => readonly Call[]): Procedures {
  const map = (p: Procedure): Procedure => ({ ...p, calls: p.calls.flatMap((c) => f(c)) });
  return {
    initialise: map(given.initialise),
    forward: map(given.forward),
    evaluate: map(given.evaluate),
    backward: map(given.backward),
    statistics: map(given.statistics),
    update: map(given.update),
  };
}

/** At level 2, loops around sums are split first, so that what the factors of a contraction depend on is plain. */
function partsOf({ body }: Kernel, level: Level, setting: Setting): Part[] {
  const nests = nestsOf(level < 2 ? body : splitLoops(body, setting.b), setting.b);
  return nests.flatMap((nest) => (level === 0 ? [inCells(nest)] : launched(nest, setting)));
}
