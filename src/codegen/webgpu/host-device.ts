/** What a module needs to get a device, its memory and its pipelines. Types stand between « and ». */

/** Usage flags of buffers by their numbers: `GPUBufferUsage` is no value that every platform has as a global. */
export const usages = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;

export const placeType = `«/** A stretch of a buffer of the device, in bytes. */
interface Place {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}»`;

export const shaderType = `«/** A compute shader, and what its bindings are: "w" is written, "r" is only read. */
interface Shader {
  readonly bindings: string;
  readonly code: string;
}»`;

export const checkLimits = `/** Whether a device can hold a model is known before anything is allocated. */
function checkLimits(model«: string», owner«: string», limits«: object», needed«: Record<string, number>»)«: void» {
  for (const [name, least] of Object.entries(needed)) {
    const given«: unknown» = Reflect.get(limits, name);
    if (typeof given === "number" && given >= least) continue;
    throw new RangeError(\`\${model}: it needs \${name} \${least}, but the \${owner} has \${String(given)}\`);
  }
}`;

export const openDevice = `/** The device that was given, or a new one that has the limits that a model needs. */
async function openDevice(model«: string», given«: GPUDevice | undefined», needed«: Record<string, number>»)«: Promise<GPUDevice>» {
  if (given !== undefined) {
    checkLimits(model, "device", given.limits, needed);
    return given;
  }
  const scope = globalThis« as { readonly navigator?: { readonly gpu?: GPU } }»;
  const gpu = scope.navigator?.gpu;
  if (gpu === undefined) {
    throw new Error(\`\${model}: there is no WebGPU here (\\\`navigator.gpu\\\` is missing): give a \\\`device\\\`\`);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error(\`\${model}: WebGPU finds no adapter, so there is no GPU to use\`);
  checkLimits(model, "adapter", adapter.limits, needed);
  // A limit below the default asks for nothing.
  return adapter.requestDevice({ label: model, requiredLimits: needed });
}`;

export const allocateBuffers = `/** Takes the memory of a model: a buffer of so many bytes for each name. The device fills it with zeros. */
async function allocateBuffers«<Name extends string>»(model«: string», device«: GPUDevice», sizes«: Record<Name, number>»)«: Promise<Record<Name, GPUBuffer>>» {
  const made«: Record<string, GPUBuffer>» = {};
  const problems = Object.entries«<number>»(sizes).map(async ([label, size]) => {
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    made[label] = device.createBuffer({ label, size, usage: ${usages.storage | usages.copySource | usages.copyTarget} });
    const found = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
    const message = found.find((error) => error !== null)?.message;
    if (message !== undefined) throw new Error(\`\${model}: no room for "\${label}" (\${size} bytes): \${message}\`);
  });
  try {
    await Promise.all(problems);
  } catch (problem) {
    for (const buffer of Object.values(made)) buffer.destroy();
    throw problem;
  }
  return made« as Record<Name, GPUBuffer>»;
}`;

export const compileShaders = `«/** What runs the shaders of a model. */
interface Pipelines {
  readonly of: ReadonlyMap<Shader, GPUComputePipeline>;
  /** By the bindings of a shader: shaders with equal ones share a layout. */
  readonly layouts: ReadonlyMap<string, GPUBindGroupLayout>;
  readonly uniforms: GPUBindGroupLayout;
}

»/** Compiles all shaders at once; equal ones are compiled once. */
async function compileShaders(model«: string», device«: GPUDevice», shaders«: Record<string, Shader>»)«: Promise<Pipelines>» {
  const visibility = 4;
  const uniforms = device.createBindGroupLayout({
    entries: [{ binding: 0, visibility, buffer: { type: "uniform", hasDynamicOffset: true } }],
  });
  const layouts = new Map«<string, GPUBindGroupLayout>»();
  for (const { bindings } of Object.values(shaders)) {
    if (layouts.has(bindings)) continue;
    const entries = [...bindings].map((access, binding)«: GPUBindGroupLayoutEntry» => {
      return { binding, visibility, buffer: { type: access === "w" ? "storage" : "read-only-storage" } };
    });
    layouts.set(bindings, device.createBindGroupLayout({ entries }));
  }
  const compile = async (label«: string», shader«: Shader»)«: Promise<GPUComputePipeline>» => {
    const { bindings, code } = shader;
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label, code });
    const problem = device.popErrorScope();
    const groups = [layouts.get(bindings)«!», uniforms];
    const layout = device.createPipelineLayout({ bindGroupLayouts: groups });
    const compute = { module, entryPoint: "main" };
    const made = device.createComputePipelineAsync({ label, layout, compute });
    const [mistake, outcome] = await Promise.all([problem, Promise.allSettled([made])]);
    if (outcome[0].status === "fulfilled") return outcome[0].value;
    const message = mistake?.message ?? String(outcome[0].reason);
    throw new Error(\`\${model}: the shader "\${label}" does not compile: \${message}\`);
  };
  const compiled = new Map«<string, Promise<GPUComputePipeline>>»();
  const pipelines = new Map«<Shader, GPUComputePipeline>»();
  const finish = async ([label, shader]«: [string, Shader]»)«: Promise<void>» => {
    const key = \`\${shader.bindings} \${shader.code}\`;
    const pipeline = compiled.get(key) ?? compile(label, shader);
    compiled.set(key, pipeline);
    pipelines.set(shader, await pipeline);
  };
  await Promise.all(Object.entries(shaders).map(finish));
  return { of: pipelines, layouts, uniforms };
}`;
