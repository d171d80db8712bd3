/** A model in the reference interpreter, in 64 bits, against its fixture. */
import { readdirSync } from "node:fs";
import { expect } from "vitest";
import type { Model } from "../support/model.ts";
import { model } from "../support/model.ts";
import type { Cells, Fixture, Tolerance } from "./fixture.ts";
import { expectNear, readFixture, sourceOf } from "./fixture.ts";

const tolerance: Tolerance = { relative: 1e-9, ofLargest: 1e-13, absolute: 1e-14 };

/** The files of a folder beside this one. */
export const filesOf = (folder: "fixtures" | "models"): string[] =>
  readdirSync(new URL(folder, import.meta.url));

export const fixtureNames: readonly string[] = filesOf("fixtures").map((file) => file.replace(/\.json$/, ""));

/** Inference, loss and gradients at the starting values, then training, a step a batch, and inference again. */
export function check(name: string, options: { readonly simplify: boolean }): void {
  const fixture = readFixture(name);
  const { batches, trained } = fixture;
  const batch = batches[0]!;
  const m = start(fixture, options.simplify);
  compareInference(m, batch, fixture.outputs, fixture.evaluated ?? fixture.loss);
  compareNumber("loss", m.backward(batch), fixture.loss);
  compare("gradient of", (parameter) => m.gradient(parameter), fixture.gradients);
  if (!trained) return;
  batches.forEach((b, turn) => {
    bindDims(m, fixture, turn);
    compareNumber(`loss of step ${turn + 1}`, m.step(b), trained.losses[turn]!);
  });
  bindDims(m, fixture, 0);
  compare("trained", (parameter) => m.parameter(parameter), trained.parameters);
  compare("trained state", (state) => m.parameter(state), trained.states);
  compareInference(m, batch, trained.outputs, trained.evaluated);
}

/** The model of a fixture, with its starting values. */
function start(fixture: Fixture, simplify: boolean): Model {
  const m = model(sourceOf(fixture), { sizes: fixture.sizes, simplify });
  bindDims(m, fixture, 0);
  expect(m.program.parameters.map((p) => p.name).sort()).toEqual(Object.keys(fixture.parameters).sort());
  for (const [name, numbers] of Object.entries(fixture.parameters)) m.parameter(name).set(numbers);
  for (const { parameter, state } of m.program.shadows.flatMap((shadow) => shadow.pairs))
    m.values.get(state)!.set(m.values.get(parameter)!);
  for (const [name, value] of Object.entries(fixture.hyper)) {
    m.values.get(m.program.hypers.find((h) => h.name === name)!)![0] = value;
  }
  return m;
}

/** The extents of a batch; what was computed with others is dropped. */
function bindDims(m: Model, { dims }: Fixture, batch: number): void {
  const passing = [...m.values.keys()].filter((t) => t.role === "definition" || t.role === "adjoint");
  for (const tensor of [...m.program.inputs, ...passing]) m.values.delete(tensor);
  for (const dim of m.program.dims) {
    const extent = dims[dim.name]!;
    m.dims.set(dim, typeof extent === "number" ? extent : extent[batch]!);
  }
}

function compareInference(m: Model, batch: Cells, expected: Cells, loss: number): void {
  const outputs = m.forward(batch);
  compare("output", (name) => outputs[name]!, expected);
  compareNumber("loss at inference", m.evaluate(batch), loss);
}

function compare(what: string, found: (name: string) => ArrayLike<number>, expected: Cells): void {
  for (const [name, numbers] of Object.entries(expected)) {
    expectNear(`${what} ${name}`, found(name), numbers, tolerance);
  }
}

function compareNumber(what: string, found: number, expected: number): void {
  expectNear(what, [found], [expected], tolerance);
}
