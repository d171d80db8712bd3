/** The class between a model and its device. Types stand between « and ». */
import { usages } from "./host-device.ts";
import { sliceBytes } from "./host-submission.ts";

/** So many steps may run ahead of the latest loss that was read, and so many are handed to the device at once. */
const mostAhead = 64;
const mostTogether = 32;
/** What the results of steps and the inputs of several steps may take, in bytes. */
const mostResults = 2 ** 24;
const mostUploaded = 2 ** 26;

export const needsType = `«/** What a model needs of a device, in bytes and counts. */
interface Needs {
  /** Of every buffer, by name. */
  readonly sizes: Record<string, number>;
  readonly limits: Record<string, number>;
  /** The inputs of a step, and its results. */
  readonly inputs: number;
  readonly results: number;
  /** The most dispatches of a step. */
  readonly dispatches: number;
}»`;

export const sessionClass = `«interface Waiting {
  readonly entries: number;
  start(): void;
}

»/** A model on its device: what waits for it, what it was told of, and what can go wrong. */
class Session {
  failure«: Error | undefined»;
  /** What dispatches are passed by value, before it is handed over. */
  words = new Int32Array(0);
  «readonly »ring«: Ring»;
  /** How many steps fit into one submission. */
  «readonly »most«: number»;
  «readonly »#groups = new Map«<string, GPUBindGroup[]>»();
  «readonly »#owned = new Set«<GPUBuffer>»();
  «readonly »#waiting«: Waiting[]» = [];
  «readonly »#pending = new Set«<(reason: Error) => void>»();
  «readonly »#free«: GPUBuffer[]» = [];
  #uniformBuffer«: GPUBuffer | undefined»;
  #uniforms«: GPUBindGroup | undefined»;
  #uploads«: GPUBuffer | undefined»;
  «readonly »device«: GPUDevice»;
  «readonly »pipelines«: Pipelines»;
  «readonly »#model«: string»;
  «readonly »#ownsDevice«: boolean»;
  «readonly »#needs«: Needs»;

  constructor(model«: string», device«: GPUDevice», ownsDevice«: boolean», pipelines«: Pipelines», needs«: Needs») {
    this.#model = model;
    this.device = device;
    this.#ownsDevice = ownsDevice;
    this.pipelines = pipelines;
    this.#needs = needs;
    const { inputs, results } = needs;
    const length = Math.max(1, Math.min(${mostAhead}, Math.floor(${mostResults} / Math.max(1, results))));
    const together = Math.floor(${mostUploaded} / Math.max(1, inputs));
    this.most = Math.max(1, Math.min(${mostTogether}, length, together));
    this.ring = new Ring(this, results, length);
    device.lost.then(({ reason, message }) => {
      const lost = \`\${model}: the GPU device was lost (\${reason}): \${message}\`;
      this.fail(new Error(\`\${lost}; load the last saved state on another device\`));
    });
    device.addEventListener("uncapturederror", this.#report);
  }

  «readonly »#report = ({ error }«: GPUUncapturedErrorEvent»)«: void» => {
    this.fail(new Error(\`\${this.#model}: the GPU reports an error: \${error.message}\`));
  };

  /** From here on every call fails, and so does what waits. */
  fail(reason«: Error»)«: void» {
    this.failure ??= reason;
    this.ring.fail(this.failure);
    for (const reject of this.#pending) reject(this.failure);
    this.#pending.clear();
    for (const { start } of this.#waiting.splice(0)) start();
  }

  /** Writes to the device at once, which takes shared memory too, whatever the types of some libraries say. */
  put({ buffer, offset }«: Place», values«: Float32Array | Int32Array | Uint32Array»)«: void» {
    this.device.queue.writeBuffer(buffer, offset, values« as Int32Array<ArrayBuffer>»);
  }

  /** A buffer that goes with the model. */
  own(size«: number», usage«: number»)«: GPUBuffer» {
    const buffer = this.device.createBuffer({ size, usage });
    this.#owned.add(buffer);
    return buffer;
  }

  /** Room for what is added up or exchanged. */
  room(size«: number»)«: Place» {
    const buffer = this.own(size, ${usages.storage | usages.copySource | usages.copyTarget});
    return { buffer, offset: 0, size };
  }

  adopt(buffers«: Record<string, GPUBuffer>»)«: void» {
    for (const buffer of Object.values(buffers)) this.#owned.add(buffer);
  }

  destroy()«: void» {
    this.fail(new Error(\`\${this.#model}: the model was destroyed\`));
    this.device.removeEventListener("uncapturederror", this.#report);
    for (const buffer of this.#owned) buffer.destroy();
    if (this.#ownsDevice) this.device.destroy();
  }

  // ------------------------------------------------------------------------------- in their order

  /** Does \`work\` now, or, where results of so many steps have no room, once they have: in the order of the calls. */
  inOrder«<Result>»(entries«: number», work«: () => Promise<Result>»)«: Promise<Result>» {
    const attempt = async ()«: Promise<Result>» => {
      if (this.failure !== undefined) throw this.failure;
      return work();
    };
    if (this.#waiting.length === 0 && this.ring.room >= entries) return attempt();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, start: () => void attempt().then(resolve, reject) });
    });
  }

  /** Starts what has room by now. */
  admit()«: void» {
    while (this.#waiting.length > 0 && this.ring.room >= this.#waiting[0].entries) {
      this.#waiting.shift()«!».start();
    }
  }

  // ------------------------------------------------------------------------------------ recording

  /** Begins a submission of so many steps. */
  record(steps«: number»)«: Submission» {
    const size = ${sliceBytes} * Math.max(1, steps * this.#needs.dispatches);
    if (this.words.byteLength < size) {
      this.#drop(this.#uniformBuffer);
      const buffer = this.own(size, ${usages.uniform | usages.copyTarget});
      const resource = { buffer, offset: 0, size: ${sliceBytes} };
      const entries = [{ binding: 0, resource }];
      this.words = new Int32Array(size / 4);
      this.#uniformBuffer = buffer;
      this.#uniforms = this.device.createBindGroup({ layout: this.pipelines.uniforms, entries });
    }
    return new Submission(this, this.device.createCommandEncoder(), steps);
  }

  get uniformBuffer()«: GPUBuffer» {
    return this.#uniformBuffer«!»;
  }

  get uniforms()«: GPUBindGroup» {
    return this.#uniforms«!»;
  }

  /** Where inputs of several steps wait for their turns. */
  uploads(steps«: number»)«: GPUBuffer» {
    const size = steps * this.#needs.inputs;
    if (this.#uploads === undefined || this.#uploads.size < size) {
      this.#drop(this.#uploads);
      this.#uploads = this.own(size, ${usages.copySource | usages.copyTarget});
    }
    return this.#uploads;
  }

  groupsOf(procedure«: string»)«: GPUBindGroup[]» {
    const known = this.#groups.get(procedure) ?? [];
    this.#groups.set(procedure, known);
    return known;
  }

  bind({ bindings }«: Shader», places«: Place[]»)«: GPUBindGroup» {
    const entries = places.map(({ buffer, offset, size }, binding) => {
      return { binding, resource: { buffer, offset, size } };
    });
    return this.device.createBindGroup({ layout: this.pipelines.layouts.get(bindings)«!», entries });
  }

  /** What was submitted with it is still done. */
  #drop(buffer«: GPUBuffer | undefined»)«: void» {
    if (buffer === undefined) return;
    this.#owned.delete(buffer);
    buffer.destroy();
  }

  // -------------------------------------------------------------------------------------- reading

  /** Submits, and reads these places as they then are. */
  async read(places«: readonly Place[]», submission«: Submission» = this.record(1))«: Promise<ArrayBuffer[]>» {
    const size = places.reduce((sum, place) => sum + place.size, 0);
    const free = this.#free.findIndex((buffer) => buffer.size >= size);
    const staging = free < 0 ? this.own(Math.max(4, size), ${usages.mapRead | usages.copyTarget}) : this.#free.splice(free, 1)[0];
    let offset = 0;
    for (const from of places) {
      submission.copy(from, { buffer: staging, offset, size: from.size });
      offset += from.size;
    }
    submission.submit();
    const bytes = await this.mapped(staging, size);
    this.#free.push(staging);
    if (this.#free.length > 2) this.#drop(this.#free.shift());
    return slicesOf(bytes, 0, places);
  }

  /** A copy of the first bytes of a staging buffer, once the device is done with it. */
  mapped(staging«: GPUBuffer», size«: number»)«: Promise<ArrayBuffer>» {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      const done = this.#nudge();
      staging.mapAsync(${usages.mapRead}, 0, Math.max(4, size)).then(
        () => {
          done();
          this.#pending.delete(reject);
          resolve(staging.getMappedRange(0, Math.max(4, size)).slice(0));
          staging.unmap();
        },
        (cause«: unknown») => {
          done();
          const problem = new Error(\`\${this.#model}: the GPU can't be read\`, { cause });
          // Why it can't be read, the device says next.
          setTimeout(() => this.fail(problem), 100);
        },
      );
    });
  }

  /** Browsers look now and then whether something can be read, Firefox every 100 ms, but also whenever something is submitted. */
  #nudge()«: () => void» {
    const submitNothing = ()«: void» => {
      if (this.failure === undefined) this.device.queue.submit([]);
    };
    const timer = setInterval(submitNothing, 1);
    return () => clearInterval(timer);
  }
}`;

export const openSession = `/** Compiles the shaders of a model and takes its memory, on the device that was given or a new one. */
async function openSession«<Name extends string>»(model«: string», given«: GPUDevice | undefined», shaders«: Record<string, Shader>», needs«: Needs & { readonly sizes: Record<Name, number> }»)«: Promise<{ readonly gpu: Session; readonly buffers: Record<Name, GPUBuffer> }>» {
  const device = await openDevice(model, given, needs.limits);
  try {
    const compiled = compileShaders(model, device, shaders);
    const allocated = allocateBuffers(model, device, needs.sizes);
    const [pipelines, buffers] = await Promise.all([compiled, allocated]);
    const gpu = new Session(model, device, given === undefined, pipelines, needs);
    gpu.adopt(buffers);
    return { gpu, buffers };
  } catch (problem) {
    if (given === undefined) device.destroy();
    throw problem;
  }
}`;
