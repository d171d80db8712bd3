/**
 * Addresses that a loop moves along: where what a body reads and stores lies at a fixed distance from turn to turn, a
 * local holds the address and is increased, and neighbours are reached by the offset of the instruction.
 */
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Local, Tensor } from "../../ir/types.ts";
import { positionOf, sizeOfElement } from "./addresses.ts";
import type { Polynomial } from "./addresses.ts";
import type { Place } from "./integers.ts";
import { get } from "./text.ts";

/** The accesses of one tensor that are a fixed distance apart, whatever the turn. */
export interface Pointer {
  readonly tensor: Tensor;
  /** The one that comes first in memory. */
  subscripts: readonly Affine[];
  first: number;
  last: number;
  /** How many elements are between one turn and the next one but for the step. */
  readonly slope: Polynomial;
  readonly rest: Polynomial;
  name: string;
}

export class Pointers {
  private readonly found = new Map<string, Pointer>();

  /** `indices` and `locals` have values before the loop. */
  constructor(
    readonly loop: Loop,
    indices: ReadonlySet<Index>,
    locals: ReadonlySet<Local>,
    isPassed: (tensor: Tensor) => boolean,
  ) {
    for (const [tensor, subscripts] of accesses(loop.body)) {
      if (!isPassed(tensor)) continue;
      const access = this.split(tensor, subscripts);
      if (!access || !access.rest.isKnown(indices, locals)) continue;
      // The address of the tensor itself needs no other local.
      if (access.slope.number === 0 && access.rest.number === 0) continue;
      const known = this.found.get(access.key);
      const { slope, rest, constant } = access;
      if (!known) {
        const first = { first: constant, last: constant, name: "" };
        this.found.set(access.key, { tensor, subscripts, slope, rest, ...first });
        continue;
      }
      known.last = Math.max(known.last, constant);
      if (constant >= known.first) continue;
      known.first = constant;
      known.subscripts = subscripts;
    }
  }

  get all(): readonly Pointer[] {
    return [...this.found.values()];
  }

  place(tensor: Tensor, subscripts: readonly Affine[]): Place | undefined {
    const access = this.split(tensor, subscripts);
    const pointer = access && this.found.get(access.key);
    if (!pointer) return undefined;
    const distance = access.constant - pointer.first;
    return { address: get(pointer.name), offset: distance * sizeOfElement(tensor) };
  }

  private split(
    tensor: Tensor,
    subscripts: readonly Affine[],
  ): { key: string; slope: Polynomial; rest: Polynomial; constant: number } | undefined {
    const position = positionOf(tensor, subscripts);
    const constant = position.constant;
    const parts = position.withoutConstant().split(this.loop.index);
    if (!parts) return undefined;
    const { slope, rest } = parts;
    // Where nothing is known about what an offset is added to, there is none: the address itself is kept.
    const apart = Number.isFinite(position.lowerBound()) ? "" : `@${constant}`;
    return { key: `${tensor.id}|${slope.key}|${rest.key}${apart}`, slope, rest, constant };
  }
}

/** How many bytes before the tensor an address may lie that offsets are added to. */
export function reachBefore({ tensor, subscripts, first, last }: Pointer): number {
  if (first === last) return 0;
  return Math.max(0, -positionOf(tensor, subscripts).lowerBound()) * sizeOfElement(tensor);
}

/** What stands in a body, nested loops left out. */
function* accesses(block: readonly KernelStatement[]): Generator<readonly [Tensor, readonly Affine[]]> {
  const reads = (...es: readonly Expr[]): (readonly [Tensor, readonly Affine[]])[] =>
    readsOf(...es).map((r) => [r.tensor, r.subscripts]);
  for (const s of block) {
    switch (s.kind) {
      case "loop":
        yield* reads(s.from, s.to);
        break;
      case "let":
      case "variable":
      case "assign":
        yield* reads(s.value);
        break;
      case "if":
        yield* reads(s.condition);
        yield* accesses(s.body);
        yield* accesses(s.otherwise);
        break;
      case "store":
        yield* reads(s.value, ...s.subscripts);
        yield [s.tensor, s.subscripts];
    }
  }
}
