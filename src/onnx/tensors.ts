/**
 * Where the tensors of the model are in the ONNX graph. A tensor that is defined in parts, such as the states of a
 * recurrence, may be in pieces along one axis until somebody wants the whole.
 */
import type { Affine, Tensor } from "../ir/types.ts";

export interface Piece {
  /** Its name in the graph. */
  readonly name: string;
  /** Where it begins along the axis, and how much of it there is. */
  readonly start: number;
  readonly length: number;
}

export interface Pieces {
  readonly axis: number;
  readonly pieces: readonly Piece[];
}

/** How pieces become one: `extent` is what the whole has along the axis, `zeros` makes what is missing. */
export interface Joining {
  readonly extent: number;
  readonly zeros: (length: number) => string;
  readonly join: (names: readonly string[], axis: number) => string;
}

export class Tensors {
  private readonly wholes = new Map<Tensor, string>();
  private readonly parts = new Map<Tensor, Pieces>();

  has(tensor: Tensor): boolean {
    return this.wholes.has(tensor) || this.parts.has(tensor);
  }

  whole(tensor: Tensor): string | undefined {
    return this.wholes.get(tensor);
  }

  pieces(tensor: Tensor): Pieces | undefined {
    return this.parts.get(tensor);
  }

  store(tensor: Tensor, name: string): void {
    this.wholes.set(tensor, name);
    this.parts.delete(tensor);
  }

  /** Adds a piece; false where it does not fit beside the others. */
  add(tensor: Tensor, axis: number, piece: Piece): boolean {
    const { axis: before, pieces } = this.parts.get(tensor) ?? { axis, pieces: [] };
    const overlaps = pieces.some(
      (p) => p.start < piece.start + piece.length && piece.start < p.start + p.length,
    );
    if (before !== axis || overlaps || (this.wholes.has(tensor) && pieces.length === 0)) return false;
    this.parts.set(tensor, { axis, pieces: [...pieces, piece].sort((a, b) => a.start - b.start) });
    this.wholes.delete(tensor);
    return true;
  }

  /** Another name for a piece. */
  rename(tensor: Tensor, name: string, next: string): void {
    const { axis, pieces } = this.parts.get(tensor)!;
    this.parts.set(tensor, { axis, pieces: pieces.map((p) => (p.name === name ? { ...p, name: next } : p)) });
  }

  /** One tensor of the pieces; they stay, for those who read single ones. */
  joined(tensor: Tensor, { extent, zeros, join }: Joining): string {
    const known = this.wholes.get(tensor);
    if (known !== undefined) return known;
    const { axis, pieces } = this.parts.get(tensor)!;
    const names: string[] = [];
    let at = 0;
    for (const { name, start, length } of [...pieces, { name: null, start: extent, length: 0 }]) {
      if (start > at) names.push(zeros(start - at));
      if (name !== null) names.push(name);
      at = start + length;
    }
    const whole = names.length === 1 ? names[0]! : join(names, axis);
    this.wholes.set(tensor, whole);
    return whole;
  }
}

/** The number that a subscript is, or undefined. */
export const constantOf = (form: Affine): number | undefined =>
  form.terms.length === 0 ? form.constant : undefined;
