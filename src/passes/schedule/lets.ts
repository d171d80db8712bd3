/**
 * Names for values that are used more than once, and a place outside the loops for what does not change in them.
 *
 * A block is walked from its start. Before each statement, every value that is known there, that the statement needs
 * and that is worth it gets a `let`: it is used at several places, or in a loop that does not change it. So a value is
 * named in the outermost block where all that it depends on is known. What only a branch needs stays in the branch.
 */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Let } from "../../ir/kernel.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Expr, Local, Tensor } from "../../ir/types.ts";
import { branchOut } from "./branches.ts";
import type { Known } from "./facts.ts";
import { FactTable } from "./facts.ts";
import type { NameSpace } from "./names.ts";
import { placeName } from "./names.ts";
import { UseCensus } from "./uses.ts";
import { blocksOf, mapStatement, statementsIn } from "../../ir/kernel-walk.ts";

type Block = readonly KernelStatement[];

/** `nameOf`: what the value of a tensor at a place is called. */
export function placeLets(body: Block, names: NameSpace, b: Builder, nameOf = placeName): Block {
  const written = new Set<Tensor>();
  for (const s of statementsIn(body)) if (s.kind === "store") written.add(s.tensor);
  return new Placement(names, b, new FactTable(b, written), nameOf).block(body, {
    indices: new Set(),
    locals: new Set(),
  });
}

class Placement {
  private readonly names: NameSpace;
  private readonly b: Builder;
  private readonly facts: FactTable;

  constructor(
    names: NameSpace,
    b: Builder,
    facts: FactTable,
    private readonly nameOf: typeof placeName,
  ) {
    this.names = names;
    this.b = b;
    this.facts = facts;
  }

  block(block: Block, known: Known): Block {
    let rest = [...block];
    const out: KernelStatement[] = [];
    const locals = new Set(known.locals);
    const here: Known = { ...known, locals };
    const settled = settledAfter(block);
    const emit = (s: KernelStatement): void => {
      for (const part of branchOut(s, this.facts, this.mayBranch(known), this.names, this.b)) {
        out.push(this.inside(part, here));
        if (part.kind === "let" || (part.kind === "variable" && part !== s)) locals.add(part.local);
      }
    };
    for (let at = 0; at < block.length; at++) {
      const chosen = new UseCensus(this.facts, here).choose(rest.slice(at));
      if (chosen.length > 0) {
        const { lets, replace } = this.nameAll(chosen.map((c) => c.node));
        // What reads a tensor that the kernel stores into keeps its value only within the statement.
        const lasting = replace((e) => !this.facts.of(e).volatile);
        const all = replace(() => true);
        const holds = (s: KernelStatement): boolean => {
          const values = this.facts.valuesIn(s);
          return chosen.some((c) => values.has(c.node));
        };
        rest = rest.map((s, i) => (i < at || !holds(s) ? s : deepMap(s, i === at ? all : lasting)));
        lets.forEach(emit);
      }
      emit(rest[at]!);
      for (const local of settled.get(at) ?? []) locals.add(local);
    }
    return out;
  }

  private inside(s: KernelStatement, known: Known): KernelStatement {
    if (blocksOf(s).length === 0) return s;
    const indices = s.kind === "loop" ? new Set([...known.indices, s.index]) : known.indices;
    const agreed = known.agreed ?? (s.kind === "loop" && s.lanes !== undefined ? known : undefined);
    return mapStatement(
      s,
      (e) => e,
      (inner) => this.block(inner, { indices, locals: known.locals, ...(agreed && { agreed }) }),
    );
  }

  /** Which conditions may be branched on: lanes that might differ in one choose between values instead. */
  private mayBranch({ agreed }: Known): (condition: Expr) => boolean {
    return (condition) => !agreed || this.facts.isKnown(condition, agreed);
  }

  /** A `let` for each node, and the rewriting that puts the locals in place of those nodes that a test picks. */
  private nameAll(nodes: readonly Expr[]): {
    lets: Let[];
    replace: (which: (e: Expr) => boolean) => (e: Expr) => Expr;
  } {
    const local = new Map<Expr, Local>();
    const replace = (which: (e: Expr) => boolean): ((e: Expr) => Expr) =>
      rewriter(this.b, { node: (e) => (local.has(e) && which(e) ? local.get(e) : undefined) });
    const lets = nodes.map((node): Let => {
      const whole = node.type === "i32" && node.kind !== "affine" ? this.b.opaque(node as Local) : node;
      const value = replace(() => true)(whole);
      const name = this.b.local(this.names.fresh(...this.letNames(node)), node.type);
      local.set(node, name);
      return { kind: "let", local: name, value };
    });
    return { lets, replace };
  }

  /** Values other than reads are only numbered. A scalar is called like its tensor. */
  private letNames(node: Expr): [string, ...string[]] {
    if (node.kind !== "read") return ["value"];
    const name = this.nameOf(node.tensor, node.subscripts);
    return [name, `${name}_value`];
  }
}

function deepMap(s: KernelStatement, f: (e: Expr) => Expr): KernelStatement {
  return mapStatement(s, f, (inner) => inner.map((i) => deepMap(i, f)));
}

/** For each statement of a block, the variables of the block that no longer change after it. */
function settledAfter(block: Block): Map<number, Local[]> {
  const last = new Map<Local, number>();
  block.forEach((s, i) => {
    if (s.kind === "variable") last.set(s.local, i);
    for (const inner of statementsIn([s]))
      if (inner.kind === "assign" && last.has(inner.local)) last.set(inner.local, i);
  });
  const settled = new Map<number, Local[]>();
  for (const [local, i] of last) settled.set(i, [...(settled.get(i) ?? []), local]);
  return settled;
}
