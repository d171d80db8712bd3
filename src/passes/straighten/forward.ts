/** A cell that was just stored is not read again: its value has a name. Cells that nobody reads then are not stored. */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Store } from "../../ir/kernel.ts";
import { blocksOf, expressionsIn, mapStatement, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf, rewriter, visit } from "../../ir/rewrite.ts";
import type { Affine, Expr, Local, Tensor } from "../../ir/types.ts";
import type { NameSpace } from "../schedule/names.ts";
import { identifier, localName, placeName } from "../schedule/names.ts";
import { valueOf } from "./inline.ts";

type Block = readonly KernelStatement[];

/** Every read of a cell whose value is known takes the value. */
export function forwardStores(body: Block, names: NameSpace, b: Builder): Block {
  return new Forwarding(body, names, b).block(body, new Map());
}

/** The values of cells, by the reads of them. */
type Known = Map<Expr, Expr>;

class Forwarding {
  private readonly reads: ReadonlySet<Expr>;
  /** What does not keep its value: tensors that are stored, variables. */
  private readonly changing = new Set<Tensor | Local>();

  constructor(
    body: Block,
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {
    this.reads = new Set(readsOf(...expressionsIn(body)));
    for (const s of statementsIn(body)) {
      if (s.kind === "store") this.changing.add(s.tensor);
      if (s.kind === "variable" || s.kind === "assign") this.changing.add(s.local);
    }
  }

  block(block: Block, known: Known): Block {
    return block.flatMap((s) => this.statement(s, known));
  }

  private statement(given: KernelStatement, known: Known): Block {
    const rewrite = rewriter(this.b, { node: (e) => known.get(e) });
    if (given.kind === "store") return this.store(given, rewrite, known);
    const stored = new Set<Tensor>();
    for (const s of statementsIn(blocksOf(given).flat())) if (s.kind === "store") stored.add(s.tensor);
    const forget = (): void => {
      for (const read of known.keys())
        if (read.kind === "read" && stored.has(read.tensor)) known.delete(read);
    };
    // The bounds of a loop and the condition of a branch are evaluated before anything in them is stored.
    const before = mapStatement(given, rewrite, (inner) => inner);
    forget();
    const next = mapStatement(
      before,
      (e) => e,
      (inner) => this.block(inner, new Map(known)),
    );
    forget();
    return [next];
  }

  private store(given: Store & KernelStatement, rewrite: (e: Expr) => Expr, known: Known): Block {
    const { b } = this;
    const subscripts = given.subscripts.map((s) => rewrite(s) as Affine);
    const read = cell(b, given.tensor, subscripts);
    const before = known.get(read);
    let value = rewrite(given.value);
    let { accumulate } = given;
    if (accumulate && before) {
      value = b.add(before, value);
      accumulate = false;
    }
    for (const other of known.keys()) if (mayBeSame(b, other, read)) known.delete(other);
    const { heading, ...plain } = given;
    if (accumulate || !this.reads.has(read)) return [{ ...given, subscripts, value, accumulate }];
    const lets: KernelStatement[] = [];
    if (value.kind !== "constant" && value.kind !== "local") {
      const local: Local = b.local(this.names.fresh(fullPlaceName(given.tensor, subscripts)), value.type);
      lets.push({ kind: "let", local, value, ...(heading && { heading }) });
      const named = valueOf(b, local);
      // Where the same is computed again, it has this name too.
      if (!this.mayChange(value)) known.set(value, named);
      value = named;
    }
    known.set(read, value);
    const head = heading && lets.length === 0 ? { heading } : {};
    return [...lets, { ...plain, ...head, subscripts, value, accumulate }];
  }

  private mayChange(value: Expr): boolean {
    let changes = readsOf(value).some((r) => this.changing.has(r.tensor));
    const look = (e: Expr): void => void (changes ||= e.kind === "local" && this.changing.has(e));
    visit([value], look, (a) => void (a.kind === "opaque" && look(a.value)));
    return changes;
  }
}

/** As `placeName`, with all steps of the path: where many layers are one kernel, two are not enough. */
export function fullPlaceName(t: Tensor, subscripts: readonly Affine[]): string {
  return identifier(t.name) + placeName(t, subscripts).slice(localName(t).length);
}

/** The read of a cell, as it stands in expressions: an integer inside its affine form. */
function cell(b: Builder, tensor: Tensor, subscripts: readonly Affine[]): Expr {
  const e = b.read(tensor, subscripts);
  const atom = e.kind === "affine" ? e.terms[0]!.atom : undefined;
  return atom?.kind === "opaque" ? atom.value : e;
}

/** Unless a subscript differs by a number, two places may be one. */
function mayBeSame(b: Builder, a: Expr, z: Expr): boolean {
  if (a.kind !== "read" || z.kind !== "read" || a.tensor !== z.tensor) return false;
  return a.subscripts.every((s, d) => {
    const difference = b.minus(s, z.subscripts[d]!);
    return difference.terms.length > 0 || difference.constant === 0;
  });
}

/** Without stores that nobody reads, and values that nobody uses. `lasts`: what is read after the procedure. */
export function dropUnread(body: Block, lasts: (t: Tensor) => boolean): Block {
  for (let current = body; ;) {
    const used = usedIn(current);
    const keeps = (s: KernelStatement): boolean => {
      if (s.kind === "store") return lasts(s.tensor) || used.has(s.tensor);
      if (s.kind === "let" || s.kind === "variable" || s.kind === "assign") return used.has(s.local);
      return blocksOf(s).some((inner) => inner.length > 0);
    };
    const without = (block: Block): Block =>
      block.filter(keeps).map((s) => (blocksOf(s).length > 0 ? mapStatement(s, (e) => e, without) : s));
    const count = [...statementsIn(current)].length;
    current = without(current);
    if ([...statementsIn(current)].length === count) return current;
  }
}

/** Tensors that are read and locals that are used, but for a variable that is used to change it only. */
function usedIn(body: Block): Set<Tensor | Local> {
  const used = new Set<Tensor | Local>();
  for (const s of statementsIn(body)) {
    const own = s.kind === "assign" ? s.local : undefined;
    const use = (e: Expr): void => void (e.kind === "local" && e !== own && used.add(e));
    for (const r of readsOf(...ownExpressions(s))) used.add(r.tensor);
    visit(ownExpressions(s), use, (a) => void (a.kind === "opaque" && use(a.value)));
  }
  return used;
}

/** Variables called after the cell that they end in. */
export function nameVariables(body: Block, names: NameSpace, b: Builder): Block {
  const variables = new Set([...statementsIn(body)].flatMap((s) => (s.kind === "variable" ? [s.local] : [])));
  const named = new Map<Local, Local>();
  for (const s of statementsIn(body)) {
    if (s.kind !== "store") continue;
    const held: Local[] = [];
    visit([s.value], (e) => void (e.kind === "local" && variables.has(e) && held.push(e)));
    const [local, ...more] = held;
    if (!local || local.type === "i32" || more.length > 0 || named.has(local)) continue;
    named.set(local, b.local(names.fresh(fullPlaceName(s.tensor, s.subscripts)), local.type));
  }
  const rename = rewriter(b, {
    node: (e) => (e.kind === "local" && e.type !== "i32" ? named.get(e) : undefined),
  });
  const all = (block: Block): Block =>
    block.map((s) => {
      const next = mapStatement(s, rename, all);
      if (next.kind !== "variable" && next.kind !== "assign") return next;
      return { ...next, local: named.get(next.local) ?? next.local };
    });
  return all(body);
}
