/** How many bytes a second the device moves, and what a dispatch costs at least. */
import { compileClass } from "./compile.mjs";
import { timeOfOne } from "./timing.mjs";

/** Updates of one long row: each reads a parameter and its gradient, and writes the parameter. */
export async function measureBandwidth(compiler, device, count, turns) {
  const source = `model Row {
  input x: [1]
  param p: [${count}] ~ normal(0.01)
  loss mean(p * p) + x[0]
  optimizer sgd(lr = 0.001)
}
`;
  const Model = await compileClass(compiler, `row-${count}`, source, { level: 2, target: "webgpu" });
  const model = await Model.create({ device });
  await model.backward({ x: new Float32Array(1) });
  const updates = (times) => ({
    count: times,
    run: async () => {
      for (let n = 0; n < times; n++) await model.update();
      await device.queue.onSubmittedWorkDone();
    },
  });
  const seconds = await timeOfOne(updates(1), updates(9), turns);
  model.destroy();
  return (3 * 4 * count) / seconds;
}

/** Seconds for a dispatch of one workgroup that needs the one before. */
export async function measureDispatch(compiler, device, turns) {
  const chainOf = async (count) => {
    const lines = Array.from(
      { length: count },
      (_, c) => `  c${c + 1}[i, j] = sum[k] ${c === 0 ? "a" : `c${c}`}[i, k] * a[k, j]`,
    );
    const source = `model Small {
  input x: [1]
  param a: [4, 4] ~ normal(0.5)
${lines.join("\n")}
  loss mean(c${count} * c${count}) + x[0]
  optimizer sgd(lr = 0.1)
}
`;
    const Model = await compileClass(compiler, `small-${count}`, source, { level: 1, target: "webgpu" });
    const model = await Model.create({ device });
    return { count, model, run: () => model.evaluate({ x: new Float32Array(1) }) };
  };
  const few = await chainOf(2);
  const many = await chainOf(66);
  const seconds = await timeOfOne(few, many, turns);
  few.model.destroy();
  many.model.destroy();
  return seconds;
}
