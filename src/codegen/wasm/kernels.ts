/** Prints a kernel as a function of WebAssembly: addresses of its buffers, scalars and counts are its parameters. */
import { Lanes } from "../../ir/lanes.ts";
import type { Builder } from "../../ir/builder.ts";
import { Prover } from "../../ir/intervals.ts";
import { rangeOf } from "../../ir/affine.ts";
import type { Assign, Divided, Kernel, KernelStatement, Loop, Store } from "../../ir/kernel.ts";
import type { Affine, Dim, Expr, Index, Local, Read, Tensor } from "../../ir/types.ts";
import type { Names } from "../names.ts";
import type { Fold } from "./folds.ts";
import { folded, foldsOf, startOf } from "./folds.ts";
import type { Scope, WatType } from "./expressions.ts";
import { Expressions, typeOf } from "./expressions.ts";
import { mayStandInPlace } from "./inlining.ts";
import type { IntegerScope, Place } from "./integers.ts";
import { offsetOf, printPlace } from "./integers.ts";
import { isKnown } from "./known.ts";
import { Parameters } from "./parameters.ts";
import { PointerMoves } from "./pointer-moves.ts";
import { Pointers, reachBefore } from "./pointers.ts";
import { readsAgain } from "./reads.ts";
import { printShares } from "./shares.ts";
import { spreadLocals } from "./spreads.ts";
import type { Wat } from "./text.ts";
import { get, plus, set, watNames } from "./text.ts";

export interface PrintedKernel {
  readonly function: Wat;
  /** How many bytes before a tensor an address may lie: so much of the memory stays empty at its beginning. */
  readonly reach: number;
}

export function printKernel(
  kernel: Kernel,
  name: string,
  builder: Builder,
  helper: (name: string) => void,
  divided?: Divided,
): PrintedKernel {
  return new KernelFunction(divided?.kernel ?? kernel, builder, helper).print(name, divided);
}

class KernelFunction implements Scope {
  lanes: Lanes | null = null;
  functionsInPlace = false;
  again: ReadonlySet<Read> = new Set();
  private readonly names: Names = watNames();
  private readonly things = new Map<Dim | Index | Local, string>();
  private readonly parameters: Parameters;
  private readonly buffers: ReadonlyMap<Tensor, string>;
  private readonly scalars: ReadonlyMap<Tensor, string>;
  private readonly locals: Wat[] = [];
  private readonly prover: Prover;
  private pointers: Pointers | null = null;
  private expressions = new Expressions(this);
  /** What has a value here, and keeps it. */
  private readonly indices = new Set<Index>();
  private readonly lets = new Set<Local>();
  /** What is known before the loop in lanes: its values for all lanes, as they are needed. */
  private spreads: { known: { indices: ReadonlySet<Index>; lets: ReadonlySet<Local> }; code: Wat[] } | null =
    null;
  private spreadLocals: ReadonlySet<Local> = new Set();
  private readonly spreadNames = new Map<Expr, string>();
  private reach = 0;

  constructor(
    private readonly kernel: Kernel,
    readonly builder: Builder,
    readonly helper: (name: string) => void,
  ) {
    this.prover = new Prover(builder, []);
    this.parameters = new Parameters(kernel, this.names);
    const { buffers, scalars, dims } = this.parameters;
    this.buffers = buffers;
    this.scalars = scalars;
    for (const [dim, local] of dims) this.things.set(dim, local);
  }

  print(name: string, divided?: Divided): PrintedKernel {
    const { parameters } = this;
    const start = [...parameters.start(), ...(divided ? printShares(divided, this, this.things) : [])];
    const body = this.block(this.kernel.body);
    const code: Wat = ["func", name, ...parameters.print(), ...this.locals, ...start, ...body];
    return { function: code, reach: this.reach };
  }

  // --------------------------------------------------------------------------------------------------- what stands where

  name(thing: Index | Dim | Local): string {
    const name = this.things.get(thing);
    if (name === undefined)
      throw new Error(`\`${thing.name}\` has no value in kernel \`${this.kernel.name}\``);
    return name;
  }

  scalar(tensor: Tensor): string | undefined {
    return this.scalars.get(tensor);
  }

  place(tensor: Tensor, subscripts: readonly Affine[], integers: IntegerScope): Place {
    const base = this.buffers.get(tensor);
    if (base === undefined)
      throw new Error(`\`${tensor.name}\` is not passed to kernel \`${this.kernel.name}\``);
    return this.pointers?.place(tensor, subscripts) ?? printPlace(tensor, base, subscripts, integers);
  }

  fresh(name: string, type: WatType): string {
    const local = this.names.fresh(name);
    this.locals.push(["local", local, type]);
    return local;
  }

  isInRange({ tensor, subscripts }: Read): boolean {
    if (this.scalars.has(tensor)) return true;
    const { builder: b, prover } = this;
    return subscripts.every(
      (s, d) =>
        prover.prove(b.nonnegative(s)) &&
        prover.prove(b.nonnegative(b.plus(b.minus(tensor.shape[d]!, s), -1))),
    );
  }

  spread(e: Expr, value: () => Wat): string | undefined {
    if (!this.spreads) return undefined;
    const made = this.spreadNames.get(e);
    if (made !== undefined) return made;
    if (!isKnown(e, this.spreads.known, (t) => this.scalars.has(t))) return undefined;
    const code = value();
    const name = this.fresh(e.kind === "local" ? `${e.name}_4` : "four", "v128");
    this.spreads.code.push(set(name, code));
    this.spreadNames.set(e, name);
    return name;
  }

  // ---------------------------------------------------------------------------------------------------------- statements

  private block(list: readonly KernelStatement[]): Wat[] {
    const outside = this.again;
    const code: Wat[] = [];
    list.forEach((s, n) => {
      const before = list[n - 1];
      // Behind a store or a loop, what was read before may be something else.
      if (before === undefined || isControl(before) || isControl(s) || before.kind === "store") {
        this.again = readsAgain(list.slice(n));
        this.expressions = new Expressions(this);
      }
      code.push(...this.statement(s));
    });
    this.again = outside;
    this.expressions = new Expressions(this);
    return code;
  }

  private statement(s: KernelStatement): Wat[] {
    switch (s.kind) {
      case "loop":
        return this.loop(s);
      case "let":
      case "variable": {
        const isSpread = this.spreadLocals.has(s.local);
        const isVector = isSpread || this.lanes?.vectors.has(s.local) === true;
        const value = isVector ? this.expressions.four(s.value) : this.expressions.one(s.value);
        const name = this.fresh(s.local.name, isVector ? "v128" : typeOf(s.local.type));
        this.things.set(s.local, name);
        if (isSpread) this.spreadNames.set(s.local, name);
        if (s.kind === "let") this.lets.add(s.local);
        return [set(name, value)];
      }
      case "assign":
        return [this.assign(s)];
      case "if": {
        const condition = this.expressions.one(s.condition);
        const then: Wat = ["then", ...this.block(s.body)];
        if (s.otherwise.length === 0) return [["if", condition, then]];
        return [["if", condition, then, ["else", ...this.block(s.otherwise)]]];
      }
      case "store":
        return [this.store(s)];
    }
  }

  private assign(s: Assign): Wat {
    const name = this.name(s.local);
    const isVector = this.lanes?.vectors.has(s.local) === true;
    const value = isVector ? this.expressions.four(s.value) : this.expressions.one(s.value);
    if (s.reducer === null) return set(name, value);
    const shape = typeOf(s.local.type) + (isVector ? "x4" : "");
    // A product that is added to a vector stands before it: so the host finds what it may fuse.
    if (s.reducer === "sum" && isVector) return set(name, [`${shape}.add`, value, get(name)]);
    return set(name, [`${shape}.${s.reducer === "sum" ? "add" : "mul"}`, get(name), value]);
  }

  private store(s: Store): Wat {
    const { tensor, subscripts } = s;
    const { expressions } = this;
    const varies = subscripts.some((e) => expressions.varies(e));
    if (varies) expressions.requireNeighbours(tensor, subscripts);
    else if (expressions.varies(s.value))
      throw new Error(`lanes are stored in one place of \`${tensor.name}\``);
    // In the order in which they are evaluated.
    const place = expressions.place(tensor, subscripts);
    const value = varies ? expressions.four(s.value) : expressions.one(s.value);
    const at = [...offsetOf(place), place.address];
    const [prefix, load, store] = varies
      ? [`${typeOf(tensor.type)}x4`, "v128.load", "v128.store"]
      : tensor.type === "f32"
        ? ["f32", "f32.load", "f32.store"]
        : tensor.type === "i32"
          ? ["i32", "i32.load", "i32.store"]
          : ["i32", "i32.load8_u", "i32.store8"];
    return [store, ...at, s.accumulate ? [`${prefix}.add`, [load, ...at], value] : value];
  }

  // --------------------------------------------------------------------------------------------------------------- loops

  private loop(s: Loop): Wat[] {
    const from = this.expressions.one(s.from);
    const to = this.expressions.one(s.to);
    const index = this.fresh(s.index.name, "i32");
    const label = this.names.fresh(`${index}_loop`);
    this.things.set(s.index, index);
    const isCheap = to[0] === "i32.const" || to[0] === "local.get";
    const end = isCheap ? to : get(this.fresh(`${index}_end`, "i32"));

    const outer = { pointers: this.pointers, spreads: this.spreads };
    const known = { indices: new Set(this.indices), lets: new Set(this.lets) };
    const pointers = new Pointers(s, known.indices, known.lets, (t) => this.buffers.has(t));
    const steps: Wat[] = [];
    const start = pointers.all.flatMap((p) => {
      const moves = new PointerMoves(p, s, this.buffers.get(p.tensor)!, this.builder, this.expressions);
      this.reach = Math.max(this.reach, reachBefore(p));
      return moves.print((name) => this.fresh(name, "i32"), steps);
    });
    const folds = s.lanes && s.role === "reduce" ? this.enterFolds(s) : [];
    const enters = s.lanes !== undefined;
    if (enters) {
      this.lanes = new Lanes(
        s.index,
        s.body,
        folds.map((fold) => fold.local),
      );
      this.spreadLocals = spreadLocals(s.body, this.lanes);
      this.spreads = { known, code: [] };
      this.functionsInPlace = mayStandInPlace(s.body);
    }
    this.pointers = pointers;
    this.indices.add(s.index);
    const body = this.block(s.body);
    this.indices.delete(s.index);
    const spreads = enters ? this.spreads!.code : [];
    if (enters) {
      this.lanes = null;
      this.functionsInPlace = false;
      this.spreadLocals = new Set();
      this.spreadNames.clear();
    }
    Object.assign(this, outer);
    for (const local of this.lets) if (!known.lets.has(local)) this.lets.delete(local);

    const next: Wat = ["local.tee", index, plus(get(index), s.step ?? 1)];
    const repeat: Wat = ["br_if", label, ["i32.lt_s", next, end]];
    const turns: Wat[] = [...start, ...spreads, ["loop", label, ...body, ...steps, repeat]];
    return [
      set(index, from),
      ...(isCheap ? [] : [set(end[1] as string, to)]),
      ...folds.map((fold) => set(fold.four, startOf(fold))),
      ...(this.hasTurns(s) ? turns : [["if", ["i32.lt_s", get(index), end], ["then", ...turns]]]),
      ...folds.map((fold) => this.leaveFold(fold)),
    ];
  }

  private hasTurns(s: Loop): boolean {
    return rangeOf(this.builder.minus(s.to, s.from)).low >= 1;
  }

  /** What a reduction in lanes folds into: a vector of each in the loop. */
  private enterFolds(s: Loop): OpenFold[] {
    return foldsOf(s).map((fold) => {
      const one = this.name(fold.local);
      const four = this.fresh(`${fold.local.name}_4`, "v128");
      this.things.set(fold.local, four);
      return { ...fold, one, four };
    });
  }

  private leaveFold(fold: OpenFold): Wat {
    this.things.set(fold.local, fold.one);
    return set(fold.one, folded(fold, fold.one, fold.four));
  }
}

/** A fold in a loop: the locals for the value outside, and for that of every lane inside. */
interface OpenFold extends Fold {
  readonly one: string;
  readonly four: string;
}

const isControl = (s: KernelStatement): boolean => s.kind === "loop" || s.kind === "if";
