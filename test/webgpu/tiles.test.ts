/** Contractions in tiles of several shapes, executed, against the interpreter of kernels. */
import { expect, test } from "vitest";
import type { Context } from "../../src/ir/context.ts";
import type { Kernel } from "../../src/ir/kernel.ts";
import type { TilesLaunch, TileShape } from "../../src/ir/launch.ts";
import type { Dim } from "../../src/ir/types.ts";
import { tilesOf } from "../../src/passes/dispatch/contractions.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { build } from "../support/model.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { runKernel, runShader, sampleOf, shaderOf } from "./kernels.ts";

interface Found {
  readonly kernel: Kernel;
  readonly launch: TilesLaunch;
  readonly context: Context;
}

/** The contractions of a model, each with tiles of this shape. */
function contractionsIn(source: string, tile: TileShape): Found[] {
  const { graphs, context } = build(source);
  return schedule(graphs, 1, context).kernels.flatMap((kernel) => {
    const launch = tilesOf(kernel.body, context.builder, { always: tile });
    return launch ? [{ kernel, launch, context }] : [];
  });
}

const shape = (
  down: number,
  across: number,
  staged = 0,
  [rows, beside]: readonly [rows: number, beside: number] = [4, 4],
): TileShape => ({ down, across, size: rows * beside, beside, staged });

async function agree(gpu: GPUDevice, found: Found, counts: Record<string, number> = {}): Promise<void> {
  const { kernel, launch, context } = found;
  const dims = new Map(kernel.dims.map((d): [Dim, number] => [d, counts[d.name] ?? Math.min(5, d.maximum)]));
  const values = sampleOf(kernel, dims);
  const expected = runKernel(kernel, values, dims);
  const shader = shaderOf(kernel, launch, context);
  const once = await runShader(gpu, shader, values, dims);
  const again = await runShader(gpu, shader, values, dims);
  for (const [tensor, numbers] of expected) {
    const got = once.get(tensor)!;
    expect([...again.get(tensor)!], "the same bits again").toEqual([...got]);
    const scale = Math.max(...numbers.map(Math.abs), 1e-3);
    const worst = numbers.reduce((most, x, i) => Math.max(most, Math.abs(got[i]! - x)), 0);
    if (!(worst <= 1e-5 * scale)) expect.fail(`${tensor.name} is off by ${worst}:\n${shader.text}`);
  }
}

/** C = A·B, with either of them stored the other way round. */
const product = (form: string, m: number, n: number, k: number): string => `model Product {
  input a: [${form[0] === "N" ? `${m}, ${k}` : `${k}, ${m}`}]
  input b: [${form[1] === "N" ? `${k}, ${n}` : `${n}, ${k}`}]
  c[i, j] = sum[k] ${form[0] === "N" ? "a[i, k]" : "a[k, i]"} * ${form[1] === "N" ? "b[k, j]" : "b[j, k]"}
  output y = c
}`;

const sizes = [
  [1, 10, 784],
  [65, 33, 17],
  [7, 130, 3],
  [32, 64, 16],
  [33, 12, 40],
  [64, 36, 8],
] as const;
const shapes: readonly TileShape[] = [
  shape(4, 4),
  shape(1, 4),
  shape(4, 1),
  shape(2, 2, 0, [2, 8]),
  shape(8, 4, 0, [2, 4]),
  shape(8, 8, 0, [7, 3]),
  shape(4, 8, 0, [4, 2]),
  shape(4, 4, 8),
  shape(2, 4, 16, [8, 2]),
  shape(4, 1, 8, [1, 16]),
  shape(1, 8, 4, [8, 2]),
];

describeOnDawn("products of matrices in tiles", (gpu) => {
  for (const form of ["NN", "NT", "TN", "TT"])
    for (const [m, n, k] of sizes)
      test(`${form}, ${m}×${k} by ${k}×${n}`, async () => {
        // Each size meets some of the shapes, and each shape some of the sizes.
        for (const tile of shapes.filter(
          (_, n) => (n + m + form.charCodeAt(0) + form.charCodeAt(1)) % 3 === 0,
        )) {
          const [found, ...others] = contractionsIn(product(form, m, n, k), tile);
          expect(others).toEqual([]);
          await agree(gpu(), found!);
        }
      });
});

describeOnDawn("what else has rows, columns and sums", (gpu) => {
  const all = (name: string, source: string, atLeast: number, counts: Record<string, number> = {}): void => {
    for (const tile of [shape(4, 4), shape(2, 4, 8, [8, 8]), shape(4, 1)])
      test(`${name}, ${tile.down}×${tile.across}${tile.staged > 0 ? ", staged" : ""}`, async () => {
        const found = contractionsIn(source, tile);
        expect(found.length).toBeGreaterThanOrEqual(atLeast);
        for (const one of found) await agree(gpu(), one, counts);
      });
  };

  const network = (layers: string, place: string, target: string): string => `model M {
    dim batch <= 5
    input x: [batch, ${place}]
    input y: [batch, ${target}]
    loss mse(x |> ${layers}, y)
    optimizer sgd(lr = 0.1)
  }`;
  all("linear maps with activations", network("linear(24) |> tanh |> linear(9)", "13", "9"), 5, { batch: 3 });
  all(
    "a padded convolution",
    network("conv2d(8, 3, pad = 1) |> relu |> conv2d(5, 3)", "7, 6, 3", "5, 4, 5"),
    4,
  );
  all(
    "strides and dilation",
    network("conv2d(8, 3, stride = 2, pad = 1) |> conv2d(4, 2, dilation = 2)", "9, 9, 4", "3, 3, 4"),
    4,
  );
  all(
    "a batch of products, of heads that lie side by side",
    `model M {
      dim batch <= 3
      input x: [batch, 9, 24]
      q = x |> linear(24)
      score[b, h < 2, i, j] = sum[d < 12] q[b, i, 12 * h + d] * x[b, j, 12 * h + d]
      y[b, h, i, d < 12] = sum[j] score[b, h, i, j] * x[b, j, 12 * h + d]
      loss mean(y * y)
      optimizer sgd(lr = 0.1)
    }`,
    5,
  );
  all(
    "two sums of one loop, and two results of each cell",
    `model M {
      input x: [11, 6]
      input w: [6, 7]
      input v: [6, 7]
      a[i, j] = sum[k] x[i, k] * w[k, j]
      b[i, j] = sum[k] x[i, k] * v[k, j]
      output p = tanh(a) * b
      output q = a - sigmoid(b)
    }`,
    1,
  );
  all(
    "an update in place: what is added to a gradient",
    `model M {
      input x: [10, 6]
      param w: [6, 6] ~ normal()
      h = tanh(x @ w)
      loss mean((h @ w) * (h @ w))
      optimizer sgd(lr = 0.1)
    }`,
    3,
  );
});
