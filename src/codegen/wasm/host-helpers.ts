/** What a module needs to start WebAssembly, and its threads. Types stand between « and ». */
import { sharedFlags } from "./memory-import.ts";

export const webAssemblyType = `«/** What the platform has of WebAssembly, as far as it is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => {
    readonly buffer: ArrayBuffer;
  };
};
declare function atob(text: string): string;»`;

export const decodeBase64 = `/** The bytes that base64 text stands for. */
function decodeBase64(text«: string»)«: Uint8Array» {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}`;

export const compileKernels = `/** Compiles kernels when they are first needed, for one thread or for threads that share a memory. */
function compileKernels(text«: string», memoryFlags«: number»)«: (shared: boolean) => object» {
  const compiled«: object[]» = [];
  return (shared) => {
    const bytes = decodeBase64(text);
    if (shared) bytes[memoryFlags] = ${sharedFlags};
    return (compiled[Number(shared)] ??= new WebAssembly.Module(bytes));
  };
}`;

export const startKernels = `«/** The kernels on a memory. */
interface Started {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly module: object;
  readonly exports: unknown;
}

»/** The kernels on a memory of so many pages of 64 KiB. */
function startKernels(compile«: (shared: boolean) => object», pages«: number», shared«: boolean»)«: Started» {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  const module = compile(shared);
  return { memory, module, exports: new WebAssembly.Instance(module, { host: { memory } }).exports };
}`;

export const workerCode = `/** What every further thread runs: it waits in \`work\` for what it is to do. */
const workerCode = \`
const scope = globalThis.postMessage ? globalThis : process.getBuiltinModule("worker_threads").parentPort;
scope.onmessage = ({ data: [module, memory, number, threads] }) => {
  const kernels = new WebAssembly.Instance(module, { host: { memory } }).exports;
  kernels.join(number, threads, 1);
  scope.postMessage(number);
  kernels.work();
};\`;`;

export const platformType = `«/** What Node and pages have for threads, as far as it is used here. */
interface Platform {
  readonly process?: { getBuiltinModule?(name: string): { readonly Worker: PlatformWorker } };
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
  join(number: number, threads: number, patience: number): void;
}

»/** Starts further threads on the memory of a model. Once all of them have started, they share its work. */
function startThreads(model«: string», started«: Started», threads«: number»)«: Threads» {
  const platform = globalThis« as unknown as Platform»;
  const kernels = started.exports« as Joining»;
  const node = platform.process?.getBuiltinModule?.("worker_threads");
  const blob = node ? undefined : new platform.Blob([workerCode], { type: "text/javascript" });
  const url = blob && platform.URL.createObjectURL(blob);
  const workers«: RunningWorker[]» = [];
  const start = async (number«: number»)«: Promise<void>» => {
    const worker = url ? new platform.Worker(url) : new node«!».Worker(workerCode, { eval: true });
    workers.push(worker);
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.once?.("message", resolve);
      worker.once?.("error", reject);
      worker.postMessage([started.module, started.memory, number, threads]);
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
  kernels.join(0, threads, Number(maySleep()));
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
