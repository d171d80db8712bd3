/** Mistakes in whole models and files: one report each, where it belongs, with the right help, and nothing in its wake. */
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";

/** Inside a model with a batch of rows, images, sequences and labels. */
const inModel = (body: string): string =>
  `model M {\ndim batch <= 8\ninput x: [batch, 4]\ninput img: [batch, 8, 8, 3]\n` +
  `input seq: [batch, 5, 4]\ninput label: int[batch] < 4\n${body}\n}`;

const trained = (rest: string): string => inModel(`h = x |> linear(1)\nloss mean(h^2)\n${rest}`);

type Case = readonly [source: string, code: string, says: string];

function expectOne([source, code, says]: Case): void {
  const { diagnostics } = check(source);
  expect(diagnostics.map((d) => d.code)).toEqual([code]);
  const [found] = diagnostics;
  expect([found!.message, found!.help ?? "", ...found!.notes.map((n) => n.message)].join("\n")).toContain(
    says,
  );
}

describe("what another framework writes", () => {
  const cases: readonly Case[] = [
    ["h = nn.Linear(4, 10)(nn.x)\noutput h", "NN1001", "`f(x)`"],
    ["output y = concat([x, x])", "NN1002", "two tensors"],
    ["output y = reshape(x, [batch, 2, 2])", "NN1002", "one by one"],
    ["output y = x |> residual(z => z)", "NN1002", "expected an expression"],
    ["output y = mean(x, axis = 0, keepdim = true)", "NN2010", "nothing needs to be kept"],
    ["def f(x): return x", "NN1002", "`fn f(x) = …`"],
    ["y, h = seq |> lstm(3)\noutput y", "NN1002", "one tensor"],
    ["output y = x[:2]", "NN1002", "`y[i < 10] = x[i]`"],
    ["output y = x |> batch_norm", "NN2011", "`|> batch_norm()`"],
    ["output y = x |> linear", "NN2011", "`|> linear(…)`"],
    ["output y = img |> batch_norm(3)", "NN2038", "the channels are found from x"],
    ["output y = x |> layer_norm(4)", "NN2038", "the extents are found from x"],
    ["output y = x |> rms_norm(4)", "NN2038", "the extents are found from x"],
    ["output y = reshape(x, -1, -1)", "NN2033", "one extent may be -1"],
    ["f = linear(3) |> relu\noutput y = f(x)", "NN2011", "`x |> …`"],
    ["output y = relu x", "NN1002", "applied as `f(x)`"],
    ["output y = x @ 2", "NN2003", "multiplied with `*`"],
    ["output y = if label == 1 then x else 0", "NN2004", "aligned at the last dimension"],
    ["output y[b, j < 9] = (x[b, j] else true)", "NN2009", "what lies outside"],
    ["input 🙂: [3]\noutput y = x", "NN1001", "🙂"],
  ];
  test.each(cases)("%s", (body, code, says) => expectOne([inModel(body), code, says]));
});

describe("integers", () => {
  const cases: readonly Case[] = [
    ["output y[i < (4 - 3) div 0] = i", "NN2041", "it is 0"],
    ["k = 3 mod (2 - 2)\noutput y = x + k", "NN2041", "`mod`"],
    ["output y[b] = label[b] div -2", "NN2041", "it is -2"],
    ["output y[i < 2^-1] = i", "NN2012", "an integer"],
    ["output y[i < 2^40] = i", "NN2012", "an integer"],
    ["output y = x + max[k < 0] k", "NN2036", "`k`"],
    ["output y = x + mean[k < 0] k", "NN2036", "`k`"],
  ];
  test.each(cases)("%s", (body, code, says) => expectOne([inModel(body), code, says]));
  test("to the power of one another are integers", () => {
    expect(check(inModel("output y[i < 2^3] = sum[b, k < 2^0 + 1] x[b, k] * i")).diagnostics).toEqual([]);
  });
});

describe("a loop or a part that fails", () => {
  const cases: readonly Case[] = [
    [
      "dim time <= 6\ninput s: [batch, time, 4]\noutput y = s |> gru(3)",
      "NN2012",
      "make the dimension static",
    ],
    [
      "dim time <= 6\ninput s: [batch, time, 4]\ny: [batch, time]\nfor t in 0..time { y[b, t] = s[b, t, 0] }\noutput y",
      "NN2012",
      "make the dimension static",
    ],
    ["y: [batch, 4]\nfor l in 0..4 { y[b, l] = x[b, l + 1] }\noutput z = y + 1", "NN2008", "outside"],
    ["y = x\nfor l in 4..0 { y = y + 1 }\noutput y", "NN2025", "counts up"],
    ["h = x\nfor l in 0..3 { h = h |> linear(7)\n z = nope }\nloss mse(h, x)", "NN2001", "`nope`"],
    ["y: [2, 4]\ny[0] = nope\ny[1] = x[0]\noutput z = y + 1", "NN2001", "`nope`"],
    ["y: [2, 4]\ny[0] = x[0]\ny[1] = nope\noutput z = y + 1", "NN2001", "`nope`"],
    ["state s: int[3] = 0\nupdate s = s + 1\noutput y = x", "NN2009", "an integer"],
    ['for i in 0..3 { require i < 2 else "small" }\noutput y = x', "NN2038", "`i` is 2"],
  ];
  test.each(cases)("%s", (body, code, says) => expectOne([inModel(body), code, says]));
});

describe("the start of a recurrent layer", () => {
  const cases: readonly Case[] = [
    ["input s: [2, batch, 3]\nl = lstm(3)\noutput y = l(seq, s)", "NN2013", "[batch, 3]"],
    ["input s: [batch, 4]\nl = lstm(3)\noutput y = l(seq, 0, s)", "NN2013", "[batch, 3]"],
    ["input s: [batch, 4]\nl = gru(3)\noutput y = l(seq, s)", "NN2013", "[batch, 3]"],
  ];
  test.each(cases)("%s", (body, code, says) => expectOne([inModel(body), code, says]));
});

describe("a start made of data", () => {
  const cases: readonly Case[] = [
    ["state s: [batch, 4] = x\nupdate s = s + 1\noutput y = x", "NN2011", "`x`"],
    ["h = x[0]\nparam W: [4] ~ h\noutput y = x * W", "NN2011", "`h`"],
    ["param W: [4] ~ normal(0, 1 / batch)\noutput y = x * W", "NN2011", "`batch`"],
  ];
  test.each(cases)("%s", (body, code, says) => expectOne([inModel(body), code, says]));
  test("but not one of sizes and other parameters", () => {
    const body = "k = 3 * 2\nparam V: [4] ~ normal(0, 1 / k)\nparam W: [4] ~ 2 * V\noutput y = x * W + V";
    expect(check(inModel(body)).diagnostics).toEqual([]);
  });
});

describe("training", () => {
  const cases: readonly Case[] = [
    ['freeze "*"\noptimizer sgd()', "NN2042", "every parameter is frozen"],
    ["freeze h\noptimizer sgd()", "NN1002", '`"encode.W"`'],
    ['optimizer sgd() for "*.b" ()', "NN2010", "what is different"],
    ['for "*.b" (lr = 0)\noptimizer sgd()', "NN1002", "a group follows its optimizer"],
    ["optimizer sgd() for h.linear.b (lr = 0)", "NN1001", "`f(x)`"],
    ["optimizer sgd(lr = x)", "NN2004", "broadcast"],
    ["output z = gradient", "NN2001", "only an optimizer"],
    ["k = nope + x\noutput z = nope * nope\noutput w = nope", "NN2001", "`nope`"],
    ['k = x |> linear()\nfreeze "k"', "NN2010", "`units`"],
    ["output z = clip_by_norm(x, 1)", "NN2001", "only an optimizer"],
  ];
  test.each(cases)("%s", (body, code, says) => expectOne([trained(body), code, says]));
  test("needs parameters", () => {
    expectOne([inModel("loss mean(x)\noptimizer sgd()"), "NN2042", "no parameters"]);
  });
  test("by an optimizer needs an update", () => {
    const optimizer = "optimizer o(lr = 0.1) { parameter = parameter - lr * gradient }\n";
    expectOne([optimizer + trained("optimizer o()"), "NN2025", "`update parameter = …`"]);
    const both = "optimizer o() { parameter = 2\n update parameter = parameter }\n";
    expectOne([both + trained("optimizer o()"), "NN2002", "`update parameter = …`"]);
  });
});

describe("functions and layers", () => {
  const cases: readonly Case[] = [
    ["fn f(x) {\nreturn x\nreturn x + 1 }\nmodel M { input x: [3]\noutput y = f(x) }", "NN2025", "`return`"],
    ["fn f(x) {\nreturn z\nz = x }\nmodel M { input x: [3]\noutput y = f(x) }", "NN2025", "`return`"],
    [
      "layer deep(n: int)(x) { return x |> linear(3) |> deep(n - 1) }\nmodel M { input x: [3]\noutput y = x |> deep(3) }",
      "NN2016",
      "`deep`",
    ],
    [
      "fn f(x: [...s(axis), n, ...t], axis: int = 1) {\n  m[...i(5), ...k] = mean[j] x[...i, j, ...k]\n  return m\n}\nmodel M { input x: [3, 4]\noutput y = f(x) }",
      "NN2006",
      "may be from -2 to 1",
    ],
  ];
  test.each(cases)("%s", (source, code, says) => expectOne([source, code, says]));
  test("may call themselves where that ends", () => {
    const source =
      "layer deep(n: int)(x) { return if n == 0 then x else (x |> linear(3) |> deep(n - 1)) }\n" +
      "model M { input x: [3]\noutput y = x |> deep(3) }";
    expect(check(source).diagnostics).toEqual([]);
  });
});

describe("files", () => {
  const cases: readonly Case[] = [
    ["input x: [2, 3]\noutput y = x\n", "NN1002", "`model Name { … }`"],
    ["from torch import nn\nmodel M { input x: [3]\noutput y = x }", "NN1002", "import { block }"],
    ['import "./x.nn"\nmodel M { input x: [3]\noutput y = x }', "NN1002", "import { block }"],
    ['import { linear } from "std"\nmodel M { input x: [3]\noutput y = x }', "NN2026", "needs no import"],
    ["model M { input x: [3]\nreturn = 3 }", "NN1002", "expected an expression"],
  ];
  test.each(cases)("%s", (source, code, says) => expectOne([source, code, says]));
});

describe("sizes of a model", () => {
  const scaled = "model M(rate = 0.5, n: int = 3) { input x: [n]\noutput y = x * rate }";
  test("without a type may be fractions", () => {
    expect(check(scaled).diagnostics).toEqual([]);
    expect(check(scaled, { sizes: { rate: 0.25 } }).diagnostics).toEqual([]);
  });
  test.each<Record<string, number | boolean>>([{ rate: true }, { rate: NaN }, { n: 2.5 }, { n: true }])(
    "are checked: %j",
    (sizes) => {
      expect(check(scaled, { sizes }).diagnostics.map((d) => d.code)).toEqual(["NN2031"]);
    },
  );
});

describe("imports", () => {
  const files: Record<string, string> = {
    "./broken.nn": "fn f(x = x",
    "./model.nn": "model N { input x: [3]\noutput y = x }",
    "./cycle.nn": 'import { g } from "./other.nn"\nfn f(x) = g(x)',
    "./other.nn": 'import { f } from "./cycle.nn"\nfn g(x) = f(x) + 1',
  };
  const importing = (names: string, file: string): ReturnType<typeof check> =>
    check(`import { ${names} } from "${file}"\nmodel M { input x: [3]\noutput y = f(x) }`, {
      resolveImport: (name) => (files[name] === undefined ? null : { file: name, text: files[name] }),
    });
  test.each([
    ["f", "./broken.nn", "NN1003"],
    ["N as f", "./model.nn", "NN2027"],
    ["f", "./cycle.nn", "NN2016"],
    ["f", "./missing.nn", "NN2026"],
  ])("of %s from %s", (names, file, code) => {
    expect(importing(names, file).diagnostics.map((d) => d.code)).toEqual([code]);
  });
});
