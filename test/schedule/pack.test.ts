/** Products through panels: what is packed, for whom, and that the numbers stay the same. */
import { describe, expect, test } from "vitest";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import { panelGroups } from "../../src/passes/schedule/panels.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { differences, graphsOf } from "./run.ts";

const twoLayers = `model M {
  dim batch <= 9
  input x: [batch, 7]
  input t: [batch, 10]
  h = x |> linear(19) |> relu
  loss mse(h |> linear(10), t)
}`;

const attention = `model M {
  input x: [3, 9, 5]
  input z: [3, 5, 11]
  param P: [11, 4] ~ normal()
  y[b, i, j] = sum[k] x[b, i, k] * z[b, k, j]
  s[b, i, j] = sum[k] y[b, i, k] * y[b, j, k]
  loss mean(s) + mean(y @ P)
}`;

const convolutions = `model M {
  dim batch <= 9
  input x: [batch, 7, 8, 3]
  input t: [batch, 3, 4, 6]
  h = x |> conv2d(9, 3)
  loss mse(h |> conv2d(6, 3), t)
}`;

const padded = `model M {
  dim batch <= 9
  input x: [batch, 6, 5, 4]
  input t: [batch, 6, 5, 5]
  h = x |> conv2d(8, 3, pad = 1)
  loss mse(h |> conv2d(5, 3, pad = 1), t)
}`;

const cases: [string, string, number[]][] = [
  ["products of matrices, plain, and with either factor transposed", twoLayers, [1, 7, 8, 9]],
  ["products for each of a batch, and of a matrix with itself", attention, [1]],
  ["convolutions forward, for data and for weights", convolutions, [1, 8]],
  ["convolutions over a border", padded, [7]],
];

/** The kernels of a source as text, by name, scheduled for vectors or for numbers. */
function kernelsOf(text: string, vector = true): Map<string, string> {
  const { graphs, context } = graphsOf(text);
  const { kernels } = schedule(graphs, 2, context, { machine: vector ? "vector" : "scalar" });
  return new Map(kernels.map((k) => [k.name, printKernel(k)]));
}

const panels = (kernel: string | undefined): string[] => kernel?.match(/scratch .*/g) ?? [];

describe.each(cases)("%s", (_, text, counts) => {
  test.each(counts)("compute what they mean, of %i", (batch) => {
    expect(differences(text, 2, { batch }, { machine: "vector" }).found).toEqual([]);
  });

  test("go through panels", () => {
    expect([...kernelsOf(text).values()].flatMap(panels).length).toBeGreaterThan(2);
  });
});

test("the right factor of each product is packed, whichever way it lies", () => {
  const kernels = kernelsOf(twoLayers);
  expect(panels(kernels.get("h"))).toEqual(["scratch panel[7, 12]"]);
  // Of the transposed matrix, a value after the other; what is summed over is its second index.
  const backward = [...kernels].find(([name]) => name.startsWith("d_h") && name.endsWith("linear"))![1];
  expect(panels(backward)).toEqual(["scratch panel[10, 12]"]);
  expect(backward).toContain("panel[j, 3] = loss.linear.W[3, j]");
  // For weights, what is summed over is the batch.
  expect(panels(kernels.get("d_loss_linear_W"))).toEqual(["scratch panel[batch, 12]"]);
});

test("a panel is packed outside of all loops that it does not depend on", () => {
  const kernel = kernelsOf(convolutions).get("h")!;
  const lines = kernel
    .split("\n")
    .slice(2)
    .map((l) => l.trim());
  const packed = lines.findIndex((l) => l.startsWith("panel["));
  expect(lines.slice(0, packed)).not.toContain("for i in 0 … 5 − 1");
  expect(lines.slice(packed)).toContain("for i in 0 … 5 − 1");
});

test("bounds of a window are worked out outside of the sum over channels", () => {
  const kernel = kernelsOf(convolutions).get("d_h")!;
  expect(kernel).toMatch(/reduce u.* max\(0.*\n.*reduce v.* max\(0.*\n.*reduce f.* in 0 …/u);
});

test("few rows are not worth a panel", () => {
  const few = kernelsOf(twoLayers.replace("batch <= 9", "batch <= 7"));
  expect(panels(few.get("h"))).toEqual([]);
  expect(panels(few.get("d_h_linear_W"))).toEqual([]);
});

test("columns are split into panels of vectors, of which the last may begin earlier", () => {
  expect(panelGroups(50, 4, true).map((g) => [g.turns, g.offsets])).toEqual([
    [2, [0, 4, 8, 12]],
    [1, [0, 4, 8]],
    [1, [0, 2]],
  ]);
  for (let columns = 4; columns < 90; columns++) {
    for (const mayRepeat of [true, false]) {
      const counts = new Array<number>(columns).fill(0);
      for (const g of panelGroups(columns, 4, mayRepeat)) {
        expect(g.offsets.length).toBeLessThanOrEqual(4);
        for (let turn = 0; turn < g.turns; turn++)
          for (const offset of g.offsets)
            for (let n = 0; n < g.unit; n++) counts[g.from + turn * g.step + offset + n]!++;
      }
      // Nothing behind the last column.
      expect(counts).toHaveLength(columns);
      expect(Math.min(...counts)).toBe(1);
      expect(Math.max(...counts)).toBeLessThanOrEqual(mayRepeat ? 2 : 1);
    }
  }
});

describe("a left factor whose turns lie a power of two apart", () => {
  const of = (width: number): string => `model M {
    dim batch <= 9
    input x: [batch, ${width}]
    input t: [batch, 40]
    y[i, j] = sum[b] x[b, i] * t[b, j]
    output z = y
  }`;

  test.each([1, 8, 9])("is the same product through its copy, of %i", (batch) => {
    expect(differences(of(1024), 2, { batch }, { machine: "vector" }).found).toEqual([]);
  });

  test("is copied with an odd number of lines from turn to turn", () => {
    expect(panels(kernelsOf(of(1024)).get("y"))).toEqual([
      "scratch panel[batch, 16]",
      "scratch rows[batch, 1040]",
    ]);
  });

  test("is read where it lies if the lines of all turns find room", () => {
    expect(panels(kernelsOf(of(1040)).get("y"))).toEqual(["scratch panel[batch, 16]"]);
  });
});
