/** Blocks that compute by element: functions, broadcasting, conditions, shifts, slices, reductions. */
import type { Choose, Draw, Extent, Value } from "./draft.ts";
import { at, isFloat, letters } from "./draft.ts";

export type Block = (d: Draw, choose: Choose) => void;

/** Functions of one number kept in their safe ranges, and how large they get for |x| ≤ 3. */
const unary: readonly (readonly [(x: string) => string, number])[] = [
  [(x) => `tanh(${x})`, 1],
  [(x) => `sigmoid(${x})`, 1],
  [(x) => `exp(${x} / 2)`, 5],
  [(x) => `log(${x}^2 + 0.5)`, 3],
  [(x) => `sqrt(${x}^2 + 0.3)`, 4],
  [(x) => `softplus(${x})`, 4],
  [(x) => `erf(${x})`, 1],
  [(x) => `sin(${x})`, 1],
  [(x) => `cos(2 * ${x})`, 1],
  [(x) => `abs(${x} + 0.1)`, 3],
  [(x) => `sign(${x} - 0.05)`, 1],
  [(x) => `${x} - floor(${x} + 0.123)`, 1],
  [(x) => `relu(${x})`, 3],
  [(x) => `leaky_relu(${x})`, 3],
  [(x) => `gelu(${x})`, 3],
  [(x) => `silu(${x})`, 3],
  [(x) => `-${x}`, 3],
  [(x) => `1 / (1 + exp(-${x}))`, 1],
  [(x) => `${x}^3 / 9`, 3],
  [(x) => `2^${x} / 4`, 2],
  [(x) => `(${x}^2 + 1)^-0.5`, 1],
  [(x) => `min(${x}, 0.4) + max(-0.3, ${x})`, 4],
];

const binary: readonly (readonly [(x: string, y: string) => string, number])[] = [
  [(x, y) => `${x} + ${y}`, 6],
  [(x, y) => `(${x} - ${y}) / 2`, 3],
  [(x, y) => `${x} * ${y}`, 9],
  [(x, y) => `${x} / (1 + ${y}^2)`, 3],
  [(x, y) => `max(${x}, ${y})`, 3],
  [(x, y) => `min(${x}, ${y})`, 3],
  [(x, y) => `if ${x} > ${y} then ${x} else ${y} / 2`, 3],
  [(x, y) => `if ${x} > 0.1 and ${y} < 0.2 or not ${x} >= -0.5 then ${x} * 0.7 else ${y}`, 3],
  [(x, y) => `if ${x} > 0.3 then log(${x}) else ${y}`, 3],
  [(x, y) => `(${x}^2 + 0.2)^(${y} / 3)`, 10],
];

const pointwise: Block = (d, choose) => {
  const [f, bound] = unary[choose(unary.length)]!;
  const v = d.find(choose, isFloat)!;
  const isIndexed = choose(2) === 1;
  d.define(f(isIndexed ? at(v) : v.name), v.shape, bound, isIndexed);
};

/** Does `small` fit the last dimensions of `large`, as NumPy broadcasts? */
const broadcasts = (small: Value, large: Value): boolean => {
  const offset = large.shape.length - small.shape.length;
  return offset >= 0 && small.shape.every((e, k) => e === 1 || e === large.shape[offset + k]);
};

const combine: Block = (d, choose) => {
  const [f, bound] = binary[choose(binary.length)]!;
  const x = d.find(choose, isFloat)!;
  const y = d.find(choose, (v) => isFloat(v) && broadcasts(v, x))!;
  const isIndexed = choose(2) === 1;
  const offset = x.shape.length - y.shape.length;
  const shifted = Object.fromEntries(y.shape.map((e, k) => [k, e === 1 ? "0" : letters[offset + k]!]));
  d.define(isIndexed ? f(at(x), at(y, shifted)) : f(x.name, y.name), x.shape, bound, isIndexed);
};

const hasFixed = (v: Value): boolean => isFloat(v) && v.shape.some((e) => e !== "batch");
/** A dimension of known extent. */
function fixed(v: Value, choose: Choose): readonly [number, number] {
  const places = v.shape.flatMap((e, k) => (e === "batch" ? [] : [[k, e] as const]));
  return places[choose(places.length)]!;
}

const replace = (shape: readonly Extent[], k: number, e: Extent): Extent[] =>
  shape.map((old, at) => (at === k ? e : old));

/** A part of a dimension: reversed, strided, cut, spread, shifted with something else outside. */
const subscripted: Block = (d, choose) => {
  const v = d.find(choose, hasFixed);
  if (!v) return;
  const [k, e] = fixed(v, choose);
  const i = letters[k]!;
  const read = (s: string): string => at(v, { [k]: s });
  const ways: readonly (() => unknown)[] = [
    () => d.define(read(`${e - 1} - ${i}`), v.shape, 3, true),
    () => d.define(read(`2 * ${i}`), replace(v.shape, k, Math.ceil(e / 2)), 3, true),
    () => d.define(read(`${i} + ${e > 1 ? 1 : 0}`), replace(v.shape, k, Math.max(1, e - 1)), 3, true),
    () => d.define(read(`${i} div 2`), replace(v.shape, k, 2 * e - 1), 3, true),
    () => d.define(read(`${i} mod ${e}`), replace(v.shape, k, e + 2), 3, true),
    () => d.define(`(${read(`${i} - 1`)} else 0)`, v.shape, 3, true),
    () => d.define(`(${read(`${i} + 1`)} else ${read("0")}) - ${at(v)} / 3`, v.shape, 4, true),
    () => d.define(`(${read(`2 * ${i} - 1`)} else 0.5) * ${at(v)}`, v.shape, 9, true),
    () => d.define(`(${read(`${e} - ${i}`)} else ${at(v)}^2) / 3`, v.shape, 3, true),
    () => d.define(`if ${i} >= 1 then ${read(`${i} - 1`)} else ${at(v)} * 0.5`, v.shape, 3, true),
    () => d.define(`${at(v)} * (${i} + 1) / ${e}`, v.shape, 3, true),
    () => d.define(`if ${i} mod 2 == 0 then ${at(v)} else -0.5`, v.shape, 3, true),
    () =>
      d.define(
        `${v.name}[${v.shape.map((_, n) => (n === k ? `${choose(e)}` : ":")).join(", ")}]`,
        v.shape.filter((_, n) => n !== k),
        3,
      ),
  ];
  ways[choose(ways.length)]!();
};

/** Sums over a window, a prefix, with weights. */
const windowed: Block = (d, choose) => {
  const v = d.find(choose, hasFixed);
  if (!v) return;
  const [k, e] = fixed(v, choose);
  const i = letters[k]!;
  const read = (s: string): string => at(v, { [k]: s });
  const w = d.param([3]);
  const out = Math.floor((e + 1) / 2);
  const ways: readonly (() => unknown)[] = [
    () => d.define(`sum[u < 3] (${read(`${i} + u - 1`)} else 0) * ${w}[u]`, v.shape, 5, true),
    () =>
      d.define(
        `sum[u < 3] (${read(`2 * ${i} + u - 1`)} else 0) * ${w}[u]`,
        replace(v.shape, k, out),
        5,
        true,
      ),
    () => d.define(`sum[u < 3] (${read(`${i} + 2 * u - 2`)} else 0) * ${w}[u]`, v.shape, 5, true),
    () => d.define(`max[u < 2] (${read(`2 * ${i} + u`)} else ${w}[0])`, replace(v.shape, k, out), 3, true),
    () => d.define(`sum[q < ${e}] (if q <= ${i} then ${read("q")} * ${w}[q mod 3] else 0)`, v.shape, 9, true),
    () => d.define(`prod[u < 2] (1 + ${w}[u] * (${read(`${i} - u`)} else 0) / 4)`, v.shape, 4, true),
    () => d.define(`mean[u < 3] (${read(`${i} - u`)} else ${w}[u])^2`, v.shape, 9, true),
    () => d.define(`min[u < 3] ((${read(`3 * ${i} - u`)} else 2.5) + ${w}[u])`, v.shape, 5, true),
  ];
  ways[choose(ways.length)]!();
};

const reducers = ["sum", "mean", "max", "min", "prod"] as const;

/** Reduces one dimension, by index or by axis, or keeps the reduction inside a larger formula. */
const reduced: Block = (d, choose) => {
  const v = d.find(choose, (x) => isFloat(x) && x.shape.length > 0);
  if (!v) return;
  const k = choose(v.shape.length);
  const reducer = reducers[choose(reducers.length)]!;
  if (v.shape[k] === "batch" && (reducer === "sum" || reducer === "prod")) d.isDuplicable = false;
  const body = reducer === "prod" ? `(1 + ${at(v, { [k]: "q" })} / 5)` : at(v, { [k]: "q" });
  const rest = v.shape.filter((_, n) => n !== k);
  const names = letters.filter((_, n) => n !== k && n < v.shape.length);
  switch (choose(3)) {
    case 0:
      // Inside the formula of a value of the same shape.
      return void d.define(`${at(v)} - (${reducer}[q] ${body})`, v.shape, 20, true);
    case 1: {
      const name = d.fresh("v");
      const left = rest.length > 0 ? `[${names.join(", ")}]` : "";
      d.line(`${name}${left} = tanh(${reducer}[q] ${body})`);
      return d.add(name, rest);
    }
    default:
      return void d.define(
        `${reducer}(${reducer === "prod" ? `1 + ${v.name} / 5` : v.name}, axis = ${k})`,
        rest,
        20,
      );
  }
};

/** Which place is largest, and what stands there. */
const extreme: Block = (d, choose) => {
  const v = d.find(choose, (x) => hasFixed(x) && x.shape.length > 1);
  if (!v) return;
  const k = v.shape.length - 1;
  const e = v.shape[k]!;
  if (e === "batch") return;
  d.defineInteger(`${choose(2) ? "argmax" : "argmin"}[q] ${at(v, { [k]: "q" })}`, v.shape.slice(0, k), e);
};

/** A subscript that is data. */
const gathered: Block = (d, choose) => {
  const n = d.find(choose, (v) => v.type === "int");
  if (!n) return;
  const place = at(n);
  const table = d.find(
    choose,
    (v) =>
      isFloat(v) &&
      v.shape.length === n.shape.length + 1 &&
      v.shape.at(-1) === n.below &&
      n.shape.every((e, k) => e === v.shape[k]),
  );
  if (table && choose(2) === 0)
    return void d.define(at(table, { [n.shape.length]: place }), n.shape, 3, true);
  if (choose(2) === 0) {
    const letter = letters[n.shape.length]!;
    const w = d.param([n.below, 2]);
    return void d.define(`${w}[${place}, ${letter}]`, [...n.shape, 2], 3, true);
  }
  if (choose(2) === 0) {
    d.define(`if ${place} == ${choose(n.below)} then 1 else 0.25 * ${place}`, n.shape, 3, true);
    return;
  }
  const embedded = d.fresh("v");
  d.line(`${embedded} = ${n.name} |> embedding(${n.below}, 3)`);
  d.add(embedded, [...n.shape, 3]);
};

export const elementBlocks: readonly Block[] = [
  pointwise,
  combine,
  subscripted,
  windowed,
  reduced,
  extreme,
  gathered,
];
export { hasFixed, fixed, replace };
