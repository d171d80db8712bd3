/** What a module needs to start WebAssembly, and its threads. Types stand between « and ». */
import { bytesAsText } from "./bytes-as-text.ts";
import { sharedFlags } from "./memory-import.ts";

export const webAssemblyType = `«/** What the platform has of WebAssembly, as far as it is used here. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => {
    readonly buffer: ArrayBuffer;
  };
};»`;

export const compileKernels = `«/** Kernels for one thread, or for threads that share a memory; multiplying and adding in one, or not. */
type CompileKernels = (shared: boolean, relaxed: boolean) => object;

»/** Compiles variants of kernels when they are first needed. */
function compileKernels(text«: string», memoryFlags«: number»)«: CompileKernels» {
  const compiled«: object[]» = [];
  return (shared, relaxed) => {
    const variant = 2 * Number(shared) + Number(relaxed);
    if (compiled[variant]) return compiled[variant];
    const bytes = decodeBytes(text);
    if (shared) bytes[memoryFlags] = ${sharedFlags};
    if (relaxed) fuseProducts(bytes);
    return (compiled[variant] = new WebAssembly.Module(bytes));
  };
}`;

export const fuseProducts = `/** Makes f32x4.mul, local.get, f32x4.add: f32x4.relaxed_madd, which may round once; the length stays. */
function fuseProducts(bytes«: Uint8Array»)«: void» {
  const has = (at«: number», code«: number»)«: boolean» => {
    return [0xfd, code, 1].every((byte, n) => bytes[at + n] === byte);
  };
  for (let at = 0; at < bytes.length; at++) {
    if (!has(at, 0xe6) || bytes[at + 3] !== 0x20) continue;
    let next = at + 4;
    while (bytes[next++] > 0x7f);
    if (has(next, 0xe4)) {
      bytes.set([1, 1, 1], at);
      bytes.set([0x85, 2], next + 1);
    }
  }
}`;

/** A module of one function, which has the instruction of relaxed SIMD that is used; a section a row. */
const relaxedModule = bytesAsText(
  Uint8Array.from(
    [
      [0, 97, 115, 109, 1, 0, 0, 0],
      [1, 4, 1, 96, 0, 0],
      [3, 2, 1, 0],
      // unreachable, f32x4.relaxed_madd, drop, end
      [10, 9, 1, 7, 0, 0, 253, 133, 2, 26, 11],
    ].flat(),
  ),
);

export const mayFuse = `/** Whether products and sums are to be fused: as the platform can, if it is not said. */
function mayFuse(model«: string», relaxed«: boolean | undefined»)«: boolean» {
  const module = decodeBytes("${relaxedModule}");
  const can = relaxed !== false && WebAssembly.validate(module);
  if (relaxed === true && !can) throw new Error(\`\${model}: this platform has no relaxed SIMD\`);
  return can;
}`;

export const startKernels = `«/** The kernels on a memory. */
interface Started {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly module: object;
  readonly exports: unknown;
}

»/** Kernels on a memory of so many pages of 64 KiB. */
function startKernels(module«: object», pages«: number», shared«: boolean»)«: Started» {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  return { memory, module, exports: new WebAssembly.Instance(module, { host: { memory } }).exports };
}`;

export const workerCode = `/** What every further thread runs: it waits in \`work\` for what it is to do. */
const workerCode = \`
const scope = globalThis.postMessage ? globalThis : process.getBuiltinModule("worker_threads").parentPort;
scope.onmessage = ({ data: [module, memory, number, threads, haste] }) => {
  const kernels = new WebAssembly.Instance(module, { host: { memory } }).exports;
  kernels.join(number, threads, haste);
  scope.postMessage(number);
  kernels.work();
};\`;`;

export const platformType = `«/** What Node and pages have for threads, as far as it is used here. */
interface Platform {
  readonly process?: {
    getBuiltinModule?(name: "worker_threads"): { readonly Worker: PlatformWorker };
    getBuiltinModule?(name: "os"): { availableParallelism(): number };
  };
  readonly navigator?: { readonly hardwareConcurrency: number };
  readonly Worker: PlatformWorker;
  readonly Blob: new (parts: string[], options: { type: string }) => object;
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

interface PlatformWorker {
  new (code: string, options?: { eval: true }): RunningWorker;
}

interface RunningWorker {
  onmessage: (event: unknown) => void;
  onerror: (event: unknown) => void;
  once?(event: string, listener: (value: unknown) => void): unknown;
  postMessage(message: unknown): void;
  unref?(): void;
  terminate(): unknown;
}»`;

export const startThreads = `«/** The threads of a model. */
interface Threads {
  readonly ready: Promise<void>;
  end(): void;
}

interface Joining {
  join(number: number, threads: number, haste: number): void;
}

»/** Starts further threads on the memory of a model. Once all of them have started, they share its work. */
function startThreads(model«: string», started«: Started», threads«: number»)«: Threads» {
  const platform = globalThis« as unknown as Platform»;
  const kernels = started.exports« as Joining»;
  const node = platform.process?.getBuiltinModule?.("worker_threads");
  const blob = node ? undefined : new platform.Blob([workerCode], { type: "text/javascript" });
  const url = blob && platform.URL.createObjectURL(blob);
  const processors =
    platform.navigator?.hardwareConcurrency ?? platform.process?.getBuiltinModule?.("os").availableParallelism();
  // Who waits for a thread that has no processor sleeps the sooner.
  const haste = processors !== undefined && threads > processors ? 50 : 1;
  const workers«: RunningWorker[]» = [];
  const start = async (number«: number»)«: Promise<void>» => {
    const worker = url ? new platform.Worker(url) : new node«!».Worker(workerCode, { eval: true });
    workers.push(worker);
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.once?.("message", resolve);
      worker.once?.("error", reject);
      worker.postMessage([started.module, started.memory, number, threads, haste]);
    });
    // From here on, it does not keep the process alive.
    worker.unref?.();
  };
  let settle = ()«: void» => undefined;
  const end = ()«: void» => {
    kernels.join(0, 1, 0);
    for (const worker of workers.splice(0)) worker.terminate();
    if (url) platform.URL.revokeObjectURL(url);
    settle();
  };
  kernels.join(0, threads, maySleep() ? haste : 0);
  const starts = Array.from({ length: threads - 1 }, (_, i) => start(i + 1));
  const ready = new Promise«<void>»((resolve, reject) => {
    settle = resolve;
    Promise.all(starts).then(settle, (cause«: { readonly message?: string }») => {
      const help = "a page's Content-Security-Policy must have worker-src blob:";
      const why = \`\${cause.message ?? "a worker was refused"} (\${help})\`;
      reject(new Error(\`\${model}: its threads can't be started, so one trains alone: \${why}\`, { cause }));
      end();
    });
  });
  // Who does not ask is not told: the model trains in any case.
  ready.catch(() => undefined);
  return { ready, end };
}`;

export const maySleep = `/** Whether this thread may sleep until another one wakes it; that of a page may not. */
function maySleep()«: boolean» {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}`;

export const requireSharing = `/** Threads need a memory that they can share. */
function requireSharing(model«: string», threads«: number»)«: void» {
  if (threads === 1 || typeof SharedArrayBuffer !== "undefined") return;
  const first = "Cross-Origin-Opener-Policy: same-origin";
  const second = "Cross-Origin-Embedder-Policy: require-corp";
  const needed = \`SharedArrayBuffer, which a page has if it is served with \${first} and \${second}\`;
  throw new Error(\`\${model}: threads need \${needed}\`);
}`;
