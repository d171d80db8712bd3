/** Groups of parameters, frozen ones, the gradient as an argument, its norm, several optimizers, copies of parameters. */
import { describe, expect, test } from "vitest";
import { tensorsRead, tensorsWritten } from "../../src/ir/dependences.ts";
import { check } from "../../src/index.ts";
import { matches } from "../../src/parser/elaborate/patterns.ts";
import type { Model } from "../support/model.ts";
import { close, model } from "../support/model.ts";

/** Two parameters with the gradients (3, 3) and 4. */
const source = (rest: string, before: string): string =>
  `${before}\nmodel M { param w: [2] ~ ones\n param b: [] ~ ones\n loss 3 * sum(w) + 4 * b\n ${rest} }`;

const plain = (rest: string, before = ""): Model => model(source(rest, before));

const values = (m: Model): number[] => [...m.parameter("w"), ...m.parameter("b")];

const codes = (rest: string, before = ""): string[] =>
  check(source(rest, before)).diagnostics.map((d) => `${d.code}: ${d.message}`);

describe("groups", () => {
  test("override arguments; of several the last wins, argument by argument", () => {
    const m = plain(`optimizer sgd(lr = 0.1, decay = 0.5)
      for "w", "b" (lr = lr / 10, decay = 0)
      for "b" (lr = 10 * lr)`);
    m.step();
    close(values(m), [1 - 0.01 * 3, 1 - 0.01 * 3, 1 - 1 * 4]);
    expect(m.program.hypers.map((h) => h.name)).toEqual(["lr", "decay"]);
  });
  test("follow the hypers of the optimizer", () => {
    const m = plain(`optimizer sgd(lr = 0.1) for "b" (lr = lr / 10)`);
    m.values.get(m.program.hypers[0]!)![0] = 1;
    m.step();
    close(values(m), [1 - 3, 1 - 3, 1 - 0.1 * 4]);
  });
  test.each([
    ["encode", "encode", true],
    ["*", "h.linear.W", true],
    ["*.b", "h.linear.b", true],
    ["*.b", "h.linear.bias", false],
    ["h.*.b", "h.3.linear.b", true],
    ["h*ear.*", "h.linear.W", true],
    ["a*b*c", "aXbYbc", true],
    ["a*b*c", "aXbYb", false],
    ["", "w", false],
    ["w", "w2", false],
    ["ŷ.*", "ŷ.linear.W", true],
  ])("%s and %s", (pattern, path, expected) => expect(matches(pattern, path)).toBe(expected));
  test("a pattern matches what stands below a path, and no other name that begins so", () => {
    const m = model(`model M { input x: [3]
      h = linear(2)
      h2 = x |> h |> linear(2)
      loss sum(h2)
      optimizer sgd(lr = 1) for "h" (lr = 0) }`);
    const before = m.program.parameters.map((p) => [...m.parameter(p.name)]);
    m.step({ x: [1, 2, 3] });
    const moved = m.program.parameters.map((p, k) => m.parameter(p.name).some((v, i) => v !== before[k]![i]));
    expect(m.program.parameters.map((p) => p.name)).toEqual(["h.W", "h.b", "h2.linear.W", "h2.linear.b"]);
    expect(moved).toEqual([false, false, true, true]);
  });
  test("must match, and give arguments that there are, by name and once", () => {
    expect(codes(`optimizer sgd() for "v" (lr = 1)`)).toEqual(['NN2040: no parameter matches "v"']);
    expect(codes(`optimizer sgd() for "w" (rate = 1)`)).toEqual([
      "NN2010: wrong arguments for `sgd`: it has no parameter `rate`",
    ]);
    expect(codes(`optimizer sgd() for "w" (0.1)`)).toEqual([
      "NN2010: wrong arguments for `sgd`: what is different for some parameters is given by name",
    ]);
    expect(codes(`optimizer sgd() for "w" (lr = 1, lr = 2)`)).toEqual([
      "NN2010: wrong arguments for `sgd`: `lr` is given twice",
    ]);
  });
});

describe("freezing", () => {
  const deep = (freeze: string): Model =>
    model(`model M { input x: [4, 3]
      a = x |> linear(3) |> tanh
      b = a |> linear(3) |> tanh
      c = b |> linear(2)
      loss mean(c^2)
      ${freeze}
      optimizer adam(lr = 0.1) }`);
  const x = Array.from({ length: 12 }, (_, i) => Math.sin(i));

  test("takes gradients, states and updates away", () => {
    const m = deep('freeze "a", "*.b"');
    expect(m.program.trained.map((p) => p.name)).toEqual(["b.linear.W", "c.linear.W"]);
    expect(m.program.gradients).toHaveLength(2);
    expect(m.program.optimizerStates).toHaveLength(4);
    const before = m.program.parameters.map((p) => [...m.parameter(p.name)]);
    const loss = m.step({ x });
    expect(m.step({ x })).toBeLessThan(loss);
    const moved = m.program.parameters.map((p, k) => m.parameter(p.name).some((v, i) => v !== before[k]![i]));
    const trained = m.program.parameters.map((p) => m.program.trained.includes(p));
    expect(moved).toEqual(trained);
  });
  test("takes the pass back through them away", () => {
    const all = deep("").built.graphs.backward.statements;
    const last = deep('freeze "a", "b"').built.graphs.backward.statements;
    const adjoints = last.flatMap(tensorsWritten).filter((t) => t.name.startsWith("d"));
    expect(
      adjoints.every((t) => /^d(loss|c)/.test(t.name)),
      adjoints.map((t) => t.name).join(),
    ).toBe(true);
    expect(last.length).toBeLessThan(all.length - 4);
  });
  test("of everything leaves a step that only computes the loss", () => {
    const m = deep('freeze "*"');
    expect(m.program.hypers.map((h) => h.name)).toEqual(["lr", "beta1", "beta2", "epsilon"]);
    expect(m.built.graphs.update.statements).toEqual([]);
    expect(m.built.graphs.backward.statements.flatMap(tensorsWritten).map((t) => t.name)).not.toContain(
      "dloss",
    );
    const loss = m.step({ x });
    expect(loss).toBeGreaterThan(0);
    expect(m.step({ x })).toBe(loss);
  });
  test("leaves the derivative by a frozen parameter that the source asks for", () => {
    const m = plain('freeze "w"\n output g = grad(sum(w^3), w)\n optimizer sgd()');
    close(m.forward().g!, [3, 3]);
  });
  test("must match", () => {
    expect(codes('freeze "embed"')).toEqual(['NN2040: no parameter matches "embed"']);
  });
  test("stands in a model, outside loops", () => {
    expect(codes('for i in 0..2 { freeze "w" }')).toEqual(["NN2019: `freeze` can't stand in a `for`"]);
  });
});

describe("the gradient as an argument", () => {
  test("is what the optimizer takes for it; `parameter` and `gradient` are the raw ones", () => {
    const m = plain("optimizer sgd(lr = 0.1, gradient = gradient + 0.5 * parameter)");
    m.step();
    close(values(m), [1 - 0.1 * 3.5, 1 - 0.1 * 3.5, 1 - 0.1 * 4.5]);
  });
  test("may differ in a group, where it is the raw one again", () => {
    const m = plain('optimizer sgd(lr = 0.1, gradient = 2 * gradient) for "b" (gradient = gradient + lr)');
    m.step();
    close(values(m), [1 - 0.1 * 6, 1 - 0.1 * 6, 1 - 0.1 * 4.1]);
  });
  test("has the shape of the parameter, and is given once", () => {
    expect(codes("optimizer sgd(gradient = w @ w)")).toEqual([]);
    expect(codes('optimizer sgd() for "b" (gradient = w)')[0]).toMatch(/^NN2013/);
    expect(codes("optimizer sgd(gradient = 1, gradient = 2)")[0]).toMatch(/^NN2010.*given twice/);
  });
  test("an argument that depends on the parameter is computed before the first update", () => {
    for (const lr of ["parameter", "1 * parameter", "1 * parameter + 0 * gradient"]) {
      const m = plain(
        `optimizer late(lr = ${lr})`,
        "optimizer late(lr) { update parameter = 10 * parameter\n update parameter = parameter - lr * gradient }",
      );
      m.step();
      close(values(m), [10 - 3, 10 - 3, 10 - 4]);
    }
  });
  test("is no parameter that an optimizer declares", () => {
    expect(codes("optimizer mine()", "optimizer mine(gradient = 1) { update parameter = gradient }")).toEqual(
      ["NN2002: `gradient` is already defined"],
    );
  });
});

describe("gradient_norm", () => {
  const norm = Math.sqrt(9 + 9 + 16);
  test("is that of all trained parameters, in arguments and in the functions called there", () => {
    const scaled = "fn scaled(g, by) = g / gradient_norm * by\n";
    for (const rest of [
      "optimizer sgd(lr = 1, gradient = gradient / gradient_norm)",
      "optimizer sgd(lr = 1 / gradient_norm)",
      "optimizer sgd(lr = 1, gradient = scaled(gradient, by = 1))",
    ]) {
      const m = plain(rest, scaled);
      m.step();
      close(values(m), [1 - 3 / norm, 1 - 3 / norm, 1 - 4 / norm]);
    }
    const m = plain('freeze "b"\n optimizer sgd(lr = 1 / gradient_norm)');
    m.step();
    close(m.parameter("w"), [1 - 3 / Math.sqrt(18), 1 - 3 / Math.sqrt(18)]);
  });
  test("is computed once, by one sum for each parameter", () => {
    const m = plain(
      "optimizer adam(gradient = clip_by_norm(gradient, 1))\n optimizer sgd(lr = gradient_norm)",
    );
    const { statements } = m.built.graphs.update;
    const sums = statements.filter((s) => s.kind === "equation" && s.reducer === "sum");
    expect(sums.map((s) => tensorsRead(s)[0]!.name)).toEqual(["dw"]);
    expect(statements.flatMap(tensorsWritten).filter((t) => t.name === "gradient_norm")).toHaveLength(1);
  });
  test("of gradients that are 0 clips nothing", () => {
    const m = model(`model M { param w: [2] ~ ones\n loss 0 * sum(w)
      optimizer sgd(lr = 1, gradient = clip_by_norm(gradient, 1)) }`);
    m.step();
    close(m.parameter("w"), [1, 1]);
  });
  test("is unknown elsewhere", () => {
    expect(codes("output y = w * gradient_norm")).toEqual(["NN2001: `gradient_norm` is not defined"]);
    expect(codes("output y = clip_by_norm(w, 1)")).toEqual(["NN2001: `gradient_norm` is not defined"]);
    const start = "optimizer mine() { state s = gradient_norm\n update s = s }";
    expect(codes("optimizer mine()", start)).toEqual(["NN2001: `gradient_norm` is not defined"]);
  });
});

describe("several optimizers", () => {
  test("are taken in order, each seeing what the earlier ones did", () => {
    const m = plain("optimizer sgd(lr = 0.1)\n optimizer average(decay = 0.5)");
    m.step();
    close(m.parameter("w.average.average"), [0.85, 0.85]);
    m.step();
    close(m.parameter("w.average.average"), [(0.85 + 0.4) / 2, (0.85 + 0.4) / 2]);
  });
  test("an argument that an earlier one has already is called after its optimizer", () => {
    const m = plain(`optimizer adamw()
      optimizer average(decay = 0.9)
      optimizer average(decay = 0.99)`);
    const names = ["lr", "beta1", "beta2", "epsilon", "decay", "average_decay", "average2_decay"];
    expect(m.program.hypers.map((h) => h.name)).toEqual(names);
    expect(m.program.shadows.map((s) => s.name)).toEqual(["average", "average2_average"]);
    expect(m.program.optimizerStates.map((t) => t.name)).toContain("w.average2.average");
  });
});

describe("states", () => {
  test("may start as the parameter, whatever is drawn for it", () => {
    const m = model(`model M { param w: [5] ~ normal\n param b: [] ~ normal\n loss sum(w) + b
      optimizer sgd()\n optimizer average() }`);
    const [shadow] = m.program.shadows;
    expect(shadow!.name).toBe("average");
    expect(shadow!.pairs.map((p) => [p.parameter.name, p.state.name])).toEqual([
      ["w", "w.average.average"],
      ["b", "b.average.average"],
    ]);
    expect(new Set(m.parameter("w")).size).toBe(5);
    for (const { parameter, state } of shadow!.pairs) close(m.values.get(state)!, m.values.get(parameter)!);
  });
  test("that start otherwise are no copies", () => {
    const m = plain("optimizer mine()", "optimizer mine() { state s = 2 * parameter\n update s = 0 * s }");
    expect(m.program.shadows).toEqual([]);
    close(m.parameter("w.mine.s"), [2, 2]);
  });
  test("may have a shape of their own", () => {
    const m = plain("optimizer mine()", "optimizer mine() { state n: [] = 1\n update n = n + 1 }");
    m.step();
    close(m.parameter("w.mine.n"), [2]);
    const wider = plain(
      "optimizer mine()",
      "optimizer mine() { state s: [2, 2] = parameter\n update s = s }",
    );
    close(wider.parameter("w.mine.s"), [...wider.parameter("w"), ...wider.parameter("w")]);
    expect(wider.program.shadows).toEqual([]);
  });
  test("do not start from the gradient", () => {
    const start = "optimizer mine() { state s = gradient\n update parameter = s }";
    expect(codes("optimizer mine()", start)).toEqual([
      "NN2011: the start of `s` can only depend on the parameter, not on its gradient",
    ]);
  });
  test("of the model are not an optimizer's to update", () => {
    const wrong = "optimizer mine(s) { update s = 1 }";
    expect(codes("state t: [] = 0\n optimizer mine(t)", wrong)[0]).toMatch(/^NN2023/);
  });
});

describe("arguments", () => {
  test("that are off by default are no hypers until they are given", () => {
    expect(plain("optimizer sgd()").program.hypers.map((h) => h.name)).toEqual(["lr"]);
    expect(plain("optimizer sgd(decay = 0)").program.hypers.map((h) => h.name)).toEqual(["lr", "decay"]);
  });
  test("do not depend on the data", () => {
    expect(codes("input x: [2]\n optimizer sgd(lr = sum(x))")).toEqual([
      "NN2011: an optimizer can't depend on `x`, which changes with the data",
    ]);
    expect(codes("input x: [2]\n y = sum(x)\n optimizer sgd(lr = y)")[0]).toMatch(/^NN2011/);
    expect(codes("dim n <= 4\n input x: [n]\n optimizer sgd(lr = 0.1 / n)")).toEqual([
      "NN2011: an optimizer can't depend on `n`, which changes with the data",
    ]);
    expect(codes("rate = cosine(0.1, 10)\n optimizer sgd(lr = rate)")).toEqual([]);
  });
  test("reductions in a body are those of the parameter", () => {
    const m = plain(
      "optimizer unit()",
      "optimizer unit() { length = sqrt(sum(parameter^2))\n update parameter = parameter / length }",
    );
    m.step();
    close(values(m), [Math.SQRT1_2, Math.SQRT1_2, 1]);
  });
});
