/**
 * Decisions: what several conditions choose together is written as one chain of choices, each asked once, with what
 * follows from those before it: [¬a ∧ b] + (if a then x else 0) is `if a then x else [b]`.
 */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import { printStatement } from "../../ir/printer.ts";
import { children, conjuncts, rewriter, visit } from "../../ir/rewrite.ts";
import type { Apply, Equation, Expr, Graph, Statement } from "../../ir/types.ts";
import { lengthOf } from "./cost.ts";
import { Facts, lowerBoundsFirst } from "./facts.ts";
import { simplifyNode } from "./local.ts";
import type { Workspace } from "./workspace.ts";

/** Formulas with more different conditions than this are left: a chain could ask each in every branch. */
const mostConditions = 6;

/** As many times a formula is written down anew for one equation. */
const mostTrials = 200;

/** Writes the conditions of adjoints as chains of choices, where that makes the formulas shorter. */
export function chainDecisions(graph: Graph, work: Workspace): Graph {
  let changed = false;
  const statements = graph.statements.map((s): Statement => {
    if (s.kind !== "equation" || s.tensor.role !== "adjoint" || work.chained.has(s)) return s;
    const decisions = new Decisions(work.builder, work.realOnly);
    const next = decisions.equation(s);
    work.chained.add(next);
    if (next === s) return s;
    changed = true;
    work.record(
      "one condition at a time",
      decisions.overReals,
      s.tensor,
      () => printStatement(s),
      () => printStatement(next),
    );
    return next;
  });
  return changed ? { ...graph, statements } : graph;
}

/** A truth value that is asked for, and not made of others. */
function isQuestion(e: Expr): boolean {
  if (e.type !== "bool" || e.kind === "constant") return false;
  return e.kind !== "apply" || !["and", "or", "not", "select"].includes(e.atom);
}

/** What is left of an expression where a question is answered. */
interface Branches {
  readonly question: Expr;
  readonly yes: Expr;
  readonly no: Expr;
  /** In how many of the two there is more to ask. */
  readonly open: number;
  readonly length: number;
}

/** Writes the conditions of one equation. */
export class Decisions {
  /** Whether a rule was used that holds over the reals only. */
  overReals = false;
  private readonly b: Builder;
  private readonly realOnly: boolean;
  private readonly asked = new Map<Expr, ReadonlySet<Expr>>();
  private trials = mostTrials;

  constructor(builder: Builder, realOnly: boolean) {
    this.b = builder;
    this.realOnly = realOnly;
  }

  equation(e: Equation): Equation {
    const { b } = this;
    const all = b.and(...e.where);
    if (this.questions(all).size + this.questions(e.body).size === 0) return e;
    // Guards of integers alone are left to those who know about loops.
    const numeric = e.where.some((w) => conjuncts(w).some((c) => c.kind !== "condition"));
    const guard = numeric ? this.shorter(all, new Facts()) : all;
    const where = guard === all ? e.where : conjuncts(guard).filter((w) => !isTrue(w));
    const facts = this.factsOf(where);
    const body = this.shorter(this.assuming(e.body, facts), facts);
    return body === e.body && where === e.where ? e : b.equation({ ...e, where, body });
  }

  /** An expression where conditions hold. */
  under(e: Expr, conditions: readonly Expr[]): Expr {
    return this.assuming(e, this.factsOf(conditions));
  }

  private factsOf(conditions: readonly Expr[]): Facts {
    return conditions.flatMap(conjuncts).reduce((known, c) => {
      const negated = c.kind === "apply" && c.atom === "not" ? c.args[0]! : undefined;
      return isQuestion(negated ?? c) ? known.with(negated ?? c, negated === undefined, this.b) : known;
    }, new Facts());
  }

  /** The questions below an expression. */
  private questions(e: Expr): ReadonlySet<Expr> {
    const known = this.asked.get(e);
    if (known) return known;
    const found = new Set<Expr>();
    visit([e], (node) => {
      if (isQuestion(node)) found.add(node);
    });
    this.asked.set(e, found);
    return found;
  }

  /** The expression with chains in place of the smallest parts of it in which several conditions meet. */
  private shorter(e: Expr, facts: Facts): Expr {
    const chains = new Map<Expr, Expr>();
    const walk = (node: Expr): Expr => {
      const known = chains.get(node);
      if (known) return known;
      const result = this.shorterNode(node, facts, walk);
      chains.set(node, result);
      return result;
    };
    return walk(e);
  }

  private shorterNode(e: Expr, facts: Facts, walk: (e: Expr) => Expr): Expr {
    if (e.kind !== "apply" || e.type === "i32" || isQuestion(e) || this.questions(e).size === 0) return e;
    const brackets = e.atom === "mul" ? this.withOneBracket(e) : undefined;
    if (brackets) return walk(brackets);
    const asking = e.args.filter((a) => this.questions(a).size > 0);
    if (asking.length > 1 || e.type === "bool") {
      const chain = this.questions(e).size <= mostConditions ? this.chain(e, facts) : undefined;
      if (chain && lengthOf(chain) < lengthOf(e)) return chain;
    }
    const args = e.args.map(walk);
    return args.every((a, i) => a === e.args[i]) ? e : this.folded(this.rebuilt(e, args));
  }

  /** x·[c]·y·[d] as x·y·[c ∧ d]. Lower bounds come first: 0 < x ∧ x < 1. */
  private withOneBracket(e: Apply): Expr | undefined {
    const { b } = this;
    const factors = factorsOf(e);
    const truths = factors.flatMap((f) => (isBracket(f) ? [f.args[0]!] : []));
    if (truths.length < 2) return undefined;
    const others = factors.filter((f) => !isBracket(f));
    return [...others, b.cast(b.and(...lowerBoundsFirst(truths)), "f32")].reduce((x, y) => b.mul(x, y));
  }

  private rebuilt(e: Apply, args: readonly Expr[]): Expr {
    return e.atom === "cast" ? this.b.cast(args[0]!, "f32") : this.b.apply(e.atom, args);
  }

  private folded(e: Expr): Expr {
    return simplifyNode(this.b, e, this.realOnly, (rule) => (this.overReals ||= rule.realOnly ?? false));
  }

  /** The expression where the facts hold. */
  private assuming(e: Expr, facts: Facts): Expr {
    return rewriter(this.b, {
      node: (node) => {
        if (this.questions(node).size === 0) return node;
        const holds = isQuestion(node) ? facts.decide(node) : undefined;
        return holds === undefined ? undefined : this.b.bool(holds);
      },
      after: (node) => this.folded(node),
    })(e);
  }

  /** One question after the other; undefined where that takes too long. */
  private chain(e: Expr, facts: Facts): Expr | undefined {
    if (this.questions(e).size === 0) return e;
    const inner = this.meeting(e);
    if (!inner) return e;
    const first = this.firstQuestion(inner, facts);
    if (!first) return undefined;
    const yes = this.chain(first.yes, facts.with(first.question, true, this.b));
    const no = this.chain(first.no, facts.with(first.question, false, this.b));
    if (!yes || !no) return undefined;
    const chosen = this.choice(first.question, yes, no);
    return inner === e ? chosen : this.replaced(e, inner, chosen);
  }

  /** The smallest part that holds all conditions, where there are several places that ask for some. */
  private meeting(e: Expr): Expr | undefined {
    if (e.kind !== "apply" || isQuestion(e)) return undefined;
    const asking = e.args.filter((a) => this.questions(a).size > 0);
    if (asking.length !== 1 || e.atom === "select") return e;
    return this.meeting(asking[0]!);
  }

  private replaced(e: Expr, part: Expr, by: Expr): Expr {
    return rewriter(this.b, {
      node: (node) => (node === part ? by : undefined),
      after: (node) => this.folded(node),
    })(e);
  }

  /** The question that most often leaves nothing more to ask, among those that are asked in any case. */
  private firstQuestion(e: Expr, facts: Facts): Branches | undefined {
    let best: Branches | undefined;
    for (const question of this.unconditional(e)) {
      if (this.trials-- <= 0) return undefined;
      const yes = this.assuming(e, facts.with(question, true, this.b));
      const no = this.assuming(e, facts.with(question, false, this.b));
      const open = [yes, no].filter((branch) => this.questions(branch).size > 0).length;
      const length = lengthOf(yes) + lengthOf(no);
      const better = !best || open < best.open || (open === best.open && length < best.length);
      if (better) best = { question, yes, no, open, length };
    }
    return best;
  }

  /** The questions that are asked whatever the others say: these read nothing that another protects. */
  private unconditional(e: Expr): Set<Expr> {
    const found = new Set<Expr>();
    const walk = (node: Expr): void => {
      if (this.questions(node).size === 0) return;
      if (isQuestion(node)) {
        found.add(node);
        return;
      }
      const lazy = node.kind === "apply" && atoms[node.atom].lazy !== undefined;
      for (const child of lazy ? children(node).slice(0, 1) : children(node)) walk(child);
    };
    walk(e);
    return found;
  }

  /** `if c then yes else no`, as one condition where both are brackets or one branch chooses the same again. */
  private choice(c: Expr, yes: Expr, no: Expr): Expr {
    const { b } = this;
    if (yes === no) return yes;
    if (yes.type === "bool") return this.either(c, yes, no);
    const [whenYes, whenNo] = [truthOf(yes, b), truthOf(no, b)];
    if (whenYes && whenNo) return b.cast(this.either(c, whenYes, whenNo), "f32");
    const [inYes, inNo] = [choiceOf(yes), choiceOf(no)];
    if (inYes?.[2] === no) return b.select(b.and(c, inYes[0]), inYes[1], no);
    if (inNo?.[1] === yes) return b.select(b.apply("or", [c, inNo[0]]), yes, inNo[2]);
    return b.select(c, yes, no);
  }

  /** c ∧ yes ∨ ¬c ∧ no. */
  private either(c: Expr, yes: Expr, no: Expr): Expr {
    const { b } = this;
    const not = b.apply("not", [c]);
    if (isTrue(yes)) return b.apply("or", [c, no]);
    if (isTrue(no)) return b.apply("or", [not, yes]);
    if (isFalse(yes)) return b.and(not, no);
    return isFalse(no) ? b.and(c, yes) : b.select(c, yes, no);
  }
}

const isTrue = (e: Expr): boolean => e.kind === "constant" && e.type === "bool" && e.value === 1;
const isFalse = (e: Expr): boolean => e.kind === "constant" && e.type === "bool" && e.value === 0;

const isBracket = (e: Expr): e is Apply =>
  e.kind === "apply" && e.atom === "cast" && e.args[0]!.type === "bool";

const factorsOf = (e: Expr): Expr[] =>
  e.kind === "apply" && e.atom === "mul" ? e.args.flatMap(factorsOf) : [e];

function choiceOf(e: Expr): readonly [Expr, Expr, Expr] | undefined {
  return e.kind === "apply" && e.atom === "select" ? (e.args as unknown as [Expr, Expr, Expr]) : undefined;
}

/** The truth value that a number is the bracket of. */
function truthOf(e: Expr, b: Builder): Expr | undefined {
  if (isNumber(e, 0) || isNumber(e, 1)) return b.bool(isNumber(e, 1));
  return isBracket(e) ? e.args[0] : undefined;
}
