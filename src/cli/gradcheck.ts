/** `nnc gradcheck model.nn`: reverse mode, central differences and every target, compared at one point. */
import { ModelFiles } from "../project/files.ts";
import { declaredModels } from "../project/models.ts";
import { UsageError } from "../project/usage-error.ts";
import type { GradientCheck, ParameterCheck, Point } from "../index.ts";
import type { CompileFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode } from "./host.ts";
import { provideGpu } from "./gpu.ts";
import type { GradientCheckFlags } from "./train-flags.ts";
import type { LoadedModel, ModelRequest, RunTarget } from "./train-model.ts";
import { arraysOf, assign, loadModel } from "./train-model.ts";

/** Errors relative to the gradient that are still right: of differences in 64 bits, and of targets in 32. */
const differenceTolerance = 1e-4;
const targetTolerance = 1e-3;

const targets: readonly (readonly [RunTarget, 0 | 1 | 2])[] = [
  ["typescript", 0],
  ["typescript", 1],
  ["typescript", 2],
  ["wasm", 1],
  ["wasm", 2],
  ["webgpu", 1],
  ["webgpu", 2],
];

/** The largest errors of a target, relative to the largest value of what is compared. */
interface TargetCheck {
  readonly target: string;
  readonly loss: number;
  readonly gradients: number;
  /** The parameter with the largest error. */
  readonly parameter: string;
}

interface Result {
  readonly check: GradientCheck;
  readonly targets: readonly TargetCheck[];
  /** Why no GPU took part, where none did. */
  readonly withoutGpu: string | null;
  readonly passes: boolean;
  /** One line, for people and for headers. */
  readonly certificate: string;
}

type Request = Pick<GradientCheckFlags, "seed" | "samples" | "set" | "model" | "simplify" | "exact">;

export async function gradcheckCommand(path: string, flags: GradientCheckFlags, host: Host): Promise<number> {
  const result = await compare(path, flags, host);
  if (!result) return exitCode.diagnostics;
  if (flags.json) host.stdout(`${JSON.stringify(jsonOf(result))}\n`);
  else host.stdout(`${table(result, flags.seed)}\n${result.certificate}\n`);
  return result.passes ? exitCode.ok : exitCode.diagnostics;
}

/** For `nnc compile --check`: the line of the header, one for each model; null where the check fails, which is told on standard error. */
export async function certify(
  path: string,
  flags: CompileFlags,
  host: Host,
): Promise<{ readonly certificate?: string } | null> {
  const { text } = new ModelFiles(host.directory).read(path);
  const names = flags.model === undefined ? declaredModels(text) : [flags.model];
  const certificates: string[] = [];
  for (const model of names) {
    const request: Request = { ...flags, model, seed: 1 };
    const result = await compare(path, request, host, true);
    // The compilation that follows tells what is wrong with the model.
    if (!result) return {};
    const { passes, certificate } = result;
    if (!passes) {
      host.stderr(`${table(result, request.seed)}\nerror: ${path} is not compiled. ${certificate}\n`);
      return null;
    }
    certificates.push(names.length === 1 ? certificate : `${model}: ${certificate}`);
  }
  return { certificate: certificates.join("\n") };
}

/** null where the model has mistakes. */
async function compare(path: string, flags: Request, host: Host, isTold = false): Promise<Result | null> {
  const request: Omit<ModelRequest, "target" | "level"> = {
    path,
    sizes: flags.set,
    simplify: flags.simplify,
    realOnlyRules: flags.exact !== true,
    ...(flags.model === undefined ? {} : { model: flags.model }),
  };
  const first = await loadModel({ ...request, target: "typescript", level: 1 }, host, isTold);
  if (!first) return null;
  if (first.graphs.program.loss === null)
    throw new UsageError(`${path} has no loss: it has no gradients to check`);
  const { checkGradients } = await import("../index.ts");
  const check = checkGradients(first.graphs, { seed: flags.seed, samples: flags.samples ?? null });
  const withoutGpu = await whyWithoutGpu();
  const compared: TargetCheck[] = [];
  for (const [target, level] of targets) {
    if (target === "webgpu" && withoutGpu !== null) continue;
    const loaded = await loadModel({ ...request, target, level }, host, true);
    if (loaded)
      compared.push({ target: `${target} -O${level}`, ...(await compareTarget(loaded, check.point)) });
  }
  const passes =
    check.parameters.every((p) => p.error <= differenceTolerance) &&
    compared.every((t) => Math.max(t.loss, t.gradients) <= targetTolerance);
  const certificate = certificateOf(check, compared, passes, await sha256(first.text), flags.seed, host);
  return { check, targets: compared, withoutGpu, passes, certificate };
}

/** null where there is a GPU. */
async function whyWithoutGpu(): Promise<string | null> {
  try {
    await provideGpu();
    return null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message;
  }
}

/** Runs a target at the same point, and compares loss and gradients with those of the interpreter. */
async function compareTarget(
  { Model, graphs }: LoadedModel,
  point: Point,
): Promise<Omit<TargetCheck, "target">> {
  const create = graphs.program.dims
    .filter((d) => d.varies === "create")
    .map((d) => [d.name, point.dims[d.name]!]);
  const model = await Model.create({ seed: point.seed, ...Object.fromEntries(create) });
  assign(model.parameters, point.lasting);
  assign(model.states, point.lasting);
  const inputs = graphs.program.inputs.map((t) => {
    const values = point.inputs.get(t.name)!;
    const array =
      t.type === "f32"
        ? Float32Array.from(values)
        : t.type === "i32"
          ? Int32Array.from(values)
          : Uint8Array.from(values);
    return [t.name, t.shape.length === 0 ? values[0]! : array];
  });
  const loss = await model.backward(Object.fromEntries(inputs));
  let worst = { gradients: 0, parameter: "" };
  for (const [name, values] of await arraysOf(model.gradients)) {
    const expected = point.gradients.get(name);
    if (!expected) continue;
    const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
    const error = expected.reduce((most, v, i) => larger(most, Math.abs(values[i]! - v) / scale), 0);
    if (!(error <= worst.gradients)) worst = { gradients: error, parameter: name };
  }
  model.destroy?.();
  return { loss: Math.abs(loss - point.loss) / Math.max(Math.abs(point.loss), 1e-6), ...worst };
}

/** A NaN is larger than all numbers. */
const larger = (a: number, b: number): number => (Number.isNaN(a) || a >= b ? a : b);

function certificateOf(
  { parameters, hasOwnGradients }: GradientCheck,
  compared: readonly TargetCheck[],
  passes: boolean,
  hash: string,
  seed: number,
  host: Host,
): string {
  const cells = parameters.reduce((sum, p) => sum + p.compared, 0);
  const skipped = parameters.reduce((sum, p) => sum + p.skipped, 0);
  const worst = parameters.reduce((most, p) => larger(most, p.error), 0);
  const names = [...new Set(compared.map((t) => t.target.split(" ")[0]!))];
  const ofTargets = names.map((name) => {
    const own = compared.filter((t) => t.target.startsWith(name));
    return `${name} ${small(own.reduce((most, t) => larger(most, larger(t.gradients, t.loss)), 0))}`;
  });
  const own =
    hasOwnGradients && !passes ? "; the model states gradients of its own, which differences don't know" : "";
  return (
    `Gradients ${passes ? "checked" : "WRONG"}: ${parameters.length} ${parameters.length === 1 ? "parameter" : "parameters"}, ${cells} cells against central ` +
    `differences in 64 bits: ${small(worst)}${skipped > 0 ? `, ${skipped} at kinks skipped` : ""}; ${ofTargets.join(", ")}; ` +
    `seed ${seed}, nnc ${host.version}, sha256:${hash.slice(0, 16)}${own}`
  );
}

function table({ check, targets: compared, withoutGpu }: Result, seed: number): string {
  const { dims } = check.point;
  const counts = Object.entries(dims).map(([name, count]) => `, ${name} = ${count}`);
  const rows = check.parameters.map((p) => [
    p.name,
    `${p.compared} of ${p.cells}`,
    String(p.skipped),
    small(p.error),
    p.error > differenceTolerance ? wrong(p) : "",
  ]);
  const ofTargets = compared.map((t) => [
    t.target,
    small(t.loss),
    small(t.gradients),
    larger(t.gradients, t.loss) > targetTolerance ? `wrong: ${t.parameter}` : "",
  ]);
  return [
    `reverse mode against central differences in 64 bits; seed ${seed}${counts.join("")}`,
    lines(["parameter", "compared", "kinks", "error", ""], rows),
    "targets against the reference interpreter",
    lines(["target", "loss", "gradients", ""], ofTargets),
    ...(withoutGpu === null ? [] : [`  webgpu takes no part: ${withoutGpu}\n`]),
  ].join("\n");
}

const wrong = (p: ParameterCheck): string =>
  `wrong at [${p.at.join(", ")}]: ${p.reverse} by reverse mode, ${p.difference} by difference`;

/** Columns side by side: the first and the last to the left, numbers to the right. */
function lines(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((r) => r[i]!.length)));
  const last = head.length - 1;
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === last ? cell : i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)))
        .join("  "),
    )
    .map((line) => `  ${line.trimEnd()}\n`)
    .join("");
}

const small = (value: number): string => (value === 0 ? "0" : value.toExponential(1));

/** Maps and arrays of numbers stay out. */
function jsonOf({ check, targets: compared, withoutGpu, passes, certificate }: Result): object {
  return { passes, certificate, parameters: check.parameters, targets: compared, withoutGpu };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Buffer.from(digest).toString("hex");
}
