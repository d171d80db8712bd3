/** Updates run once a step, however many passes over the data it takes: they must not depend on one of these. */
import { isPersistent, slice, tensorsRead, tensorsWritten } from "../../ir/dependences.ts";
import { expressionsOf, visit } from "../../ir/rewrite.ts";
import type { Dim, IntegerAtom, Statement, Tensor } from "../../ir/types.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { report } from "./environment.ts";

/** Reports an update that needs more of a pass than its gradients. */
export function requireLasting(elab: Elaboration, env: Environment, gradients: readonly Tensor[]): void {
  const { update } = elab.gathered;
  const known = new Set<Tensor>([...gradients, ...update.flatMap(tensorsWritten)]);
  for (const s of update) {
    const read = tensorsRead(s).find((t) => !known.has(t) && dependsOnPass(elab, t)) ?? countIn(s);
    if (!read) continue;
    const what = `an optimizer can't depend on \`${read.name}\`, which changes with the data`;
    const help = "it knows `parameter`, `gradient`, `gradient_norm`, `step` and states";
    report(elab, env, "NN2011", s.origin.span, { what }, { help });
    return;
  }
}

/** Reports a start that depends on how much data a call has: it is computed before the first. */
export function requireCountless(elab: Elaboration): void {
  for (const s of elab.gathered.initialise) {
    const dim = countIn(s);
    if (!dim) continue;
    const what = `a start can't depend on \`${dim.name}\`, which each call has anew`;
    elab.diagnostics.report("NN2011", s.origin.span, { what });
  }
}

/** A dimension whose count is that of the inputs. */
function countIn(s: Statement): Dim | undefined {
  let found: Dim | undefined;
  const atom = (a: IntegerAtom): void => {
    if (a.kind === "dim" && a.varies === "call") found ??= a;
  };
  if (s.kind === "equation") visit(expressionsOf(s), () => undefined, atom);
  return found;
}

function dependsOnPass(elab: Elaboration, tensor: Tensor): boolean {
  if (isPersistent(tensor)) return tensor.role === "input";
  const statements: readonly Statement[] = elab.gathered.forward;
  const needed = slice({ name: tensor.name, statements, results: [tensor] }, [tensor], "drop").statements;
  const written = new Set(needed.flatMap(tensorsWritten));
  // A rate that is defined in the model from `step` alone is the same in every pass of a step.
  const varies = (t: Tensor): boolean => t.role === "input" || t.role === "state" || t === elab.builtins.seed;
  if (!written.has(tensor)) return true;
  return needed.some((s) => countIn(s) || tensorsRead(s).some((t) => !written.has(t) && varies(t)));
}
