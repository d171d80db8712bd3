/** Where the values of some statements are used: which of them deserve a name before the first statement. */
import { rangeOf } from "../../ir/affine.ts";
import { atoms } from "../../ir/atoms.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Apply, Expr, IntegerAtom, Read } from "../../ir/types.ts";
import type { FactTable, Known } from "./facts.ts";
import { isValue, partsOf } from "./facts.ts";
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
  private readonly seen = new Set<number>();
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
    const [first, ...rest] = statements;
    const way = { by: "", inLoop: false, certainty: "always", carried: false } as const;
    this.statement(first!, { ...way, inFirst: true, direct: true });
    const needed = [...this.uses.keys()];
    for (const s of rest) {
      const values = this.facts.valuesIn(s);
      if (needed.some((e) => values.has(e))) this.statement(s, { ...way, inFirst: false, direct: false });
    }
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
    visit(expressionsIn([first!]), (e) => {
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
    if (!this.facts.of(node).holdsValue) return;
    const value = isValue(node) ? node : undefined;
    const known = value !== undefined && this.facts.isKnown(value, this.known);
    if (value) {
      if (known) this.record(value, way);
      const key = value.id * numbersOfWays + numberOf(way);
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    const inner: Way = value
      ? { ...way, by: `n${value.id}`, carried: known }
      : { ...way, by: `${way.by}/${node.id}` };
    const lazy = this.isLazy(node);
    partsOf(node).forEach((part, i) =>
      this.expression(part, lazy && i > 0 ? { ...inner, certainty: "maybe" } : inner),
    );
  }

  /** Whether only its first argument is certainly computed: what lanes differ in wanting is computed for all of them. */
  private isLazy(node: Expr | IntegerAtom): boolean {
    if (node.kind !== "apply" || atoms[node.atom].lazy === undefined) return false;
    const { agreed } = this.known;
    return !agreed || this.facts.isKnown(node.args[0]!, agreed);
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

function turns(loop: Extract<KernelStatement, { kind: "loop" }>): Certainty {
  const whole = loop.from.constant === 0 && loop.from.terms.length === 0 && loop.to === loop.index.extent;
  return whole && rangeOf(loop.to).low >= 1 ? "always" : "if any";
}

const certainties: readonly Certainty[] = ["always", "if any", "maybe"];

function weaker(a: Certainty, b: Certainty): Certainty {
  return certainties[Math.max(certainties.indexOf(a), certainties.indexOf(b))]!;
}

/** Ways differ, but for what uses a value, in four truth values and a certainty. */
const numbersOfWays = 48;

function numberOf(way: Way): number {
  const truths = [way.inLoop, way.carried, way.inFirst, way.direct];
  return truths.reduce((n, truth) => 2 * n + Number(truth), certainties.indexOf(way.certainty));
}
