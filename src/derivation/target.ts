/** Assembles the derivation of one scalar from what the passes left behind. */
import { tensorsRead } from "../ir/dependences.ts";
import type { Environment } from "../ir/interpreter.ts";
import { interpret } from "../ir/interpreter.ts";
import { reassemble } from "../ir/reassemble.ts";
import { readsOf } from "../ir/rewrite.ts";
import type { Statement, Tensor } from "../ir/types.ts";
import { checkContribution, checkLocal, checkWhole } from "./checks.ts";
import { CompiledGradients } from "./compiled.ts";
import { Comparison, copyOf, valuesOf } from "./compare.ts";
import type { AdjointOf } from "./contributions.ts";
import { contributionOf, neatStatement } from "./contributions.ts";
import type { Check, Contribution, ForwardStep, Line, Name, Rewrite, Step, Target } from "./derivation.ts";
import { agrees, collect } from "./collected.ts";
import type { Formula, Ref } from "./formula.ts";
import type { Sample } from "./numbers.ts";
import { placeOf, withinOf } from "./places.ts";
import { pointCount, randomPoint } from "./points.ts";
import { expand, isPlain, rewritesOf } from "./rewrites.ts";
import { lineText, textOf } from "./text.ts";
import type { Trail } from "./trail.ts";
import { split } from "./trail.ts";
import { linesOf, shapeOf } from "./translate.ts";

type Defining = Exclude<Statement, { kind: "gradient" }>;

const isDefining = (s: Statement): s is Defining => s.kind !== "gradient";

export function targetOf(trail: Trail, sample: Sample | null): Target {
  return new Assembly(trail, sample).target();
}

interface Chained {
  readonly tensor: Tensor;
  readonly contributions: readonly Contribution[];
}

class Assembly {
  private readonly trail: Trail;
  private readonly sample: Sample | null;
  private readonly forward: readonly Statement[];
  private readonly backward: readonly Defining[];
  private readonly left: readonly Statement[];
  private readonly adjoints = new Map<Tensor, Tensor>();
  private readonly points: readonly Environment[];
  private readonly module: CompiledGradients;

  constructor(trail: Trail, sample: Sample | null) {
    this.trail = trail;
    this.sample = sample;
    const { forward, backward } = split(trail, trail.raw);
    this.forward = forward;
    this.backward = backward.filter(isDefining);
    this.left = split(trail, trail.simplified).backward;
    for (const s of this.backward)
      for (const step of s.origin.steps ?? [])
        if (!this.adjoints.has(step.wrt)) this.adjoints.set(step.wrt, s.tensor);
    this.points = Array.from({ length: pointCount }, (_, k) =>
      randomPoint(trail.program, trail.raw, 12345 + 7919 * k),
    );
    this.module = new CompiledGradients(trail.compiled, this.points);
  }

  target(): Target {
    const { of } = this.trail;
    // The checks of steps come first: rewrites add to the points.
    const plain = this.tensors().map((t) => ({ tensor: t, contributions: this.contributions(t) }));
    const forward = this.forwardSteps();
    const { chain, sums } = this.collected(plain, forward);
    const simplify = rewritesOf(this.trail, this.points);
    const backward = chain.map(({ tensor, contributions }) => {
      const sum = sums.get(tensor.name);
      return { ...this.step(tensor, contributions, simplify), ...(sum ? { collected: sum } : {}) };
    });
    return { of: of.name, names: this.names(), forward, backward, simplify };
  }

  private readonly adjointOf: AdjointOf = (t) => {
    const own = this.adjoints.get(t);
    return own ?? (t.hoistedFrom ? this.adjointOf(t.hoistedFrom) : undefined);
  };

  /** The gradients in the order in which they are complete. */
  private tensors(): Tensor[] {
    return [...new Set(this.backward.map((s) => s.tensor))];
  }

  private partsOf(t: Tensor): Defining[] {
    return this.backward.filter((s) => s.tensor === t);
  }

  // ---------------------------------------------------------------------------------------------------- the chain rule

  private contributions(t: Tensor): Contribution[] {
    const { builder } = this.trail;
    const parts = this.partsOf(t);
    return parts.map((s) => {
      const made = contributionOf(builder, s, this.adjointOf);
      return { ...made, checks: [this.localCheck(s), this.sumCheck(s, parts)].filter((c) => c !== null) };
    });
  }

  private localCheck(s: Defining): Check | null {
    const step = s.origin.steps?.[0];
    return step?.kind === "chain" ? checkLocal(this.trail.builder, step, this.points) : null;
  }

  /** Once for all reads of one statement, at the last of them. */
  private sumCheck(s: Defining, parts: readonly Defining[]): Check | null {
    const step = s.origin.steps?.[0];
    if (step?.kind !== "chain") return null;
    const { of: reader, wrt } = step;
    const same = parts.filter((p) => p.origin.steps?.[0]?.of === reader);
    const upstream = reader.kind === "gradient" ? undefined : this.adjointOf(reader.tensor);
    if (!upstream || same.at(-1) !== s) return null;
    const b = this.trail.builder;
    return checkContribution(
      b,
      reader,
      wrt,
      upstream,
      same.map((p) => neatStatement(b, p)),
      this.forward,
      this.points,
    );
  }

  /** Products along the paths of a circuit of scalars, where each has the value that it should have. */
  private collected(
    chain: readonly Chained[],
    forward: readonly ForwardStep[],
  ): { readonly chain: readonly Chained[]; readonly sums: ReadonlyMap<Ref, Formula> } {
    const scalar = this.backward.every((s) => s.tensor.shape.length === 0);
    if (!scalar) return { chain, sums: new Map() };
    const found = collect(
      chain.map((c) => ({ ref: c.tensor.name, contributions: c.contributions })),
      forward,
    );
    const holds = (f: Formula, s: Statement): boolean =>
      this.points.every((point) => {
        const values = new Map([...point.values].map(([t, v]) => [t.name, v] as const));
        const environment = copyOf(point);
        interpret([s], environment);
        const expected = valuesOf(environment, (s as Defining).tensor)[0]!;
        return agrees(f, expected, (ref) => values.get(ref)?.[0]);
      });
    const whole = (t: Tensor): Statement[] => this.partsOf(t);
    return {
      chain: chain.map(({ tensor, contributions }) => ({
        tensor,
        contributions: contributions.map((c, i) => {
          const made = found.contributions.get(c);
          return made && holds(made.whole, whole(tensor)[i]!) ? { ...c, collected: made } : c;
        }),
      })),
      sums: found.steps,
    };
  }

  // ------------------------------------------------------------------------------------------------------------- steps

  private step(t: Tensor, contributions: readonly Contribution[], simplify: readonly Rewrite[]): Step {
    const parts = this.partsOf(t);
    const wrt = parts.flatMap((s) => s.origin.steps ?? [])[0]?.wrt ?? t;
    const result = this.left.filter((s) => isDefining(s) && s.tensor === t).flatMap(linesOf);
    const numbers = this.sample?.numbers(t, this.trail);
    const isResult = this.trail.results.includes(t);
    const differences = isResult ? this.sample?.differences(t, wrt, this.forward, this.trail) : undefined;
    return {
      ref: t.name,
      wrt: wrt.name,
      shape: shapeOf(t.shape, textOf),
      isResult,
      contributions,
      readBy: this.readersOf(t, this.backward),
      rewrites: simplify.flatMap((r, i) => (r.ref === t.name ? [i] : [])),
      result,
      written: this.shortest(this.written(t), result[0], this.module.plain(t, wrt)),
      into: result.length > 0 ? [] : absorbedInto(t.name, simplify),
      compiled: this.module.linesOf(t, wrt, result),
      checks: this.wholeChecks(t, wrt),
      ...(numbers === undefined ? {} : { numbers }),
      ...(differences === undefined ? {} : { differences }),
    };
  }

  private readersOf(t: Tensor, among: readonly Statement[]): Ref[] {
    const readers = among.filter((s) => isDefining(s) && s.tensor !== t && tensorsRead(s).includes(t));
    return [...new Set(readers.map((s) => (s as Defining).tensor.name))];
  }

  /** The gradient with the pointwise one that it is computed from written in, if that reads no gradient itself. */
  private written(t: Tensor): Line | null {
    const { builder: b } = this.trail;
    const definitions = this.left.filter((s) => s.kind === "equation");
    const [own, ...more] = definitions.filter((s) => s.tensor === t);
    if (!own || more.length > 0) return null;
    const through = new Map(
      definitions
        .filter((d) => isPlain(d) && readsOf(d.body).every((r) => r.tensor.role !== "adjoint"))
        .map((d) => [d.tensor, d]),
    );
    if (!readsOf(own.body).some((r) => through.has(r.tensor))) return null;
    const whole = neatStatement(b, expand(b, own, through));
    const comparison = new Comparison("", "exact");
    for (const point of this.points) {
      const environment = copyOf(point);
      interpret([whole], environment);
      comparison.add(valuesOf(environment, t), valuesOf(point, t));
    }
    return comparison.result.passed ? linesOf(whole)[0]! : null;
  }

  /**
   * The module may have a shorter form, since there the loss is brought to one that stays finite before it is
   * differentiated: of a loss that counts 0·log 0 as 0, only that way leads to `p − y`.
   */
  private shortest(written: Line | null, result: Line | undefined, compiled: Line | null): Line | null {
    const derived = written ?? result;
    const isShorter = compiled && derived && lineText(compiled).length < lineText(derived).length;
    return isShorter ? compiled : written;
  }

  private wholeChecks(t: Tensor, wrt: Tensor): Check[] {
    const { builder, of, results, compiled } = this.trail;
    if (!results.includes(t)) return [];
    const whole = checkWhole(builder, this.forward, of, wrt, t, this.points, 1 / results.length);
    const there = compiled?.results.get(t);
    return there ? [whole, this.module.comparison(t, there)] : [whole];
  }

  // ----------------------------------------------------------------------------------------------------------- forward

  private forwardSteps(): ForwardStep[] {
    const shown = reassemble(this.forward, this.trail.builder).filter(isDefining);
    const tensors = [...new Set(shown.map((s) => s.tensor))];
    return tensors.map((t) => {
      const own = shown.filter((s) => s.tensor === t);
      const { origin } = own[0]!;
      return {
        ref: t.name,
        lines: own.flatMap(linesOf),
        place: placeOf(origin.span, this.trail.sources),
        within: withinOf(origin, this.trail.sources),
        readBy: this.readersOf(t, shown),
      };
    });
  }

  private names(): Name[] {
    const { sources } = this.trail;
    const statements = [...this.forward, ...this.backward];
    const read = new Set(
      statements.flatMap((s) => [...tensorsRead(s), ...(isDefining(s) ? [s.tensor] : [])]),
    );
    return [...read].map((t) => {
      const numbers = this.sample?.numbers(t, this.trail);
      return {
        ref: t.name,
        role: t.role === "adjoint" ? "gradient" : t.role,
        shape: shapeOf(t.shape, textOf),
        place: placeOf(t.span, sources),
        ...(t.doc === undefined ? {} : { doc: t.doc }),
        ...(numbers === undefined ? {} : { numbers }),
      };
    });
  }
}

/** The steps that looked through this one. */
function absorbedInto(ref: Ref, simplify: readonly Rewrite[]): Ref[] {
  return [...new Set(simplify.filter((r) => r.through.includes(ref)).map((r) => r.ref))];
}
