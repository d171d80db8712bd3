/** What is a vector where an invocation computes four cells at once, and where vectors stand in buffers. */
import type { Kernel, Loop } from "../../ir/kernel.ts";
import { expressionsIn, statementsIn } from "../../ir/kernel-walk.ts";
import { Lanes } from "../../ir/lanes.ts";
import { precedence } from "../../ir/atoms.ts";
import { readsOf } from "../../ir/rewrite.ts";
import { inVectors, summands, vectorLength } from "../../ir/summands.ts";
import type { Affine, Expr, IntegerAtom, ScalarType, Tensor } from "../../ir/types.ts";
import { printAddress } from "../addresses.ts";
import type { AtomPrinter, Code } from "../integers.ts";
import { sumOf } from "../integers.ts";
import type { Binding } from "./program.ts";

export class Vectors {
  readonly lanes: Lanes;
  /** The bindings that are arrays of vectors: those that hold what is read or stored four values at a time. */
  readonly bindings: ReadonlySet<number>;
  private readonly bound: ReadonlySet<Tensor>;

  /** `loop`: that of which an invocation takes four neighbouring turns. */
  constructor(loop: Loop, { body, buffers }: Kernel, bindings: readonly Binding[]) {
    this.lanes = new Lanes(loop.index, loop.body);
    const stores = [...statementsIn(body)].filter((s) => s.kind === "store");
    const places = [...stores, ...readsOf(...expressionsIn(body))];
    const found = new Set(places.filter((p) => this.lies(p.tensor, p.subscripts)).map((p) => p.tensor));
    const tensorsOf = ({ buffers: own }: Binding): Tensor[] => own.map((n) => buffers[n]!.tensor);
    const held = bindings.map(tensorsOf);
    this.bindings = new Set(held.flatMap((own, n) => (own.some((t) => found.has(t)) ? [n] : [])));
    this.bound = new Set([...this.bindings].flatMap((n) => held[n]!));
  }

  /** Whether it is another value in each of the cells. */
  isVector(e: Expr | IntegerAtom): boolean {
    switch (e.kind) {
      case "index":
      case "dim":
      case "floor":
      case "modulo":
      case "opaque":
        return this.lanes.variesAtom(e);
      default:
        return this.lanes.varies(e);
    }
  }

  /** Whether it is four values, one for each cell, that are read or stored there. */
  lies(tensor: Tensor, subscripts: readonly Affine[]): boolean {
    return tensor.shape.length > 0 && subscripts.some((e) => this.lanes.varies(e));
  }

  /** Whether it is in an array of vectors. */
  isBound(tensor: Tensor): boolean {
    return this.bound.has(tensor);
  }

  /** Which vector it is; `start`: where the tensor begins, in values, a multiple of four. */
  address(
    tensor: Tensor,
    subscripts: readonly Affine[],
    start: string | undefined,
    printer: AtomPrinter,
  ): string {
    const quarters = inVectors(summands(tensor, subscripts), this.lanes.index);
    if (!quarters) throw new Error(`what is read of \`${tensor.name}\` at once does not lie side by side`);
    const first =
      start === undefined ? undefined : { text: `${start} / ${vectorLength}`, precedence: precedence.mul };
    return beginningAt(first, printAddress(quarters, printer));
  }
}

/** The four positions that a vector of this number has. */
export const positionsIn = (number: string): Code => ({
  text: `${vectorLength} * ${number} + vec4i(0, 1, 2, 3)`,
  precedence: precedence.add,
});

export const vectorTypes: Readonly<Record<ScalarType, string>> = {
  f32: "vec4f",
  i32: "vec4i",
  bool: "vec4<bool>",
};

/** An address from where its tensor begins. */
export function beginningAt(start: Code | undefined, address: Code): string {
  if (start === undefined) return address.text;
  if (address.text === "0") return start.text;
  return sumOf([
    ["+", start],
    ["+", address],
  ]).text;
}
