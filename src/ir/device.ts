/** What every device has that WebGPU runs on: kernels, memory and bindings are made for it. */

/** Storage buffers that a dispatch may bind (WebGPU, `maxStorageBuffersPerShaderStage`). */
export const mostBindings = 8;

/** Bindings begin on multiples of so many elements of 4 bytes (WebGPU, `minStorageBufferOffsetAlignment`: 256 bytes). */
export const bindingAlignment = 64;
