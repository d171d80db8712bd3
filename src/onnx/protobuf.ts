/** Writes Protocol Buffers: https://protobuf.dev/programming-guides/encoding */

/** One message in the making: fields one after the other, in the order of the calls. */
export class Message {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** A number that is no float. */
  integer(field: number, value: number): this {
    this.push(varint(field * 8));
    this.push(varint(value));
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.push(varint(field * 8 + 2));
    this.push(varint(value.length));
    this.push(value);
    return this;
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  messages<T>(field: number, values: Iterable<T>, write: (value: T) => Message): this {
    for (const value of values) this.message(field, write(value));
    return this;
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  private push(part: Uint8Array): void {
    this.parts.push(part);
    this.length += part.length;
  }
}

/** Seven bits a byte, the lowest first; a negative number as 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
