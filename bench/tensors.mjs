/** How the files of a workload are read; in a page, too. */

export const size = (shape) => shape.reduce((a, b) => a * b, 1);

const types = { int32: Int32Array, float32: Float32Array };

/** The optimizer, and parameters and inputs as lists of name, shape and values. */
export function tensorsOf({ optimizer, tensors }, bytes) {
  const read = tensors.map(({ role, name, shape, type, offset }) => ({
    role,
    name,
    shape,
    values: new types[type](bytes.buffer, bytes.byteOffset + offset, size(shape)).slice(),
  }));
  return {
    optimizer,
    parameters: read.filter((t) => t.role === "parameter"),
    inputs: read.filter((t) => t.role === "input"),
  };
}
