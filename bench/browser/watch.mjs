/**
 * Runs in a frame before anything else: counts what is given to the GPU there. With `#watch` in the address it also finds
 * how long shaders and pipelines are in the making, which costs a little itself.
 */
const counts = { dispatches: 0, passes: 0, submits: 0, pipelines: 0, modules: 0 };
/** From when to when something was compiled. */
const making = [];
const pending = new Set();

function wrap(type, method, before) {
  const original = type.prototype[method];
  type.prototype[method] = function (...args) {
    return before.call(this, () => original.apply(this, args));
  };
}

function counted(type, method, name) {
  wrap(type, method, (call) => {
    counts[name]++;
    return call();
  });
}

/** A promise that is kept when the GPU process has made what `make` asks for: it answers an error scope in turn. */
function made(device, make) {
  device.pushErrorScope("validation");
  const result = make();
  const answered = device.popErrorScope().then((error) => {
    if (error) throw new Error(error.message);
  });
  return { result, answered };
}

function noteWhen(promise) {
  const from = performance.now();
  const noted = promise.finally(() => {
    making.push([from, performance.now()]);
    pending.delete(noted);
  });
  pending.add(noted);
}

function timed(method, name) {
  wrap(GPUDevice, method, function (call) {
    counts[name]++;
    const { result, answered } = made(this, call);
    noteWhen(answered);
    return result;
  });
}

function watchMaking() {
  timed("createShaderModule", "modules");
  timed("createComputePipeline", "pipelines");
  wrap(GPUDevice, "createComputePipelineAsync", (call) => {
    counts.pipelines++;
    const promise = call();
    noteWhen(promise);
    return promise;
  });
}

/** How long any of the intervals lasted. */
function covered(intervals) {
  let [sum, end] = [0, 0];
  for (const [from, to] of intervals.toSorted((a, b) => a[0] - b[0])) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}

counted(GPUComputePassEncoder, "dispatchWorkgroups", "dispatches");
counted(GPUComputePassEncoder, "dispatchWorkgroupsIndirect", "dispatches");
counted(GPUCommandEncoder, "beginComputePass", "passes");
counted(GPUQueue, "submit", "submits");
if (location.hash === "#watch") watchMaking();

globalThis.watched = {
  counts,
  /** Milliseconds in which shaders and pipelines were made, so far. */
  async compiling() {
    await Promise.all(pending);
    return covered(making);
  },
};
