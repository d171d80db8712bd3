/** What a module needs to hand work to a device. Types stand between « and ». */
import { usages } from "./host-device.ts";

/** What a dispatch is passed by value stands in a slice of so many bytes: what a dynamic offset may be a multiple of. */
export const sliceBytes = 256;
/** A dispatch has at most 65,535 workgroups in a row; longer rows are folded at this length. */
const longestRow = 32768;

export const bits = `const word = new DataView(new ArrayBuffer(4));

/** The bits of a number as the device has it, for where words are written as integers. */
function bits(value«: number»)«: number» {
  word.setFloat32(0, value);
  return word.getInt32(0);
}`;

export const submissionClass = `«/** Records a dispatch: the shader, what it binds, what it is passed by value, and how many workgroups run. */
type RecordCall = (shader: Shader, places: Place[], words: number[], groups: number) => void;

/** A result that will be read: how its bytes become the value that somebody waits for. */
interface Kept {
  readonly places: readonly Place[];
  settle(values: ArrayBuffer[]): void;
  reject(reason: Error): void;
}

»/** What the device is handed at once: dispatches and copies, in order. */
class Submission {
  «readonly »kept«: Kept[]» = [];
  «readonly »#gpu«: Session»;
  «readonly »#encoder«: GPUCommandEncoder»;
  «readonly »#steps«: number»;
  #pass«: GPUComputePassEncoder | undefined»;
  #pipeline«: GPUComputePipeline | undefined»;
  #slices = 0;
  #uploaded = 0;

  constructor(gpu«: Session», encoder«: GPUCommandEncoder», steps«: number») {
    this.#gpu = gpu;
    this.#encoder = encoder;
    this.#steps = steps;
  }

  /** For the dispatches of a procedure, in their order: what each binds is the same every time, and made once. */
  calls(procedure«: string»)«: RecordCall» {
    const groups = this.#gpu.groupsOf(procedure);
    let next = 0;
    return (shader, places, words, count) => {
      const group = (groups[next] ??= this.#gpu.bind(shader, places));
      next++;
      this.#dispatch(this.#gpu.pipelines.of.get(shader)«!», group, words, count);
    };
  }

  #dispatch(pipeline«: GPUComputePipeline», group«: GPUBindGroup», words«: number[]», count«: number»)«: void» {
    const slice = this.#slices++;
    this.#gpu.words.set(words, slice * ${sliceBytes / 4});
    // Dispatches see what earlier ones of the same pass have stored.
    const pass = (this.#pass ??= this.#encoder.beginComputePass());
    if (pipeline !== this.#pipeline) pass.setPipeline(pipeline);
    this.#pipeline = pipeline;
    pass.setBindGroup(0, group);
    pass.setBindGroup(1, this.#gpu.uniforms, [slice * ${sliceBytes}]);
    const columns = Math.min(count, ${longestRow});
    pass.dispatchWorkgroups(columns, Math.ceil(count / columns));
  }

  /** What was recorded so far comes before the copy. */
  copy(from«: Place», to«: Place»)«: void» {
    this.#endPass();
    this.#encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.size);
  }

  /** Two places of one size change their contents. */
  exchange(a«: Place», b«: Place», spare«: Place»)«: void» {
    const kept = { ...spare, size: a.size };
    this.copy(a, kept);
    this.copy(b, a);
    this.copy(kept, b);
  }

  /** Brings values to the device: at once, or, of several steps, before those dispatches that follow. */
  write(to«: Place», values«: Float32Array | Int32Array | Uint32Array»)«: void» {
    if (this.#steps === 1) return this.#gpu.put(to, values);
    const size = values.byteLength;
    const from = { buffer: this.#gpu.uploads(this.#steps), offset: this.#uploaded, size };
    this.#gpu.put(from, values);
    this.#uploaded += size;
    this.copy(from, to);
  }

  /** Results of a step, which are read together with those of other steps. */
  keep«<Result>»(places«: Place[]», decode«: (values: ArrayBuffer[]) => Result»)«: Promise<Result>» {
    this.#gpu.ring.hold(this, places);
    return new Promise((resolve, reject) => {
      this.kept.push({ places, reject, settle: (values) => resolve(decode(values)) });
    });
  }

  submit()«: void» {
    const fetched = this.#gpu.ring.fetch(this);
    this.#endPass();
    const { queue } = this.#gpu.device;
    const { words } = this.#gpu;
    if (this.#slices > 0) {
      queue.writeBuffer(this.#gpu.uniformBuffer, 0, words, 0, this.#slices * ${sliceBytes / 4});
    }
    queue.submit([this.#encoder.finish()]);
    fetched?.();
  }

  #endPass()«: void» {
    this.#pass?.end();
    this.#pass = undefined;
    this.#pipeline = undefined;
  }
}`;

export const ringClass = `/** The results of the latest steps on the device. They are read for all steps so far, never one by one where steps run ahead. */
class Ring {
  «readonly »#buffer«: GPUBuffer | undefined»;
  «readonly »#staging«: GPUBuffer[]» = [];
  #unread«: Kept[]» = [];
  «readonly »#gpu«: Session»;
  /** The bytes of the results of a step, and how many steps have room. */
  «readonly »#entry«: number»;
  «readonly »#length«: number»;
  #written = 0;
  #room«: number»;

  constructor(gpu«: Session», entry«: number», length«: number») {
    this.#gpu = gpu;
    this.#entry = entry;
    this.#length = length;
    this.#room = length;
    if (entry === 0) return;
    const size = entry * length;
    this.#buffer = gpu.own(size, ${usages.copySource | usages.copyTarget});
    for (let i = 0; i < 3; i++) this.#staging.push(gpu.own(size, ${usages.mapRead | usages.copyTarget}));
  }

  get room()«: number» {
    return this.#room;
  }

  /** Copies results behind what was recorded so far. */
  hold(submission«: Submission», places«: Place[]»)«: void» {
    const place = (this.#written + submission.kept.length) % this.#length;
    let offset = place * this.#entry;
    for (const from of places) {
      submission.copy(from, { buffer: this.#buffer«!», offset, size: from.size });
      offset += from.size;
    }
  }

  /** Copies what is not yet read, if a staging buffer is free; gives what is to be done after the submission. */
  fetch(submission«: Submission»)«: (() => void) | undefined» {
    this.#unread.push(...submission.kept);
    this.#written += submission.kept.length;
    this.#room -= submission.kept.length;
    if (this.#unread.length === 0) return undefined;
    const staging = this.#staging.shift();
    if (staging === undefined) return undefined;
    const fetched = this.#unread;
    this.#unread = [];
    const first = this.#written - fetched.length;
    fetched.forEach((_, n) => {
      const offset = ((first + n) % this.#length) * this.#entry;
      const from = { buffer: this.#buffer«!», offset, size: this.#entry };
      submission.copy(from, { buffer: staging, offset: n * this.#entry, size: this.#entry });
    });
    return () => void this.#deliver(staging, fetched);
  }

  async #deliver(staging«: GPUBuffer», fetched«: Kept[]»)«: Promise<void>» {
    try {
      const bytes = await this.#gpu.mapped(staging, fetched.length * this.#entry);
      fetched.forEach(({ places, settle }, n) => settle(slicesOf(bytes, n * this.#entry, places)));
    } catch (problem) {
      for (const { reject } of fetched) reject(problem« as Error»);
    }
    this.#staging.push(staging);
    this.#room += fetched.length;
    this.#gpu.admit();
    if (this.#unread.length > 0 && this.#gpu.failure === undefined) this.#gpu.record(1).submit();
  }

  fail(reason«: Error»)«: void» {
    for (const { reject } of this.#unread) reject(reason);
    this.#unread = [];
  }
}`;

export const slicesOf = `/** The bytes of places that were copied one behind the other. */
function slicesOf(bytes«: ArrayBuffer», from«: number», places«: readonly Place[]»)«: ArrayBuffer[]» {
  let at = from;
  return places.map(({ size }) => bytes.slice(at, (at += size)));
}`;
