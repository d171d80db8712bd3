/** Products of square matrices in tiles of several shapes: how many operations a second the device does. */
import { compileClass } from "./compile.mjs";
import { timeOfOne } from "./timing.mjs";

const shape = (down, across, rows, beside, staged = 0) => ({
  down,
  across,
  size: rows * beside,
  beside,
  staged,
});

/** Tiles that do well on GPUs of different makes, beside those of registers alone. */
export const candidates = [
  shape(4, 4, 8, 8),
  shape(2, 4, 8, 8),
  shape(8, 4, 8, 8),
  shape(4, 8, 8, 8),
  shape(8, 8, 8, 8),
  shape(4, 4, 16, 16),
  shape(4, 4, 4, 16),
  shape(4, 4, 8, 8, 8),
  shape(4, 4, 8, 8, 32),
  shape(4, 4, 16, 16, 16),
  shape(4, 2, 8, 16, 32),
  shape(8, 8, 8, 8, 8),
];

export const nameOf = ({ down, across, size, beside, staged }) =>
  `${down}×${across} in ${size / beside}×${beside}${staged > 0 ? `, staged by ${staged}` : ""}`;

/** Which of the factors is stored the other way round: `N` not, `T` so. */
const forms = {
  NN: (c) => `sum[k] ${c}[i, k] * b[k, j]`,
  NT: (c) => `sum[k] ${c}[i, k] * b[j, k]`,
  TN: (c) => `sum[k] ${c}[k, i] * b[k, j]`,
};
export const formNames = Object.keys(forms);

/** A chain of products, of which only a number is read back. */
function chain(n, form, count) {
  const lines = Array.from(
    { length: count },
    (_, c) => `  c${c + 1}[i, j] = ${forms[form](c === 0 ? "a" : `c${c}`)}`,
  );
  return `model Products {
  input x: [1]
  param a: [${n}, ${n}] ~ normal(${Math.sqrt(1 / n)})
  param b: [${n}, ${n}] ~ normal(${Math.sqrt(1 / n)})
${lines.join("\n")}
  loss mean(c${count} * c${count}) + x[0]
  optimizer sgd(lr = 0.1)
}
`;
}

/** Operations a second of one product: a multiplication and an addition for each of its n³ terms. */
export async function measureProduct(compiler, device, n, form, tile, { turns, most }) {
  const chainOf = async (count) => {
    const name = `products-${form}-${n}-${count}`;
    const options = { level: 2, target: "webgpu", tiles: { always: tile } };
    const Model = await compileClass(compiler, name, chain(n, form, count), options);
    const model = await Model.create({ device });
    const x = new Float32Array(1);
    return { count, model, run: () => model.evaluate({ x }) };
  };
  const few = await chainOf(1);
  const many = await chainOf(most);
  const seconds = await timeOfOne(few, many, turns);
  few.model.destroy();
  many.model.destroy();
  return (2 * n ** 3) / seconds;
}
