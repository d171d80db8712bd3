import { expect, test } from "vitest";
import { duration, figure, Progress, sparkline } from "../../src/cli/train-progress.ts";
import { world } from "./world.ts";

test("numbers are short", () => {
  expect([0, 0.012345, 1.5, 12.3456, 123.456, 1.23456e-7, 1234567, NaN].map(figure)).toEqual([
    "0.0000",
    "0.0123",
    "1.5000",
    "12.346",
    "123.46",
    "1.235e-7",
    "1.235e+6",
    "NaN",
  ]);
  expect([0.04, 9.96, 59.4, 60, 3725].map(duration)).toEqual(["0.0 s", "10.0 s", "59 s", "1:00", "1:02:05"]);
  expect(sparkline([0, 7, 3.5, 1])).toBe("▁█▅▂");
  expect(sparkline([2, 2])).toBe("▁▁");
});

test("a terminal has one line that is drawn again, and is taken away before others", () => {
  const w = world("/", { terminal: true });
  let now = 0;
  const progress = new Progress(w, false, 2, () => (now += 150));
  progress.step(1, 1, 4, 0.5);
  progress.step(1, 2, 4, 0.25);
  progress.epoch({ epoch: 1, train: { loss: 0.25 }, valid: null }, 1);
  const clear = "\r\u001b[2K";
  expect(w.err.split(clear)).toEqual([
    "",
    "epoch 1/2  step 1/4  loss 0.5000  ▁",
    "epoch 1/2  step 2/4  loss 0.2500  █▁  0.9 s left",
    "   epoch  train loss      time\n       1      0.2500     1.0 s\n",
  ]);
});

test("a pipe has no such line", () => {
  const w = world("/");
  new Progress(w, false, 2).step(1, 1, 4, 0.5);
  expect(w.err).toBe("");
});
