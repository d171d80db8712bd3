/** What people who know other frameworks write, and what they are told: one report each, with the right help. */
import { expect, test } from "vitest";
import { check } from "../../src/index.ts";

const mistakes: readonly (readonly [body: string, code: string, help: string])[] = [
  ["h = layer_norm(x)\noutput y = h", "NN2020", "`x |> layer_norm()`"],
  ["output y = linear(x, 10)", "NN2020", "`x |> linear(…)`"],
  ["h = linear(10)\noutput y = h", "NN2011", "`x |> h`"],
  ["param W: [10, 4] ~ normal\noutput y = x @ W", "NN2003", "`W: [4, 10]`"],
  ["output y[b] = x[b, 1.5]", "NN2015", "`div`"],
  ["output y = x[:, -1]", "NN2008", "the last is 3"],
  ["input t: int[batch]\nloss cross_entropy(x, t)", "NN2008", "`input t: int[…] < 4`"],
  ["input t: [batch, 4]\nloss cross_entropy(x, t)", "NN2009", "`argmax(rows)`"],
  ["output y = softmax(x, dim = 1)", "NN2010", "it takes `z`"],
  ["output y = if x = 3 then 1 else 0", "NN1002", "`==`"],
  ["h == x\noutput h", "NN1002", "`=`"],
  ["let h = x\noutput h", "NN1002", "`h = …`"],
  ["output y = x[:, 0:2]", "NN1002", "`y[i < 10] = x[i]`"],
  ["output y = x[..., 0]", "NN1002", "`...i`"],
  ["output y[b] = sum x[b, k]", "NN1002", "`sum[k] x[k]`"],
  ["for l in range(3) { h = x }", "NN1002", "`for i in 0..n { … }`"],
  ["output y = if x > 0 then x", "NN1002", "`if c then a else b`"],
  ["output y = x.mean()", "NN1001", "`f(x)`"],
  ["input t: [width]", "NN2001", "`dim width <= 128`"],
  ["output y[b] = x[b, j]", "NN2001", "`sum[j] …`"],
  ["param W: [4] ~ he_unifrom", "NN2001", "`he_uniform`"],
  ["output y = if 0 < x < 1 then 1 else 0", "NN1009", ""],
  ["output y = max(x, 0,)", "NN1002", ""],
];

test.each(mistakes)("%s", (body, code, help) => {
  const { diagnostics } = check(`model M {\ndim batch <= 8\ninput x: [batch, 4]\n${body}\n}`);
  expect(diagnostics.map((d) => d.code)).toEqual([code]);
  expect(diagnostics[0]!.help ?? "").toContain(help);
});
