/**
 * Small calls that follow one another as one: where the cells of each are so few that a single workgroup computes them in
 * less time than another dispatch takes, one workgroup does all of them, and waits for itself in between.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Call, Kernel, KernelCall, KernelStatement, Procedure } from "../../ir/kernel.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import type { RowsLaunch } from "../../ir/launch.ts";
import { nestOf } from "../../ir/nest.ts";
import type { Tensor } from "../../ir/types.ts";
import { assembleKernel } from "../schedule/assemble.ts";
import { identifier, NameSpace } from "../schedule/names.ts";
import { largestDims, Sizes } from "../../ir/sizes.ts";
import type { Block } from "./block.ts";
import { collapse } from "./collapse.ts";
import type { Device, Setting } from "./cost.ts";
import { Placing } from "./placing.ts";
import { rowsOf } from "./rows.ts";
import type { LaunchTable } from "./table.ts";

/** Invocations of the workgroup. */
const size = 64;
/** What a kernel is passed must fit into its uniform, 4 bytes each of 256. */
const mostTensors = 32;

/**
 * A workgroup by itself waits for each of its reads, and leaves the rest of the device idle: it may take this part of the
 * time of a dispatch for each call.
 */
const part = 0.5;
/** A kernel that is called more often, by the turns of a recurrence or by equal layers, stays one kernel for all of them. */
const mostUses = 2;

/** The procedure with one call for each run of small ones. */
export function joinSmall(procedure: Procedure, table: LaunchTable, device: Device, b: Builder): Procedure {
  const calls: Call[] = [];
  let run: KernelCall[] = [];
  const close = (): void => {
    calls.push(...(run.length > 1 ? [joined(procedure.name, run, table, device, b)] : run));
    run = [];
  };
  const uses = new Map<Kernel, number>();
  for (const c of procedure.calls) if (c.kind === "call") uses.set(c.kernel, (uses.get(c.kernel) ?? 0) + 1);
  for (const c of procedure.calls) {
    if (c.kind === "clear" || uses.get(c.kernel)! > mostUses || !isSmall(c, device, b)) {
      close();
      calls.push(c);
      continue;
    }
    if (tensorsOf([...run, c]).size > mostTensors) close();
    run.push(c);
  }
  close();
  return { ...procedure, calls };
}

const tensorsOf = (calls: readonly KernelCall[]): Set<Tensor> =>
  new Set(calls.flatMap((c) => [...c.buffers, ...c.scalars]));

/** Whether a workgroup is done with a call before another dispatch would begin. */
function isSmall(call: KernelCall, device: Device, b: Builder): boolean {
  const { kernel } = call;
  const sizes = new Sizes(largestDims([call]).get(kernel)!, b);
  const { loops, leaf } = nestOf(kernel.body);
  const turns = loops.reduce((n, l) => n * sizes.turns(l), 1);
  const alone = Math.ceil(turns / size) * sizes.work(leaf) + device.meeting;
  const cost = loops.length > 0 ? alone : (rowsOf(kernel.body, { sizes, device, b })?.cost ?? alone);
  return cost <= part * device.dispatch;
}

function joined(
  procedure: string,
  calls: readonly KernelCall[],
  table: LaunchTable,
  device: Device,
  b: Builder,
): KernelCall {
  const setting = { sizes: new Sizes(new Map(), b), device, b };
  const placing = new Placing(new NameSpace(), b);
  const shared = new Set<KernelStatement>();
  const body = calls.flatMap((call) => {
    const block = shareable(placing.bodyOf(call), shared, setting);
    return block.map((s, n) => (n === 0 ? { ...s, heading: call.statements } : s));
  });
  // What got a heading is another object.
  const isShared = (s: KernelStatement): boolean =>
    s.kind === "loop" && [...shared].some((x) => x.kind === "loop" && x.index === s.index);
  const indices = body.flatMap((s) => (s.kind === "loop" && isShared(s) ? [s.index] : []));
  const launch: RowsLaunch = { kind: "rows", loops: [], shared: indices, size };
  const statements = [...new Set(calls.flatMap((c) => c.statements))];
  const assembled = assembleKernel(identifier(procedure), body, statements);
  return {
    kind: "call",
    kernel: table.adopt(assembled, launch),
    buffers: assembled.buffers.map((x) => placing.passed(x.tensor)),
    scalars: assembled.scalars,
    dims: assembled.dims,
    statements,
  };
}

/** A nest as statements of a leaf; notes the loops that are shared. What is stored outside of such loops, one invocation stores. */
function shareable(nest: Block, shared: Set<KernelStatement>, setting: Setting): Block {
  const { b } = setting;
  const { loops, lets, leaf } = nestOf(nest);
  const share = <T extends KernelStatement>(s: T): T => {
    shared.add(s);
    return s;
  };
  const once = (body: Block): KernelStatement => {
    const index = b.index("once", b.integer(1));
    return share({ kind: "loop", index, role: "map", from: b.integer(0), to: index.extent, body });
  };
  if (loops.length > 0) {
    const [outer] = loops.reduceRight<Block>((body, l) => [{ ...l, body }], [...lets, ...leaf]);
    return outer?.kind === "loop" ? [share(collapse(outer, b))] : [];
  }
  const rows = rowsOf(nest, setting);
  if (!rows) return [once(nest)];
  return rows.nest.map((s) => {
    if (s.kind === "loop" && rows.launch.shared.includes(s.index)) return share(s);
    return [...statementsIn([s])].some((x) => x.kind === "store") ? once([s]) : s;
  });
}
