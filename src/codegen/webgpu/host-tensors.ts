/** Tensors on the device as a program sees them. Types stand between « and ». */

export const deviceTensorType = `«/** A tensor on the device. */
export interface DeviceTensor<Values> {
  /** Its extents; values are in row-major order. */
  readonly shape: readonly number[];
  /** The stretch of the device's memory that is its own, in bytes: it may be longer than its values. */
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
  /** Its values as the calls before leave them. */
  read(): Promise<Values>;
  /** Replaces its values, for the calls that follow. */
  write(values: ArrayLike<number>): Promise<void>;
}»`;

export const codecType = `«/** How values of one type stand on the device, in words of 4 bytes. */
interface Codec<Values> {
  decode(bytes: ArrayBuffer): Values;
  encode(values: ArrayLike<number>): Float32Array | Int32Array | Uint32Array;
}»`;

export const floats = `const floats«: Codec<Float32Array>» = {
  decode: (bytes) => new Float32Array(bytes),
  encode: (values) => Float32Array.from(values),
};`;

export const integers = `const integers«: Codec<Int32Array>» = {
  decode: (bytes) => new Int32Array(bytes),
  encode: (values) => Int32Array.from(values),
};`;

export const flags = `const flags«: Codec<Uint8Array>» = {
  decode: (bytes) => Uint8Array.from(new Uint32Array(bytes)),
  encode: (values) => Uint32Array.from(values),
};`;

export const deviceTensor = `/** A tensor in a buffer: where it begins there and how much room it has, in bytes. */
function deviceTensor«<Values>»(gpu«: Session», codec«: Codec<Values>», buffer«: GPUBuffer», offset«: number», size«: number», shape«: readonly number[]»)«: DeviceTensor<Values>» {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const values = { buffer, offset, size: 4 * count };
  return {
    shape,
    buffer,
    offset,
    size,
    read: () => gpu.inOrder(0, async () => codec.decode((await gpu.read([values]))[0])),
    write: (given) =>
      gpu.inOrder(0, async () => {
        if (given.length !== count) {
          throw new RangeError(\`\${buffer.label}: \${given.length} values do not fill the shape [\${shape.join(", ")}]\`);
        }
        gpu.put(values, codec.encode(given));
      }),
  };
}`;

export const wholeBuffer = `/** All of a buffer. */
function whole(buffer«: GPUBuffer»)«: Place» {
  return { buffer, offset: 0, size: buffer.size };
}`;

export const partOfBuffer = `/** A part of a buffer, in bytes. */
function part(buffer«: GPUBuffer», offset«: number», size«: number»)«: Place» {
  return { buffer, offset, size };
}`;

export const firstOf = `/** The first values of a place. */
function first(count«: number», { buffer, offset }«: Place»)«: Place» {
  return { buffer, offset, size: 4 * count };
}`;

export const words = `/** The words that the device has for values of a file, which keeps truth values as bytes. */
function wordsOf(values«: Float32Array | Int32Array | Uint8Array»)«: Float32Array | Int32Array | Uint32Array» {
  return values instanceof Uint8Array ? Uint32Array.from(values) : values;
}

/** Words of the device, as values of the type that an array of a file has. */
function wordsLike(values«: Float32Array | Int32Array | Uint8Array», bytes«: ArrayBuffer»)«: ArrayLike<number>» {
  if (values instanceof Float32Array) return new Float32Array(bytes);
  return values instanceof Int32Array ? new Int32Array(bytes) : new Uint32Array(bytes);
}`;
