/** A layer with its sizes is a value that may be given to functions and layers. */
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { close, model } from "../support/model.ts";

const around = `
fn around(x, f) = x + f(x)
fn twice(x, f) = x |> f |> f
layer wrapped(inner)(x: [...s, n]) -> [...s, n] {
  param gain: [n] ~ 2
  return gain * inner(x)
}
layer plain()(x: [...s, n]) -> [...s, n] {
  param w: [n] ~ 3
  return x * w
}
`;

const parametersOf = (body: string): string[] =>
  model(`${around}model M {\n input x: [2, 2]\n${body}\n}`).program.parameters.map((p) => p.name);

const value = (body: string): number[] =>
  model(`${around}model M {\n input x: [2]\n${body}\n output y\n}`).forward({ x: [1, 2] }).y!;

describe("an instance as an argument", () => {
  test("bound to a name: its parameters are that name's", () => {
    close(value("f = plain()\n y = x |> around(f)"), [4, 8]);
    expect(parametersOf("f = plain()\n output h = x |> around(f)")).toEqual(["f.w"]);
  });
  test("made where it stands: its parameters are those of the definition", () => {
    close(value("y = x |> around(plain())"), [4, 8]);
    expect(parametersOf("output h = x |> around(plain())")).toEqual(["h.plain.w"]);
    expect(parametersOf("output h = x |> around(plain()) |> around(plain())")).toEqual([
      "h.plain.w",
      "h.plain2.w",
    ]);
    expect(parametersOf("h = x\n for l in 0..2 { h = h |> around(plain()) }\n output y = h + 0")).toEqual([
      "h.0.plain.w",
      "h.1.plain.w",
    ]);
  });
  test("the example of the reference", () => {
    const source = `fn around(x, f) = x + f(x)
    model M {\n input x: [8, 4]\n f = linear(4)\n h = x |> around(f) |> around(f) |> around(linear(4))\n output y = h\n}`;
    expect(model(source).program.parameters.map((p) => p.name)).toEqual([
      "f.W",
      "f.b",
      "h.linear.W",
      "h.linear.b",
    ]);
  });
  test("by name, and applied twice it is shared", () => {
    close(value("y = twice(x, f = plain())"), [9, 18]);
    expect(parametersOf("output h = x |> twice(plain())")).toEqual(["h.plain.w"]);
  });
  test("of a layer", () => {
    close(value("y = x |> wrapped(plain())"), [6, 12]);
    expect(parametersOf("output h = x |> wrapped(plain())").toSorted()).toEqual([
      "h.plain.w",
      "h.wrapped.gain",
    ]);
    expect(parametersOf("f = plain()\n g = wrapped(f)\n output h = x |> g").toSorted()).toEqual([
      "f.w",
      "g.gain",
    ]);
  });
  test("gradients flow through", () => {
    const source = `${around}model M {\n input x: [2]\n f = plain()\n y = x |> around(f) |> wrapped(f)\n loss sum(y^2)\n}`;
    expect(model(source).gradientError({ x: [1, 2] })).toBeLessThan(1e-6);
  });
});

test("where a tensor is wanted it is still a mistake", () => {
  const codes = (body: string): string[] =>
    check(`${around}fn sized(x: [n]) = x\nmodel M {\n input x: [2]\n${body}\n}`).diagnostics.map(
      (d) => d.code,
    );
  expect(codes("output y = sized(plain())")).toEqual(["NN2011"]);
  expect(codes("output y = around(plain(), plain())")).toEqual(["NN2011"]);
  expect(codes("output y = around(x, x)")).toEqual(["NN2011"]);
});
