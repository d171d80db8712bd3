/** Convolutions, pooling and functions of an axis: extents that are known late, derivatives of derivatives, mistakes. */
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { model, numbers } from "../support/model.ts";

const windows = `
  dim n <= 3
  dim time <= 12
  input x: [n, time, 2]
  h = x |> conv1d(4, 3, stride = 2, pad = 1) |> max_pool1d(3, stride = 2, pad = 1)
  u = h |> conv_transpose1d(3, kernel = 3, stride = 2, pad = 1, output_pad = 1) |> avg_pool1d(2, stride = 1, pad = 1)
  v = u |> rms_norm() |> depthwise_conv1d(3, pad = 1)
  loss sum(global_max_pool(v) * global_avg_pool(u))`;

const images = `
  dim n <= 3
  dim time <= 9
  input x: [n, 4, time, 2]
  y = x |> conv2d(4, 3, stride = 2, pad = 1, groups = 2) |> group_norm(2)
  loss sum(y^3) + sum((y |> conv_transpose2d(2, 4, stride = 2, pad = 1) |> upsample2d(2))^2)`;

const axes = `
  dim n <= 3
  dim time <= 12
  input x: [n, time, 2]
  y = x |> linear(3)
  z = concat(y, 2 * y, axis = 1) |> pad(1, 2, axis = 1) |> cumsum(axis = 1) |> flip(axis = 1)
  loss sum(stack(z, z * z, axis = 1)^2) + sum(tile(z, 2, axis = 1) * repeat(z, 2, axis = 1))`;

describe("where the extents are dynamic", () => {
  test.each([
    ["windows over time", windows, 2 * 7 * 2],
    ["images", images, 2 * 4 * 7 * 2],
    ["functions of an axis", axes, 2 * 7 * 2],
  ])("%s", (_, body, count) => {
    const m = model(`model M {${body}\n}`, { dims: { n: 2, time: 7 } });
    expect(m.gradientError({ x: numbers(count, 3) })).toBeLessThan(1e-6);
  });
});

describe("derivatives of derivatives", () => {
  test.each([
    "conv2d(4, 3, stride = 2, pad = 1, groups = 2)",
    "conv_transpose2d(2, 3, stride = 2, pad = 1, output_pad = 1)",
    "max_pool2d(3, stride = 2, pad = 1)",
    "depthwise_conv2d(2, dilation = 2)",
  ])("%s", (layer) => {
    const m = model(`model M {
      param x: [1, 4, 5, 2] ~ random()
      y = x |> ${layer}
      loss sum(grad(sum(y^3), x)^2)
    }`);
    expect(m.gradientError()).toBeLessThan(1e-6);
  });
});

describe("mistakes", () => {
  test.each([
    ["conv2d(3, kernel = 9)", "`y` would be [2, 0, 0, 3]: every extent must be at least 1"],
    ["conv2d(3, 3, stride = 0)", "`windows` can't be used here: the stride must be at least 1"],
    ["conv2d(3, 3, pad = -1)", "`windows` can't be used here: the padding can't be negative"],
    ["conv2d(3, 3, dilation = 0)", "`windows` can't be used here: the dilation must be at least 1"],
    [
      "conv2d(4, 3, groups = 3)",
      "`conv2d` can't be used here: the groups must divide the channels and the filters",
    ],
    ["conv2d(4, 3, groups = 0)", "`conv2d` can't be used here: there must be at least 1 group"],
    ["max_pool2d(0)", "`windows` can't be used here: a window has at least 1 place"],
    [
      "max_pool2d(2, pad = 2)",
      "`max_pool2d` can't be used here: the padding must be at most half the window",
    ],
    [
      "conv_transpose2d(3, 3, stride = 2, output_pad = 2)",
      "`spread` can't be used here: the output padding must be smaller than the stride",
    ],
    ["group_norm(3)", "`group_norm` can't be used here: the groups must divide the channels"],
    ["split(3)", "`split` can't be used here: the parts must divide the dimension"],
    ["split(2, axis = 4)", "`x` needs at least 5 dimensions, but has 4"],
    ["pad(-1, 0)", "`pad` can't be used here: a padding can't be negative"],
    ["repeat(0)", "`repeat` can't be used here: the count must be at least 1"],
    ["upsample2d(0)", "`upsample2d` can't be used here: the scale must be at least 1"],
  ])("%s", (call, message) => {
    const { diagnostics } = check(`model M {\n input x: [2, 8, 8, 4]\n output y = x |> ${call}\n}`);
    expect(diagnostics.map((d) => d.message)).toEqual([message]);
  });
});
