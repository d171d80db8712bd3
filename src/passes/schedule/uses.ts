/** Where the values of some statements are used: which of them deserve a name before the first statement. */
import { rangeOf } from "../../ir/affine.ts";
import { atoms } from "../../ir/atoms.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Apply, Expr, IntegerAtom, Read } from "../../ir/types.ts";
import { isScalar } from "./assemble.ts";
import type { FactTable } from "./facts.ts";
import { partsOf } from "./facts.ts";
import type { Known } from "./lets.ts";
import { blocksOf, expressionsIn, ownExpressions } from "../../ir/kernel-walk.ts";

/** Whether a use is evaluated: always, if a loop has any turns, or only in some branch. */
type Certainty = "always" | "if any" | "maybe";

/** How a use is reached. */
interface Way {
  /** What uses it: uses by the same thing count once. */
  readonly by: string;
  readonly inLoop: boolean;
  readonly certainty: Certainty;
  /** The value that uses it is itself known outside the loop, so it moves along. */
  readonly carried: boolean;
  readonly inFirst: boolean;
  /** In an expression of the first statement itself, not of its blocks. */
  readonly direct: boolean;
}

interface Uses {
  readonly node: Apply | Read;
  readonly by: Set<string>;
  always: boolean;
  ifAny: boolean;
  inLoop: boolean;
  inFirst: boolean;
  onlyDirect: boolean;
}

export class UseCensus {
  private readonly facts: FactTable;
  private readonly known: Known;
  private readonly uses = new Map<Expr, Uses>();
  private readonly seen = new Set<string>();
  private statements = 0;

  constructor(facts: FactTable, known: Known) {
    this.facts = facts;
    this.known = known;
  }

  /**
   * The values to name before the first of these statements, in the order in which they are first used, but what others
   * are made of stands first. The order of making depends on other kernels, and would keep equal ones from being found.
   */
  choose(statements: readonly KernelStatement[]): Uses[] {
    statements.forEach((s, i) => {
      this.statement(s, {
        by: "",
        inLoop: false,
        certainty: "always",
        carried: false,
        inFirst: i === 0,
        direct: i === 0,
      });
    });
    const deserves = (u: Uses): boolean => {
      const facts = this.facts.of(u.node);
      // What is always in range may be computed once before a loop, even if the loop needs it only now and then.
      if (!u.inFirst || !(u.always || ((u.ifAny || u.inLoop) && facts.safe))) return false;
      if (facts.volatile && !u.onlyDirect) return false;
      return u.by.size > 1 || u.inLoop;
    };
    const chosen = new Map<Expr, Uses>([...this.uses].filter(([, uses]) => deserves(uses)));
    if (chosen.size < 2) return [...chosen.values()];
    const ordered: Uses[] = [];
    visit(expressionsIn(statements), (e) => {
      const uses = chosen.get(e);
      if (uses) ordered.push(uses);
    });
    return ordered;
  }

  private statement(s: KernelStatement, way: Way): void {
    const by = `s${this.statements++}`;
    ownExpressions(s).forEach((e, i) => this.expression(e, { ...way, by: `${by}.${i}` }));
    const certainty =
      s.kind === "if" ? "maybe" : s.kind === "loop" ? weaker(way.certainty, turns(s)) : way.certainty;
    const inner = { ...way, certainty, inLoop: way.inLoop || s.kind === "loop", direct: false };
    for (const block of blocksOf(s)) for (const t of block) this.statement(t, inner);
  }

  private expression(node: Expr | IntegerAtom, way: Way): void {
    const value = worthNaming(node) ? node : undefined;
    const known = value !== undefined && this.isKnown(value);
    if (value) {
      if (known) this.record(value, way);
      const key = `${value.id} ${way.inLoop} ${way.certainty} ${way.carried} ${way.inFirst} ${way.direct}`;
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    const inner: Way = value
      ? { ...way, by: `n${value.id}`, carried: known }
      : { ...way, by: `${way.by}/${node.id}` };
    const lazy = node.kind === "apply" && atoms[node.atom].lazy !== undefined;
    partsOf(node).forEach((part, i) =>
      this.expression(part, lazy && i > 0 ? { ...inner, certainty: "maybe" } : inner),
    );
  }

  private isKnown(node: Expr): boolean {
    const { indices, locals } = this.facts.of(node);
    return (
      [...indices].every((i) => this.known.indices.has(i)) &&
      [...locals].every((l) => this.known.locals.has(l))
    );
  }

  private record(node: Apply | Read, way: Way): void {
    let uses = this.uses.get(node);
    if (!uses) {
      uses = {
        node,
        by: new Set(),
        always: false,
        ifAny: false,
        inLoop: false,
        inFirst: false,
        onlyDirect: true,
      };
      this.uses.set(node, uses);
    }
    uses.by.add(way.by);
    uses.always ||= way.certainty === "always";
    uses.ifAny ||= way.certainty === "if any";
    uses.inLoop ||= way.inLoop && !way.carried;
    uses.inFirst ||= way.inFirst;
    uses.onlyDirect &&= way.direct;
  }
}

/** Constants, integers (loops and addresses are worked out by each target), comparisons of them and scalars passed by value cost nothing to repeat. */
function worthNaming(node: Expr | IntegerAtom): node is Apply | Read {
  if (node.kind === "apply") return node.type !== "i32" && atoms[node.atom].cost > 0;
  return node.kind === "read" && !isScalar(node.tensor);
}

function turns(loop: Extract<KernelStatement, { kind: "loop" }>): Certainty {
  const whole = loop.from.constant === 0 && loop.from.terms.length === 0 && loop.to === loop.index.extent;
  return whole && rangeOf(loop.to).low >= 1 ? "always" : "if any";
}

function weaker(a: Certainty, b: Certainty): Certainty {
  const order: Certainty[] = ["always", "if any", "maybe"];
  return order[Math.max(order.indexOf(a), order.indexOf(b))]!;
}
