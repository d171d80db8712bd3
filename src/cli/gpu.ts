/** WebGPU where commands run a model: Node has none, but the npm package `webgpu` brings one. */
import { UsageError } from "../project/usage-error.ts";

/** Not a literal, so that no bundler looks for it: who trains on a GPU installs it. */
const packageName = "webgpu";

interface Gpu {
  requestAdapter(): Promise<unknown>;
}

/** Of the platform; `navigator` is read-only in Node 21 and later, so the GPU is put into it. */
interface Platform {
  navigator?: { gpu?: Gpu };
}

/** Gives generated modules their `navigator.gpu`. Throws a `UsageError` where no GPU can be had. */
export async function provideGpu(): Promise<void> {
  const gpu = await gpuOf(globalThis as Platform);
  if ((await gpu.requestAdapter()) === null)
    throw new UsageError("WebGPU finds no GPU on this machine: it needs a driver for Vulkan, Metal or D3D12");
}

async function gpuOf(platform: Platform): Promise<Gpu> {
  if (platform.navigator?.gpu) return platform.navigator.gpu;
  const gpu = await gpuOfPackage();
  const navigator = platform.navigator ?? {};
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  Object.defineProperty(platform, "navigator", { value: navigator, configurable: true });
  return gpu;
}

async function gpuOfPackage(): Promise<Gpu> {
  let module: unknown;
  try {
    module = await import(/* @vite-ignore */ packageName);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("WebGPU runs in Node with the package `webgpu`: npm install webgpu");
  }
  const isModule = (value: unknown): value is { create(flags: readonly string[]): Gpu } =>
    typeof value === "object" && value !== null && "create" in value && typeof value.create === "function";
  if (!isModule(module))
    throw new UsageError("the package `webgpu` has another form than is known here: 0.6.2 is");
  return module.create([]);
}
