/**
 * Every scalar function in models of its own: what shaders compute at the edges of its arguments, values and gradients,
 * beside the interpreter. A function that is added to the table fails here until it is spelled and its tolerance is stated.
 */
import { expect, test } from "vitest";
import type { AtomName } from "../../src/ir/atoms.ts";
import { atomNames, atoms } from "../../src/ir/atoms.ts";
import { children } from "../../src/ir/rewrite.ts";
import type { Expr, ScalarType } from "../../src/ir/types.ts";
import { describeOnDawn } from "../support/dawn.ts";
import type { Built } from "../support/model.ts";
import { build, Model } from "../support/model.ts";
import { edges, gridOf, isNear } from "./edges.ts";
import { onGpu } from "./gpu.ts";
import { Machine } from "./machine.ts";

type Within = readonly [relative: number, absolute: number];

interface Row {
  /** As the language has it, of operands. */
  readonly spelled: (...operands: string[]) => string;
  readonly value: Within;
  readonly gradient: Within;
  /** Where it is tried; without, at all edges of its types. */
  readonly arguments?: readonly (readonly number[])[];
  /** Truth values have to be made numbers. */
  readonly takesNumbers?: true;
  /** Where less is promised. */
  readonly isVague?: (argument: number) => boolean;
}

const row = (spelled: Row["spelled"], value: Within = [0, 0], gradient: Within = value): Row => {
  return { spelled, value, gradient };
};
const infix =
  (operator: string): Row["spelled"] =>
  (a, b) =>
    `${a} ${operator} ${b}`;
const called =
  (name: string): Row["spelled"] =>
  (...operands) =>
    `${name}(${operands.join(", ")})`;
/** Integers are divided by what is at least 1. */
const divisors = edges.i32.filter((n) => n > 0);
const upTo = (limit: number) => (x: number) => Math.abs(x) > limit;

/** `random` is no function of what a model gives it: it has a test of its own below. */
const rows: Readonly<Record<Exclude<AtomName, "random">, Row>> = {
  add: row(infix("+"), [1e-7, 0]),
  sub: row(infix("-"), [1e-7, 0]),
  mul: row(infix("*"), [1e-7, 0]),
  div: row(infix("/"), [4e-7, 0], [2e-6, 0]),
  neg: row((a) => `-(${a})`),
  pow: {
    ...row(infix("^"), [2e-5, 0], [1e-4, 1e-6]),
    arguments: [
      edges.f32.filter((x) => Math.abs(x) <= 30),
      [-30, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 7, 30],
    ],
  },
  // WGSL has it within 3 + 2·|x| units in the last place.
  exp: row(called("exp"), [2e-5, 0]),
  // Of 0 it is that of the smallest number, about −87.3: see below.
  log: { ...row(called("log"), [4e-6, 4e-6], [1e-6, 0]), isVague: (x) => x === 0 },
  sqrt: row(called("sqrt"), [1e-6, 0]),
  tanh: row(called("tanh"), [1e-6, 0], [1e-6, 1e-6]),
  sigmoid: row(called("sigmoid"), [2e-5, 0], [2e-5, 1e-6]),
  softplus: row(called("softplus"), [2e-5, 0]),
  erf: row(called("erf"), [1e-6, 0], [2e-5, 0]),
  sin: { ...row(called("sin"), [1e-6, 2e-7]), isVague: upTo(1000) },
  cos: { ...row(called("cos"), [1e-6, 2e-7]), isVague: upTo(1000) },
  abs: row(called("abs")),
  sign: row(called("sign")),
  floor: row(called("floor")),
  min: row(called("min")),
  max: row(called("max")),
  select: row((c, a, b) => `if ${c} then ${a} else ${b}`),
  lt: row(infix("<")),
  le: row(infix("<=")),
  eq: row(infix("==")),
  and: row(infix("and")),
  or: row(infix("or")),
  not: row((a) => `not ${a}`),
  cast: { ...row((a) => `0.5 * ${a}`), takesNumbers: true },
  flush: row(called("flush")),
  stop_gradient: row(called("stop_gradient")),
  integer_div: { ...row(infix("div")), arguments: [edges.i32, divisors] },
  integer_mod: { ...row(infix("mod")), arguments: [edges.i32, divisors] },
};

/** What the language has for integers beside the functions of the table: conditions, and constant divisors. */
const ofIntegers: readonly (readonly [Row["spelled"], ScalarType])[] = [
  ...["<", "<=", "==", "!=", ">", ">="].map((o) => [infix(o), "bool"] as const),
  ...["a div 3", "a mod 3", "(a - 7) div 4", "(2 * a + 1) mod 5", "a - 3 * b + 2"].map(
    (text) => [(a: string, b: string) => text.replace("a", a).replace("b", b), "i32"] as const,
  ),
  [(a, b) => `if ${a} < ${b} or ${a} == 3 then ${a} - ${b} else ${b} mod 4`, "i32"],
];

const types = ["f32", "i32", "bool"] as const;

/** The types of arguments that the table allows and the language can spell. */
function signaturesOf(name: AtomName): ScalarType[][] {
  const lists = Array.from({ length: atoms[name].arity }).reduce<ScalarType[][]>(
    (all) => all.flatMap((list) => types.map((t) => [...list, t])),
    [[]],
  );
  return lists.filter((list) => atoms[name].type(list) !== null);
}

interface Tried {
  readonly title: string;
  readonly name: string;
  readonly row: Row;
  readonly built: Built;
  /** The values of each argument. */
  readonly given: Readonly<Record<string, readonly number[]>>;
}

/** Truth values are no numbers: where one is wanted, it is chosen by them. */
const asNumber = (type: ScalarType, text: string): string =>
  type === "bool" ? `(if ${text} then 1 else 0)` : text;

function tried(name: string, own: Row, signature: readonly ScalarType[], result: ScalarType): Tried {
  const lists = gridOf(own.arguments ?? signature.map((type) => edges[type]));
  const names = signature.map((_, k) => "abc"[k]!);
  const length = lists[0]!.length;
  const declared = signature.map((type, k) => {
    if (type === "f32") return `param ${names[k]}: [${length}] ~ zeros`;
    return `input ${names[k]}: ${type === "i32" ? "int" : "bool"}[${length}]`;
  });
  const operands = signature.map((type, k) =>
    own.takesNumbers ? asNumber(type, `${names[k]}[i]`) : `${names[k]}[i]`,
  );
  const source = `model Tried {
  ${declared.join("\n  ")}
  input weight: [${length}]
  y[i] = ${own.spelled(...operands)}
  output y
  loss sum[i] weight[i] * ${asNumber(result, "y[i]")}
  optimizer sgd(lr = 0.1)
}`;
  const weight = Array.from({ length }, (_, i) => (i % 3 === 0 ? -1 : 1));
  const given = { ...Object.fromEntries(names.map((n, k) => [n, lists[k]!])), weight };
  return { title: `${name} of ${signature.join(", ")}`, name, row: own, built: build(source), given };
}

/** The scalar functions that a model is made of. */
function atomsOf({ graphs }: Built): Set<AtomName> {
  const found = new Set<AtomName>();
  const seen = new Set<Expr>();
  const walk = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === "apply") found.add(e.atom);
    children(e).forEach(walk);
    if (e.kind !== "affine") return;
    for (const { atom } of e.terms) {
      if (atom.kind === "opaque") walk(atom.value);
      if (atom.kind === "floor" || atom.kind === "modulo") walk(atom.value);
    }
  };
  for (const s of graphs.backward.statements) if (s.kind === "equation") walk(s.body);
  return found;
}

/** What is wrong, a few of it. */
async function mistakes(gpu: GPUDevice, level: 0 | 2, { row, built, given }: Tried): Promise<string[]> {
  const { made, program } = onGpu(built, level);
  const reference = new Model(built);
  const machine = await Machine.of(gpu, program, reference.dims);
  const { parameters, inputs, outputs, gradients, trained } = reference.program;
  const names = Object.keys(given).filter((n) => n !== "weight");
  const found: string[] = [];
  const compare = (what: string, values: ArrayLike<number>, expected: ArrayLike<number>, within: Within) => {
    for (let i = 0; i < expected.length; i++) {
      const args = names.map((n) => given[n]![i]!);
      if (isNear(values[i]!, expected[i]!, within) || args.some((x) => row.isVague?.(x))) continue;
      found.push(`${what} at ${args.join(", ")} is ${values[i]}, not ${expected[i]}`);
    }
  };
  for (const t of parameters) {
    reference.of(t).set(given[t.name]!);
    machine.set(t, given[t.name]!);
  }
  for (const t of inputs) if (program.places.has(t)) machine.set(t, given[t.name]!);
  const passed = Object.fromEntries(inputs.map((t) => [t.name, given[t.name]!]));
  const value = (t: (typeof inputs)[number]): number => reference.of(t)[0]!;
  const results = outputs.map((o) => o.tensor);
  await machine.run(made.forward, value);
  const values = await machine.get(results);
  reference.forward(passed);
  for (const t of results) compare(t.name, values.get(t)!, reference.of(t), row.value);
  await machine.run(made.backward, value);
  const derived = await machine.get(gradients);
  reference.backward(passed);
  gradients.forEach((t, k) =>
    compare(`the gradient of ${trained[k]!.name}`, derived.get(t)!, reference.of(t), row.gradient),
  );
  machine.destroy();
  return found;
}

const functions = (Object.keys(rows) as (keyof typeof rows)[]).flatMap((name) =>
  signaturesOf(name).map((own) => tried(name, rows[name], own, atoms[name].type(own)!)),
);
const integers = ofIntegers.map(([spelled, result]) =>
  tried(spelled("a", "b"), row(spelled), ["i32", "i32"], result),
);

test("every scalar function is tried, as itself", () => {
  expect([...Object.keys(rows), "random"].toSorted()).toEqual(atomNames.toSorted());
  // What a gradient stops at is gone from a graph.
  const missing = (Object.keys(rows) as AtomName[]).filter(
    (name) => !functions.some((t) => t.name === name && atomsOf(t.built).has(name)),
  );
  expect(missing).toEqual(["stop_gradient"]);
});

describeOnDawn("on a device", (gpu) => {
  test.each([...functions, ...integers])("$title", async (one) => {
    for (const level of [0, 2] as const) {
      const found = await mistakes(gpu(), level, one);
      expect(found.slice(0, 8), `${found.length} at level ${level}`).toEqual([]);
    }
  });
});
