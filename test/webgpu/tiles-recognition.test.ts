/** Which loops of a kernel are rows, columns and sums of a contraction, and in what tiles it is computed. */
import { describe, expect, test } from "vitest";
import type { TileShape } from "../../src/ir/launch.ts";
import type { Index } from "../../src/ir/types.ts";
import { tilesOf } from "../../src/passes/dispatch/contractions.ts";
import { chooseTile } from "../../src/passes/dispatch/tile-shapes.ts";
import { splitLoops } from "../../src/passes/schedule/split.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { build } from "../support/model.ts";

/** `batch; rows; columns; sums` of each contraction, by the kernel it stands in. */
function contractions(source: string): Record<string, string> {
  const { graphs, context } = build(source);
  const names = (list: readonly Index[]): string => list.map((i) => i.name).join(" ");
  const found: Record<string, string> = {};
  for (const { name, body } of schedule(graphs, 1, context).kernels) {
    const nests = splitLoops(body, context.builder);
    nests.forEach((nest, n) => {
      const t = tilesOf([nest], context.builder);
      if (t)
        found[nests.length > 1 ? `${name} ${n}` : name] = [t.batch, t.rows, t.columns, t.sums]
          .map(names)
          .join("; ");
    });
  }
  return found;
}

test("a linear map, forward and backward", () => {
  const found = contractions(`model M {
    dim batch <= 64
    input x: [batch, 100]
    input y: [batch, 64]
    loss mse(x |> linear(80) |> tanh |> linear(64), y)
    optimizer sgd(lr = 0.1)
  }`);
  expect(found).toMatchInlineSnapshot(`
    {
      "d_loss_linear": "; b; k; j",
      "d_loss_linear2": "; b; j; k",
      "d_loss_linear2_W": "; k; j; b",
      "d_loss_linear_W": "; k; j; b",
      "loss_linear2_sum": "; b; j; k",
      "loss_linear2_x": "; b; j; k",
    }
  `);
});

test("a convolution with padding: windows that end at an edge are rows like all others", () => {
  const found = contractions(`model M {
    dim batch <= 8
    input x: [batch, 12, 12, 8]
    input y: [batch, 12, 12, 16]
    loss mse(x |> conv2d(8, 3, pad = 1) |> conv2d(16, 3, pad = 1), y)
    optimizer sgd(lr = 0.1)
  }`);
  expect(found).toMatchInlineSnapshot(`
    {
      "d_loss_conv2d": "; s i j; k; u v f",
      "d_loss_conv2d2 1": "; s i j; f; u v k",
      "d_loss_conv2d2_W": "; u v k; f; i j s",
      "d_loss_conv2d_W": "; u v k; f; i j s",
      "loss_conv2d": "; s i j; f; u v k",
      "loss_conv2d2_sum": "; s i j; f; u v k",
    }
  `);
});

test("heads that lie side by side are a batch of their own", () => {
  const found = contractions(`model M {
    dim batch <= 8
    input x: [batch, 32, 64]
    q = x |> linear(64)
    score[b, h < 2, i, j < 32] = sum[d < 32] q[b, i, 32 * h + d] * x[b, j, 32 * h + d]
    y[b, i, j < 64] = sum[k < 32] score[b, j div 32, i, k] * x[b, k, j]
    loss mse(y, x)
    optimizer sgd(lr = 0.1)
  }`);
  expect(found).toMatchInlineSnapshot(`
    {
      "d_q_linear_W": "; k; j; b i",
      "d_y": "b j; i; j; k",
      "q": "; b i; j; k",
      "score": "b h; i; j; d",
      "y": "b j; i; j; k",
    }
  `);
});

test("what is no sum of products of rows and columns is none", () => {
  const found = contractions(`model M {
    input x: [64, 64]
    input y: [64, 64]
    distance[i, j] = sum[k] (x[i, k] - y[j, k]) * (x[i, k] - y[j, k])
    lower[i, j] = sum[k] (if k <= i + j then x[i, k] * y[k, j] else 0)
    output a = distance
    output b = lower
  }`);
  expect(found).toEqual({});
});

describe("the shape of tiles", () => {
  const chosen = (batch: number, rows: number, columns: number, sums: number): TileShape | undefined =>
    chooseTile({ batch, rows, columns, sums });
  const text = (...size: readonly [number, number, number, number]): string | undefined => {
    const tile = chosen(...size);
    return tile && `${tile.down}×${tile.across}, ${tile.beside} of ${tile.size} side by side`;
  };

  test("is large, since reads are dear, unless the time to compile it would not pay", () => {
    expect(text(1, 4096, 4096, 4096)).toBe("8×8, 8 of 64 side by side");
    expect(text(64, 64, 64, 64)).toBe("8×8, 8 of 64 side by side");
    const small = (calls: number): number => {
      const { down, across } = chooseTile({ batch: 1, rows: 50, columns: 50, sums: 32, calls })!;
      return down * across;
    };
    expect(small(50), "a kernel of many calls").toBeGreaterThan(small(1));
    expect(small(50)).toBeLessThan(64);
  });

  test("follows that of the result: strips whose width divides the columns, and no rows beyond a single one", () => {
    expect(text(1, 64, 100, 1000)).toBe("8×4, 5 of 64 side by side");
    expect(text(1, 4096, 10, 512)).toBe("8×4, 3 of 64 side by side");
    expect(chosen(1, 1, 65536, 512)).toMatchObject({ down: 1 });
  });

  test("is none where a few cells have long sums: several invocations share a sum instead", () => {
    expect(chosen(1, 8, 10, 512)).toBeUndefined();
  });
});
