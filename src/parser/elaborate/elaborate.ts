/** From a syntax tree to a program: layers instantiated, shapes checked, loops unrolled, equations in normal form. */
import type { Builder } from "../../ir/builder.ts";
import type { Diagnostics } from "../../ir/diagnostics.ts";
import { Reported } from "../../ir/diagnostics.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Sources } from "../../ir/source.ts";
import type { Dim, Expr, Program, Statement, Tensor } from "../../ir/types.ts";
import type { ModelDeclaration } from "../syntax.ts";
import { block } from "./block.ts";
import { call } from "./calls.ts";
import type { Elaboration, Environment, Gathered } from "./environment.ts";
import { attempt, report, suggestion } from "./environment.ts";
import { expression } from "./expressions.ts";
import type { ResolveImport, SourceText } from "./files.ts";
import { Files } from "./files.ts";
import { requireCountless } from "./lasting.ts";
import { elaborateOptimizers } from "./optimizer.ts";
import { checkParts } from "./parts.ts";
import { matching } from "./patterns.ts";
import type { FileScope } from "./scope.ts";
import { Scope } from "./scope.ts";
import type { Value } from "./values.ts";
import { isConstant, scalar, sizeOf, truthOf } from "./values.ts";

export interface ElaborationInput {
  readonly source: SourceText;
  readonly library: readonly SourceText[];
  readonly resolveImport: ResolveImport;
  /** A file of functions and layers, for others to import, is no mistake. */
  readonly mayBeLibrary?: boolean;
  /** Which model, where the file has several. */
  readonly model?: string | undefined;
  /** Values for sizes and dimensions, by name. */
  readonly sizes: ReadonlyMap<string, number | boolean>;
  readonly builder: Builder;
  readonly sources: Sources;
  readonly diagnostics: Diagnostics;
}

/** The program of one model, or null where the diagnostics say why there is none. */
export function elaborate(input: ElaborationInput): Program | null {
  return elaborateAll(input, true)[0] ?? null;
}

/**
 * The programs of all models of the file, or of the one that is named. `isOne`: several are a mistake. None where the
 * diagnostics say why.
 */
export function elaborateAll(input: ElaborationInput, isOne = false): Program[] {
  const { diagnostics, sources, source } = input;
  const files = new Files(sources, diagnostics, input.resolveImport, input.library);
  const home = files.open(source.file, source.text);
  const models = chooseModels(input, home, isOne);
  const programs = models.map((model) => {
    const elab = newElaboration(input);
    const env = modelEnvironment(elab, home);
    attempt(() => bindSizes(elab, env, model));
    checkSettings(elab, env, models);
    try {
      block(elab, model.body, env);
    } catch (e) {
      if (!(e instanceof Reported)) throw e;
    }
    const program = finish(elab, model);
    checkParts(elab);
    return program;
  });
  return diagnostics.hasErrors ? [] : programs;
}

/** Empty where the diagnostics say why, or where the file is a library and may be one. */
function chooseModels(input: ElaborationInput, home: FileScope, isOne: boolean): readonly ModelDeclaration[] {
  const { diagnostics, source } = input;
  const models = home.models;
  const start = { file: source.file, start: 0, end: Math.min(1, source.text.length) };
  const chosen = models.filter((m) => input.model === undefined || m.name.text === input.model);
  if (chosen.length > 1 && isOne) {
    const names = models.map((m) => `\`${m.name.text}\``).join(", ");
    diagnostics.report(
      "NN2025",
      models[1]!.name.span,
      { problem: `this file has several models: ${names}` },
      { help: "name one: `--model Name`" },
    );
    return [];
  }
  if (chosen.length > 0) return chosen;
  const isLibrary = input.mayBeLibrary && input.model === undefined && home.declares;
  if (diagnostics.hasErrors || isLibrary) return [];
  const problem =
    input.model === undefined ? "this file has no model" : `this file has no model \`${input.model}\``;
  const names = models.map((m) => m.name.text);
  const help = input.model === undefined ? "write `model Name { … }`" : suggestion(input.model, names);
  diagnostics.report("NN2025", start, { problem }, { help });
  return [];
}

function newElaboration(input: ElaborationInput): Elaboration {
  const { builder: b, sources, diagnostics } = input;
  const nowhere = { file: input.source.file, start: 0, end: 0 };
  const builtin = (name: string, type: "i32" | "bool"): Tensor =>
    b.tensor({ name, type, shape: [], role: "builtin", span: nowhere });
  const gathered: Gathered = {
    dims: [],
    inputs: [],
    parameters: [],
    states: [],
    optimizerStates: [],
    shadows: [],
    hypers: [],
    outputs: [],
    metrics: [],
    forward: [],
    statistics: [],
    update: [],
    initialise: [],
    loss: null,
    optimizers: [],
    frozen: [],
  };
  const elab: Elaboration = {
    builder: b,
    sources,
    diagnostics,
    gathered,
    builtins: {
      step: builtin("step", "i32"),
      pass: builtin("pass", "i32"),
      seed: builtin("seed", "i32"),
      training: builtin("training", "bool"),
    },
    instances: new Map(),
    sizes: input.sizes,
    names: new Set(["step", "seed", "training"]),
    indexNames: new Map(),
    parts: new Map(),
    unknown: new Set(),
    places: { next: 0 },
    limits: { turns: 0, calls: 0 },
    expression: (e, env) => expression(elab, e, env),
    call: (e, env) => call(elab, e, env),
    block: (body, env, result) => block(elab, body, env, result),
  };
  return elab;
}

function modelEnvironment(elab: Elaboration, home: FileScope): Environment {
  return {
    scope: new Scope(),
    home,
    owner: "model",
    path: "",
    uses: new Map(),
    indices: [],
    assumptions: [],
    protect: null,
    emit: elab.gathered.forward,
    calls: [],
    evaluated: new Map(),
    turns: [],
  };
}

/** Sizes of the model: set from outside, or their defaults. */
function bindSizes(elab: Elaboration, env: Environment, model: ModelDeclaration): void {
  const { builder: b } = elab;
  for (const p of model.sizes) {
    const name = p.name.text;
    const set = elab.sizes.get(name);
    const wantsTruth = p.type?.element === "bool";
    const mayBeFraction = p.type === undefined || (p.type.element === "float" && !p.type.extents);
    const fits = (v: Value): boolean =>
      wantsTruth
        ? truthOf(v) !== undefined
        : sizeOf(v) !== undefined || (mayBeFraction && truthOf(v) === undefined && isConstant(v));
    attempt(() => {
      const given = set === undefined ? undefined : scalar(constant(b, set));
      const value = given ?? (p.default ? elab.expression(p.default, env) : undefined);
      const problem = !value
        ? "has no default: set it, `--set`"
        : !fits(value) || (typeof set === "number" && !Number.isFinite(set))
          ? `must be ${wantsTruth ? "true or false" : mayBeFraction ? "a number" : "an integer"}`
          : undefined;
      if (problem) report(elab, env, "NN2031", p.span, { name, problem });
      else env.scope.bind(name, { kind: "value", value: value!, span: p.span, constant: "size" });
    });
    if (!env.scope.own(name)) env.scope.bind(name, { kind: "failed", span: p.span });
  }
}

const constant = (b: Builder, set: number | boolean): Expr =>
  typeof set === "boolean" ? b.bool(set) : Number.isSafeInteger(set) ? b.integer(set) : b.number(set);

/** What is set from outside must be there to be set, in one of the models. */
function checkSettings(elab: Elaboration, env: Environment, models: readonly ModelDeclaration[]): void {
  const known = models.flatMap(({ sizes, body }) => [
    ...sizes.map((p) => p.name.text),
    ...body.flatMap((s) => (s.kind === "dim" ? [s.name.text] : [])),
  ]);
  for (const name of elab.sizes.keys()) {
    if (!known.includes(name))
      report(elab, env, "NN2030", models[0]!.name.span, { name }, { help: suggestion(name, known) });
  }
}

function finish(elab: Elaboration, model: ModelDeclaration): Program {
  const { gathered, builder: b } = elab;
  markDims(gathered);
  requireCountless(elab);
  const { loss } = gathered;
  const frozen = new Set(gathered.frozen.flatMap((f) => [...matching(elab, f.env, f.statement.patterns)]));
  const trained = gathered.parameters.filter((p) => !frozen.has(p));
  const gradients = loss ? trained.map((p) => gradientTensor(elab, p)) : [];
  const backward: Statement[] = [];
  if (loss) {
    const origin = { span: loss.span, name: `d${loss.name}` };
    backward.push({
      kind: "gradient",
      id: b.id(),
      of: loss,
      wrt: trained,
      results: gradients,
      origin,
    });
    requireTrained(elab, trained);
    elaborateOptimizers(elab, trained, gradients);
  } else if (gathered.optimizers[0] && !model.body.some((s) => s.kind === "loss")) {
    const { statement, env } = gathered.optimizers[0];
    report(
      elab,
      env,
      "NN2025",
      statement.span,
      { problem: "an optimizer needs a loss to lower" },
      { help: "write `loss …`" },
    );
  }
  const { optimizers: _, frozen: __, loss: ___, ...lists } = gathered;
  return {
    ...lists,
    name: model.name.text,
    ...(model.doc === undefined ? {} : { doc: model.doc }),
    span: model.span,
    builtins: elab.builtins,
    loss,
    trained,
    gradients,
    backward,
  };
}

/** An optimizer that has nothing to train is hardly meant; what it should train may have failed, though. */
function requireTrained(elab: Elaboration, trained: readonly Tensor[]): void {
  const { optimizers, parameters } = elab.gathered;
  const [first] = optimizers;
  if (!first || trained.length > 0 || elab.diagnostics.hasErrors) return;
  const why = parameters.length > 0 ? "every parameter is frozen" : "the model has no parameters";
  report(elab, first.env, "NN2042", first.statement.span, { why });
}

function gradientTensor(elab: Elaboration, p: Tensor): Tensor {
  const tensor = elab.builder.tensor({
    name: `d${p.name}`,
    type: "f32",
    shape: p.shape,
    role: "adjoint",
    span: p.span,
  });
  elab.names.add(tensor.name);
  const names = elab.indexNames.get(p);
  if (names) elab.indexNames.set(tensor, names);
  return tensor;
}

/**
 * A dynamic dimension varies by call where it is the first dimension of an input (its count follows from the data)
 * and sizes nothing that lives longer than a call; all others are bound when the model is created.
 */
function markDims(gathered: Gathered): void {
  const lasting = new Set<Dim>();
  for (const t of [...gathered.parameters, ...gathered.states]) {
    visit(
      t.shape,
      () => undefined,
      (atom) => {
        if (atom.kind === "dim") lasting.add(atom);
      },
    );
  }
  for (const input of gathered.inputs) {
    const first = input.shape[0];
    const atom = first && first.constant === 0 && first.terms.length === 1 ? first.terms[0]!.atom : undefined;
    if (atom?.kind === "dim" && first!.terms[0]!.factor === 1 && !lasting.has(atom)) atom.varies = "call";
  }
}
