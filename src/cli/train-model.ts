/** A model compiled in memory and imported: what training, prediction and checks run. */
import type { ModelInputs } from "../ir/inputs.ts";
import type { ModelGraphs } from "../ir/model.ts";
import type { Sources } from "../ir/source.ts";
import { ModelFiles } from "../project/files.ts";
import { provideGpu } from "./gpu.ts";
import type { Host } from "./host.ts";
import { UsageError } from "../project/usage-error.ts";
import { renderDiagnostics, wantsColour } from "../project/render.ts";

export type InputArrays = Readonly<Record<string, ArrayLike<number>>>;
export type Outputs = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;

/** What comes at once from a model on the processor, and is awaited from one on a GPU. */
type Awaited<Value> = Value | Promise<Value>;

/** What every generated class has. */
export interface ModelClass {
  create(options: Readonly<Record<string, number>>): Awaited<TrainedModel>;
  /** Throws a RangeError, or rejects with one, where the bytes are of another model. */
  load(bytes: Uint8Array, options?: { readonly threads: number }): Awaited<TrainedModel>;
}

export interface TrainedModel {
  readonly parameters: unknown;
  readonly gradients: unknown;
  readonly states: unknown;
  readonly hyper: Record<string, number>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly stepCount: number;
  /** Of WebAssembly: when its threads have started. */
  readonly ready?: Promise<void>;
  dispose?(): void;
  /** Of a GPU. */
  destroy?(): void;
  step(inputs: InputArrays): Awaited<number>;
  backward(inputs: InputArrays): Awaited<number>;
  evaluate(inputs: InputArrays): Awaited<Readonly<Record<string, number>>>;
  forward(inputs: InputArrays): Awaited<Outputs>;
  save(): Awaited<Uint8Array>;
}

export type RunTarget = "typescript" | "wasm" | "webgpu";

export interface ModelRequest {
  readonly path: string;
  readonly sizes: Readonly<Record<string, number | boolean>>;
  readonly model?: string;
  readonly target: RunTarget | "auto";
  readonly level: 0 | 1 | 2;
  readonly simplify?: boolean;
  readonly realOnlyRules?: boolean;
}

export interface LoadedModel {
  readonly file: string;
  /** What it runs as. */
  readonly target: RunTarget;
  readonly Model: ModelClass;
  readonly graphs: ModelGraphs;
  readonly sources: Sources;
  readonly inputs: ModelInputs;
  /** The text of the model. */
  readonly text: string;
}

/**
 * Compiles and imports a model; null where it has mistakes. Diagnostics are told on standard error, unless they were
 * told before.
 */
export async function loadModel(
  request: ModelRequest,
  host: Host,
  isTold = false,
): Promise<LoadedModel | null> {
  const files = new ModelFiles(host.directory);
  const { file, text } = files.read(request.path);
  const { compile, describeInputs } = await import("../index.ts");
  const { diagnostics, sources, outputs, graphs, choice } = await compile(text, {
    file,
    isOne: true,
    language: "javascript",
    level: request.level,
    target: request.target,
    sizes: { ...request.sizes },
    resolveImport: files.resolveImport,
    simplify: request.simplify ?? true,
    realOnlyRules: request.realOnlyRules ?? true,
    ...(request.model === undefined ? {} : { model: request.model }),
  });
  if (diagnostics.length > 0 && !isTold)
    host.stderr(renderDiagnostics(diagnostics, sources, wantsColour(host)));
  const code = outputs.find((o) => o.kind === "module")?.text;
  if (code === undefined || graphs === null) return null;
  const Model = await importClass(code);
  const target = request.target === "auto" ? (choice?.target ?? "typescript") : request.target;
  if (target === "webgpu") await provideGpu();
  return { file, text, target, Model, graphs, sources, inputs: describeInputs(graphs) };
}

/** The class of a module given as JavaScript, which exports nothing else: its name may have been taken by the language. */
async function importClass(code: string): Promise<ModelClass> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  const module: unknown = await import(/* @vite-ignore */ url);
  const found = isRecord(module) ? Object.values(module).find(isModelClass) : undefined;
  if (!found) throw new Error("the module does not export a class");
  return found;
}

const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null;

function isModelClass(value: unknown): value is ModelClass {
  return typeof value === "function" && "create" in value && "load" in value;
}

/** The model that a file holds. */
export async function restore(
  loaded: LoadedModel,
  bytes: Uint8Array,
  path: string,
  threads = 1,
): Promise<TrainedModel> {
  try {
    return await loaded.Model.load(bytes, { threads });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`\`${path}\` does not fit ${loaded.file}: ${error.message}`);
  }
}

export type Values = Float32Array | Int32Array | Uint8Array;

/** A tensor in the memory of a GPU. */
interface Handle {
  read(): Promise<Values>;
  write(values: ArrayLike<number>): void;
}

const isValues = (value: unknown): value is Values =>
  value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint8Array;

const isHandle = (value: unknown): value is Handle =>
  isRecord(value) && "read" in value && typeof value.read === "function";

/** Every tensor of a tree of names, by dotted path: its values, or where they are. */
function tensorsOf(tree: unknown, path = ""): [string, Values | Handle][] {
  if (isValues(tree) || isHandle(tree)) return [[path, tree]];
  if (!isRecord(tree)) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    tensorsOf(value, path === "" ? key : `${path}.${key}`),
  );
}

/** The values of every tensor of a tree of names, by dotted path. */
export async function arraysOf(tree: unknown): Promise<[string, Values][]> {
  return Promise.all(
    tensorsOf(tree).map(async ([name, tensor]): Promise<[string, Values]> => [
      name,
      isValues(tensor) ? tensor : await tensor.read(),
    ]),
  );
}

/** Gives the tensors of a tree the values that are known for their paths. */
export function assign(tree: unknown, known: ReadonlyMap<string, ArrayLike<number>>): void {
  for (const [name, tensor] of tensorsOf(tree)) {
    const values = known.get(name);
    if (values === undefined) continue;
    if (isValues(tensor)) tensor.set(values);
    else tensor.write(values);
  }
}

/** Whether all that a model learned is finite. */
export async function isFiniteModel(model: TrainedModel): Promise<boolean> {
  const arrays = [...(await arraysOf(model.parameters)), ...(await arraysOf(model.states))];
  return arrays.every(([, values]) => {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
    return true;
  });
}
