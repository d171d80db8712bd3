/** An expression of WGSL, for every element of some arrays at once. */
type Numbers = Float32Array | Int32Array;

/** `expression` of `i`, and of `a[i]`, `b[i]` … for the arrays given. */
export async function evaluated(
  gpu: GPUDevice,
  functions: string,
  expression: string,
  arrays: readonly Numbers[],
  length: number,
): Promise<Float32Array> {
  const names = ["a", "b", "c", "d"];
  const type = (x: Numbers): string => (x instanceof Float32Array ? "f32" : "i32");
  const code = `${arrays
    .map((x, n) => `@group(0) @binding(${n + 1}) var<storage, read> ${names[n]}: array<${type(x)}>;`)
    .join("\n")}
@group(0) @binding(0) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i < ${length}) { result[i] = ${expression}; }
}
${functions}`;
  const module = gpu.createShaderModule({ code });
  const mistakes = (await module.getCompilationInfo()).messages.filter((m) => m.type === "error");
  if (mistakes.length > 0) throw new Error(`${mistakes.map((m) => m.message).join("\n")}\n${code}`);
  const pipeline = await gpu.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const size = 4 * length;
  const result = gpu.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const given = arrays.map((x) => {
    const usage = GPUBufferUsage.STORAGE;
    const buffer = gpu.createBuffer({ size: x.byteLength, usage, mappedAtCreation: true });
    new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(x.buffer));
    buffer.unmap();
    return buffer;
  });
  const copy = gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [result, ...given].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(length / 64));
  pass.end();
  encoder.copyBufferToBuffer(result, 0, copy, 0, size);
  gpu.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(copy.getMappedRange().slice(0));
  for (const buffer of [result, copy, ...given]) buffer.destroy();
  return values;
}
