/** Long lines are broken as prettier breaks them. */
import fc from "fast-check";
import * as prettier from "prettier";
import { expect, test } from "vitest";
import { brokenLines } from "../../src/codegen/layout.ts";

const format = (code: string): Promise<string> =>
  prettier.format(code, { parser: "typescript", printWidth: 100 });

/** What prettier makes of a statement written on one line, and what we make of it. */
async function both(statement: string, after = ""): Promise<[ours: string, theirs: string]> {
  const theirs = await format(statement + after);
  const wide = await prettier.format(statement + after, { parser: "typescript", printWidth: 10_000 });
  const ours = wide.split("\n").flatMap((line) => brokenLines(line, 100));
  return [ours.join("\n"), theirs];
}

const a = "alpha_of_some_length";
test.each([
  [`const total = ${a}[i * 16 + j] * ${a}[j] + ${a}[i] * ${a}[k] - ${a}[k] / ${a}[m];`, ""],
  [`${a}[i * 16 + j] = ${a}[i] > ${a}[k] + 12345678 ? ${a}[(i + 1) * 64 + k] : ${a}[(j - 1) * 64 + k];`, ""],
  [`const chosen = ${a} ? ${a}[i * 64 + k] : ${a}[j * 64 + k] > 1 ? ${a}[(j - 1) * 64 + k] : ${a};`, ""],
  [`${a} = Math.max(${a}, Math.max(0, ${a}[s * 512 + (2 * i + u) * 64 + (2 * j + v) * 8] + ${a}[k]));`, ""],
  [`${a}.values[i] = Math.tanh(${a}[i * 64 + k] + ${a}[j * 64 + k] * ${a}[(j - 1) * 64 + k] + 1);`, ""],
  [`if (!(${a} <= ${a}) && ${a}[i] === ${a}[i] && (${a}[k] > 1 || ${a}[j] < 2)) {`, "x();}"],
  [`if (typeof ${a}[0] !== "object") for (let d = ${a} + 1; d < ${a}.length; d++) ${a} *= ${a}[d];`, ""],
  [`for (let i = ${a} * ${a} - 1, ${a}_end = ${a} * ${a} * ${a}; i < ${a}_end; i++) {`, "x();}"],
  [`function f(${a}: Float32Array, b${a}: Map<string, number>, c?: readonly number[]): number {`, "x();}"],
  [`throw new RangeError(\`\${${a}}: \${${a}} is \${${a}}, but it must be an integer from \${${a}}\`);`, ""],
  [`const { parameters } = [{ name: "${a}", shape: [32, 128], values: parameters.${a}.b${a} }];`, ""],
  [
    `class A { readonly hyper: AHyper = { ${a}: 0.01, beta1: 0.9, beta2: 0.999, b${a}: 1e-8, decay: 0.5 }; }`,
    "",
  ],
  [`(() => { return ${a}[i] * ${a}[j] * ${a}[k] + ${a}[m] * -(${a}[i * 16 + j] * ${a}[i + j]); })();`, ""],
] as const)("%s", async (statement, after) => {
  expect(statement.length).toBeGreaterThan(80);
  const [ours, theirs] = await both(statement, after);
  expect(ours).toBe(theirs);
});

const name = fc.constantFrom("x", "logits", "probability_sum", "edges_argmax_max", "max_pool2d_x_s_at_k");
const number = fc.constantFrom("0", "1", "0.5", "6.283185307179586", "1e-7");
const expressions = fc.letrec<{ number: string; condition: string; index: string }>((tie) => ({
  index: fc.oneof(
    { maxDepth: 2 },
    name,
    fc
      .tuple(tie("index"), fc.constantFrom("*", "+", "-"), tie("index"))
      .map(([l, o, r]) => `(${l} ${o} ${r})`),
  ),
  number: fc.oneof(
    { maxDepth: 4, depthSize: "large" },
    name,
    number,
    fc.tuple(name, tie("index")).map(([t, i]) => `${t}[${i}]`),
    fc
      .tuple(tie("number"), fc.constantFrom("*", "+", "-", "/"), tie("number"))
      .map(([l, o, r]) => `(${l} ${o} ${r})`),
    tie("number").map((x) => `Math.exp(${x})`),
    tie("number").map((x) => `-(${x})`),
    fc.tuple(tie("number"), tie("number")).map(([x, y]) => `Math.max(${x}, ${y})`),
    fc.tuple(tie("condition"), tie("number"), tie("number")).map(([c, x, y]) => `(${c} ? ${x} : ${y})`),
  ),
  condition: fc.oneof(
    { maxDepth: 2 },
    fc
      .tuple(tie("number"), fc.constantFrom("<", "<=", "==="), tie("number"))
      .map(([l, o, r]) => `(${l} ${o} ${r})`),
    fc
      .tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
      .map(([l, o, r]) => `(${l} ${o} ${r})`),
    tie("condition").map((c) => `!(${c})`),
  ),
}));

test("statements of kernels, at random", async () => {
  const heads = fc.constantFrom("const value =", "total +=", "y[i * 64 + j] =", "return");
  const statements = fc.oneof(
    fc.tuple(heads, expressions.number).map(([head, value]) => `${head} ${value};`),
    expressions.condition.map((c) => `if (${c}) { x = 1; }`),
  );
  await fc.assert(
    fc.asyncProperty(statements, fc.integer({ min: 0, max: 3 }), async (statement, depth) => {
      const nested = `${"for (;;) {\n".repeat(depth)}${statement}\n${"}\n".repeat(depth)}`;
      const [ours, theirs] = await both(`function f() {\n${nested}}`);
      expect(ours).toBe(theirs);
    }),
    { numRuns: 200 },
  );
});
