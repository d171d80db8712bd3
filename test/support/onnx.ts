/** Runs ONNX files in ONNX Runtime, compiled to WebAssembly. */
import { createRequire } from "node:module";

/** A tensor as the runtime takes and gives it. */
interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Record<string, RuntimeTensor>): Promise<Record<string, RuntimeTensor>>;
}

/** What is used of the package. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly InferenceSession: { create(bytes: Uint8Array): Promise<Session> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;
}

const runtime = createRequire(import.meta.url)("onnxruntime-web") as Runtime;
runtime.env.wasm.numThreads = 1;
// It warns of constants that it folds itself.
runtime.env.logLevel = "error";

export interface OnnxInput {
  readonly type: "f32" | "i32" | "bool";
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

const kinds = {
  f32: ["float32", Float32Array],
  i32: ["int32", Int32Array],
  bool: ["bool", Uint8Array],
} as const;

/** A loaded file: from inputs by name to outputs by name. Inputs that it has not are left out. */
export async function loadOnnx(
  bytes: Uint8Array,
): Promise<(inputs: Readonly<Record<string, OnnxInput>>) => Promise<Record<string, RuntimeTensor>>> {
  const session = await runtime.InferenceSession.create(bytes);
  return (inputs) => {
    const given = session.inputNames.map((name) => {
      const { type, shape, values } = inputs[name]!;
      const [kind, Values] = kinds[type];
      return [name, new runtime.Tensor(kind, Values.from(values), shape)] as const;
    });
    return session.run(Object.fromEntries(given));
  };
}
