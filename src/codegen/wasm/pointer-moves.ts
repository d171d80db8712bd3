/** The instructions of a pointer: where it starts before a loop, and how it moves at the end of a turn. */
import type { Builder } from "../../ir/builder.ts";
import type { Loop } from "../../ir/kernel.ts";
import { substituteAffine } from "../../ir/rewrite.ts";
import { sizeOfElement } from "./addresses.ts";
import type { IntegerScope } from "./integers.ts";
import { printAffine, printPlace } from "./integers.ts";
import type { Pointer } from "./pointers.ts";
import type { Wat } from "./text.ts";
import { get, i32, plus, set, times } from "./text.ts";

export class PointerMoves {
  constructor(
    private readonly pointer: Pointer,
    private readonly loop: Loop,
    /** The local with the address of the tensor. */
    private readonly base: string,
    private readonly builder: Builder,
    private readonly integers: IntegerScope,
  ) {}

  /** What stands before the loop; what stands at the end of a turn is added to `steps`. */
  print(fresh: (name: string) => string, steps: Wat[]): Wat[] {
    const { pointer, loop, base, builder } = this;
    const { tensor, slope } = pointer;
    pointer.name = fresh(`${base}_at`);
    const first = new Map([[loop.index, loop.from]]);
    const subscripts = pointer.subscripts.map((e) => substituteAffine(builder, e, first));
    const { address, offset } = printPlace(tensor, base, subscripts, this.integers);
    const start = set(pointer.name, plus(address, offset));
    const unit = (loop.step ?? 1) * sizeOfElement(tensor);
    if (slope.number !== undefined) {
      if (slope.number !== 0) steps.push(set(pointer.name, plus(get(pointer.name), slope.number * unit)));
      return [start];
    }
    // How far it moves is known at run time only, but before the loop.
    const step = fresh(`${base}_step`);
    steps.push(set(pointer.name, ["i32.add", get(pointer.name), get(step)]));
    return [start, set(step, times(this.slope(), unit))];
  }

  private slope(): Wat {
    const products = this.pointer.slope.list.map(({ factor, atoms }) => {
      const [first, ...rest] = atoms.map((a) => printAffine(this.builder.of(a), this.integers));
      const product = rest.reduce<Wat>((p, a) => ["i32.mul", p, a], first ?? i32(1));
      return factor === 1 ? product : ["i32.mul", product, i32(factor)];
    });
    return products.reduce((sum, p) => ["i32.add", sum, p]);
  }
}
