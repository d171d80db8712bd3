/** A gradient, node by node: every definition with its value, then every step of the chain rule with its value. */
import type { Builder } from "../../../src/ir/builder.ts";
import { tensorsRead } from "../../../src/ir/dependences.ts";
import { extentsOf, interpret } from "../../../src/ir/interpreter.ts";
import { printExpr, printStatement } from "../../../src/ir/printer.ts";
import { reassemble } from "../../../src/ir/reassemble.ts";
import type { AdjointStep, Equation, Expr, Gradient, Statement, Tensor } from "../../../src/ir/types.ts";
import type { Compiled } from "./compile.ts";
import type { DeriveOptions, Derived } from "./derive.ts";
import { derive } from "./derive.ts";
import type { Given } from "./reference.ts";
import { arrayOf, named, Reference } from "./reference.ts";

/** A tensor on the way forward: given, or defined by a formula. */
export interface ForwardStep {
  readonly name: string;
  readonly tensor: Tensor;
  readonly role: "input" | "parameter" | "definition";
  /** As printed, with reductions in their place: `z[j] = Σ_k W[k, j]·x[k]`; empty for what is given. */
  readonly formula: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** One factor of the chain rule: the derivative of a definition by one of the things that it reads. */
export interface LocalGradient {
  /** The definition that was differentiated. */
  readonly of: Tensor;
  readonly wrt: Tensor;
  /** `∂z/∂w`. */
  readonly name: string;
  /** The derivative as printed: `x`. */
  readonly formula: string;
  /** Its value at every place of the loops of the definition; one number for scalars. */
  readonly values: () => readonly number[];
}

/** An adjoint statement: what one definition contributes to a gradient. */
export interface BackwardStep {
  /** The gradient: `dw`. */
  readonly name: string;
  readonly tensor: Tensor;
  /** What it is the gradient by. */
  readonly wrt: Tensor;
  /** `dw = dz·x`; with `+=` where paths meet. */
  readonly formula: string;
  /** `∂L/∂z · ∂z/∂w`; `1` at the start. */
  readonly chain: string;
  readonly local: readonly LocalGradient[];
  /** What differentiation wrote down: the statements that were differentiated, their reads and partial derivatives. */
  readonly steps: readonly AdjointStep[];
  readonly shape: readonly number[];
  /** What this statement adds. */
  readonly contribution: readonly number[];
  /** The gradient after it. */
  readonly values: readonly number[];
}

export interface Trace {
  readonly of: Tensor;
  readonly derived: Derived;
  readonly forward: readonly ForwardStep[];
  readonly backward: readonly BackwardStep[];
  /** The value of an input, a parameter or a definition. */
  value(name: string): readonly number[];
  /** The gradient of `of` by something of that name. */
  gradient(name: string): readonly number[];
}

export interface TraceOptions extends DeriveOptions {
  /** Counts of dynamic dimensions by name. */
  readonly dims?: Readonly<Record<string, number>>;
}

/** Evaluates a definition and its gradients in 64 bits at given inputs and parameters. */
export function trace(compiled: Compiled, given: Given, options: TraceOptions = {}): Trace {
  const derived = derive(compiled, options);
  const { of, forward, backward } = derived;
  const memory = new Reference(compiled, { dims: options.dims ?? {} });
  const { inputs, parameters } = compiled.program;
  for (const [name, numbers] of Object.entries(given))
    memory.values.set(named([...inputs, ...parameters], name), arrayOf(numbers));
  const evaluation = new Evaluation(memory, compiled.context.builder, of);
  const steps = evaluation.forward(forward);
  const adjoints = evaluation.backward(backward);
  const found = <T>(step: T | undefined, name: string): T => {
    if (step === undefined) throw new Error(`the trace of ${of.name} has no ${name}`);
    return step;
  };
  return {
    of,
    derived,
    forward: steps,
    backward: adjoints,
    value: (name) =>
      found(
        steps.find((s) => s.name === name),
        name,
      ).values,
    gradient: (name) =>
      found(
        adjoints.findLast((s) => s.wrt.name === name),
        name,
      ).values,
  };
}

class Evaluation {
  private readonly memory: Reference;
  private readonly b: Builder;
  private readonly of: Tensor;
  /** What has a gradient of its own in the graph. */
  private readonly reached = new Set<Tensor>();

  constructor(memory: Reference, b: Builder, of: Tensor) {
    this.memory = memory;
    this.b = b;
    this.of = of;
  }

  forward(statements: readonly Statement[]): ForwardStep[] {
    interpret(statements, this.memory);
    const read = new Set(statements.flatMap(tensorsRead));
    const { inputs, parameters } = this.memory.program;
    const given = [...inputs, ...parameters].filter((t) => read.has(t));
    return [
      ...given.map((t) => this.step(t, t.role === "parameter" ? "parameter" : "input", "")),
      ...reassemble(statements, this.b).flatMap((s) =>
        s.kind === "gradient" ? [] : [this.step(s.tensor, "definition", printStatement(s))],
      ),
    ];
  }

  /** The parts of an adjoint are evaluated from its first on, since each evaluation begins with zeros. */
  backward(statements: readonly Statement[]): BackwardStep[] {
    const parts = new Map<Tensor, Statement[]>();
    for (const s of statements) for (const step of s.origin.steps ?? []) this.reached.add(step.wrt);
    return statements.flatMap((s) => {
      if (s.kind === "gradient") return [];
      const before = parts.has(s.tensor) ? this.now(s.tensor) : [];
      const list = [...(parts.get(s.tensor) ?? []), s];
      parts.set(s.tensor, list);
      interpret(list, this.memory);
      return [this.adjoint(s, before)];
    });
  }

  private step(tensor: Tensor, role: ForwardStep["role"], formula: string): ForwardStep {
    return { name: tensor.name, tensor, role, formula, shape: this.shape(tensor), values: this.now(tensor) };
  }

  private adjoint(s: Exclude<Statement, Gradient>, before: readonly number[]): BackwardStep {
    const steps = s.origin.steps ?? [];
    const values = this.now(s.tensor);
    const local = steps.flatMap((step) => this.localGradient(step));
    const [first] = steps;
    const factors = steps.map((step) =>
      step.kind === "seed"
        ? "1"
        : `${this.derivative(this.of, this.shownFor(tensorOf(step.of)))} · ${this.nameOf(step)}`,
    );
    return {
      name: s.tensor.name,
      tensor: s.tensor,
      wrt: first?.wrt ?? s.tensor,
      formula: printStatement(s),
      chain: [...new Set(factors)].join(" + "),
      local,
      steps,
      shape: this.shape(s.tensor),
      contribution: values.map((v, i) => v - (before[i] ?? 0)),
      values,
    };
  }

  private localGradient(step: AdjointStep): LocalGradient[] {
    const { of, partial, wrt } = step;
    if (of.kind !== "equation" || !partial) return [];
    return [
      {
        of: of.tensor,
        wrt,
        name: this.nameOf(step),
        formula: printExpr(partial),
        values: () => this.overLoops(of, partial),
      },
    ];
  }

  /** The values of an expression over the loops of an equation. */
  private overLoops(of: Equation, body: Expr): readonly number[] {
    const { b } = this;
    const indices = [...of.indices, ...of.reduced];
    const shape = indices.map((i) => i.extent);
    const tensor = b.tensor({
      name: "local",
      type: body.type,
      shape,
      role: "definition",
      span: of.origin.span,
    });
    const target = indices.map((i) => b.of(i));
    const whole = { ...of, tensor, indices, target, reduced: [], reducer: null, accumulate: false, body };
    interpret([b.equation(whole)], this.memory);
    return this.now(tensor);
  }

  private nameOf({ of, wrt }: AdjointStep): string {
    return this.derivative(this.shownFor(tensorOf(of)), wrt);
  }

  /** A reduction inside of a definition, once its gradient has been simplified away, is part of the definition. */
  private shownFor(t: Tensor): Tensor {
    return t.hoistedFrom && !this.reached.has(t) ? this.shownFor(t.hoistedFrom) : t;
  }

  private derivative(of: Tensor, wrt: Tensor): string {
    return `∂${of.name}/∂${wrt.name}`;
  }

  private shape(t: Tensor): readonly number[] {
    return extentsOf(t, this.memory.dims);
  }

  private now(t: Tensor): readonly number[] {
    return [...(this.memory.values.get(t) ?? [])];
  }
}

const tensorOf = (s: Statement): Tensor => (s.kind === "gradient" ? s.of : s.tensor);
