import { atoms } from "./atoms.ts";
import type { Builder } from "./builder.ts";
import { holdsAlways, Prover } from "./intervals-prover.ts";
import { rewriter, visit } from "./rewrite.ts";
import type { Apply, Expr } from "./types.ts";

/**
 * Replaces conditions that follow from the assumptions by true, and those that contradict them by false. Inside the
 * branches of a select, and behind the first argument of `and` and `or`, what has been decided there is assumed too.
 */
export function simplifyUnder(e: Expr, assumptions: readonly Expr[], builder: Builder): Expr {
  return simplifierUnder(new Prover(builder, assumptions), builder, e)(e);
}

/**
 * The conjuncts without those that follow from the assumptions or from the conjuncts that stay; one false where they
 * contradict each other.
 */
export function simplifyConjunction(
  conjuncts: readonly Expr[],
  assumptions: readonly Expr[],
  builder: Builder,
): readonly Expr[] {
  // What holds always says nothing of the others, and to fail to refute it would take longer than all else.
  const all = [...new Set(conjuncts)].filter((conjunct) => !holdsAlways(conjunct));
  let kept = all;
  // From the right: what stands behind may rely on what stands before it.
  for (const conjunct of [...kept].reverse()) {
    const others = kept.filter((c) => c !== conjunct);
    const prover = new Prover(builder, [...assumptions, ...others]);
    if (prover.refute(conjunct)) return [builder.bool(false)];
    if (prover.prove(conjunct)) kept = others;
  }
  // What was dropped with the help of a conjunct that was dropped later must still be seen to follow in one step:
  // whoever proves that a read is in range asks again.
  const final = new Prover(builder, [...assumptions, ...kept]);
  return all.filter((conjunct) => kept.includes(conjunct) || !final.prove(conjunct));
}

/** `simplifyUnder` as a function with its memo, for several expressions that hold in one place. */
function simplifierUnder(prover: Prover, builder: Builder, ...roots: readonly Expr[]): (e: Expr) => Expr {
  const decidable = decidableNodes(roots);
  const walkers = new Map<Prover, (e: Expr) => Expr>();
  // A node that is reached under many different decisions could be visited exponentially often: with the budget
  // spent, branches assume no more than what surrounds them.
  let budget = 200 + 4 * decidable.size;

  const under = (p: Prover, condition: Expr): ((e: Expr) => Expr) =>
    walker(budget > 0 ? p.under(condition) : p);
  const walker = (p: Prover): ((e: Expr) => Expr) => {
    const known = walkers.get(p);
    if (known) return known;
    const walk: (e: Expr) => Expr = rewriter(builder, { node: (e) => decide(e, p, walk) });
    walkers.set(p, walk);
    return walk;
  };
  const decide = (e: Expr, p: Prover, walk: (e: Expr) => Expr): Expr | undefined => {
    if (!decidable.has(e)) return e;
    budget--;
    if (e.type === "bool") {
      if (p.prove(e)) return builder.bool(true);
      if (p.refute(e)) return builder.bool(false);
    }
    return e.kind === "apply" ? branch(e, p, walk) : undefined;
  };
  const branch = (e: Apply, p: Prover, walk: (e: Expr) => Expr): Expr | undefined => {
    const guards = atoms[e.atom].guards?.(builder, e.args);
    if (!guards) return undefined;
    const args = e.args.map((argument, a) => {
      const guard = guards[a];
      if (!guard) return walk(argument);
      // What is never evaluated stays as it is: folding drops it.
      return p.refute(guard) ? argument : under(p, guard)(argument);
    });
    return builder.apply(e.atom, args);
  };
  return walker(prover);
}

/** Truth values that can be decided, and everything that holds one. */
function decidableNodes(roots: readonly Expr[]): Set<Expr> {
  const found = new Set<Expr>();
  const atoms = new Set<unknown>();
  visit(
    roots,
    (e) => {
      const inside =
        e.kind === "affine"
          ? e.terms.some((t) => atoms.has(t.atom))
          : e.kind === "apply"
            ? e.args.some((a) => found.has(a))
            : e.kind === "read"
              ? e.subscripts.some((s) => found.has(s))
              : e.kind === "reduce" || e.kind === "condition";
      if (inside || (e.type === "bool" && e.kind !== "constant")) found.add(e);
    },
    (a) => {
      const value = a.kind === "floor" || a.kind === "modulo" || a.kind === "opaque" ? a.value : undefined;
      if (value && found.has(value)) atoms.add(a);
    },
  );
  return found;
}
