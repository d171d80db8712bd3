/**
 * From kernels as fusion makes them to kernels that a GPU launches: each is a nest (src/ir/launch.ts), and the launches say
 * which of its loops are invocations and workgroups. Calls stay in their order, and compute what they did.
 */
import type { Builder } from "../ir/builder.ts";
import type { Call, Kernel, KernelCall, Level, Procedure } from "../ir/kernel.ts";
import type { Launch } from "../ir/launch.ts";
import type { Program, Tensor } from "../ir/types.ts";
import { storedIn } from "./dispatch/block.ts";
import { inCells, launched } from "./dispatch/choose.ts";
import type { Device, Setting } from "./dispatch/cost.ts";
import { anyDevice } from "./dispatch/cost.ts";
import { joinSmall } from "./dispatch/join.ts";
import { nestsOf } from "./dispatch/nest.ts";
import type { Part } from "./dispatch/table.ts";
import { LaunchTable } from "./dispatch/table.ts";
import { Clears } from "./dispatch/clear.ts";
import type { TileChoice } from "./dispatch/tile-shapes.ts";
import type { Procedures } from "./plan/lives.ts";
import { NameSpace } from "./schedule/names.ts";
import { largestDims, Sizes } from "../ir/sizes.ts";
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
  const clearing = clearingBefore(given);
  const byKernel = new Map<Kernel, KernelCall[]>();
  const add = (c: KernelCall): unknown => byKernel.set(c.kernel, [...(byKernel.get(c.kernel) ?? []), c]);
  for (const c of callsOf(given)) if (c.kind === "call") add(c);
  const largest = largestDims(callsOf(given));
  const table = new LaunchTable(program, level, names, b);
  const replaced = new Map<Call, readonly KernelCall[]>();
  const needless = new Set<Call>();
  for (const [kernel, own] of byKernel) {
    const setting = { sizes: new Sizes(largest.get(kernel)!, b), device, calls: own.length, b };
    const clearOf = (c: KernelCall, t: Tensor): Call | undefined =>
      clearing.get(c)?.get(c.buffers[kernel.buffers.findIndex((x) => x.tensor === t)]!);
    const isCleared = (t: Tensor): boolean => own.every((c) => clearOf(c, t) !== undefined);
    const parts = partsOf(
      kernel,
      level,
      isCleared,
      level < 2 ? setting : { ...setting, tiles, vectors: true },
    );
    for (const { fills } of parts) if (fills) for (const c of own) needless.add(clearOf(c, fills)!);
    for (const [call, made] of table.callsOf(parts, own)) replaced.set(call, made);
  }
  const clears = new Clears(names, b);
  const launched = mapProcedures(given, (c) => {
    if (c.kind === "call") return replaced.get(c)!;
    if (needless.has(c)) return [];
    const clear = clears.callFor(c.tensor);
    return table.callsOf([inCells(clear.kernel.body)], [clear]).get(clear)!;
  });
  const join = (p: Procedure): Procedure => (level === 0 ? p : joinSmall(p, table, device, b));
  const { forward, evaluate, backward, statistics } = launched;
  const procedures = {
    ...launched,
    forward: join(forward),
    evaluate: join(evaluate),
    backward: join(backward),
    statistics: join(statistics),
  };
  const called = new Set(callsOf(procedures).flatMap((c) => (c.kind === "call" ? [c.kernel] : [])));
  const launches = new Map([...table.launches].filter(([kernel]) => called.has(kernel)));
  return { procedures, kernels: [...launches.keys()], launches };
}

const callsOf = (given: Procedures): Call[] => Object.values(given).flatMap((p) => p.calls);

/** For each call, which tensors are cleared right before it, and where. */
function clearingBefore(given: Procedures): Map<Call, ReadonlyMap<Tensor, Call>> {
  const found = new Map<Call, ReadonlyMap<Tensor, Call>>();
  for (const { calls } of Object.values(given)) {
    let cleared = new Map<Tensor, Call>();
    for (const c of calls) {
      if (c.kind === "clear") {
        cleared.set(c.tensor, c);
        continue;
      }
      found.set(c, cleared);
      cleared = new Map();
    }
  }
  return found;
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
function partsOf(
  { body }: Kernel,
  level: Level,
  isCleared: (t: Tensor) => boolean,
  setting: Setting,
): Part[] {
  const nests = nestsOf(level < 2 ? body : splitLoops(body, setting.b), setting.b);
  if (level === 0) return nests.map((nest) => inCells(nest));
  const stored = new Set<Tensor>();
  return nests.flatMap((nest) => {
    const parts = launched(nest, (t) => !stored.has(t) && isCleared(t), setting);
    for (const t of storedIn(nest)) stored.add(t);
    return parts;
  });
}
