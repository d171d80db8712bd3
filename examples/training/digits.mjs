/** Real handwritten digits: a network with one hidden layer, and a convolutional one. */
import { classify } from "./classify.mjs";
import { loadDigits } from "./digits-data.mjs";
import { compileModel, require } from "./support.mjs";

const shape = { widths: { image: 64, label: 1 }, target: "label", classes: 10 };

/** `digits.nn`; at least 96 % in less than ten seconds. */
export async function digits() {
  const Digits = await compileModel("digits.nn");
  const { accuracy, seconds } = classify(Digits.create({ seed: 1 }), loadDigits(), {
    ...shape,
    epochs: 30,
    batchSize: 64,
    // Hyperparameters are numbers that may change at any time: large steps first, then small ones.
    learningRate: (epoch) => (epoch <= 20 ? 5e-3 : 1e-3),
  });
  require(accuracy >= 0.96, "the test accuracy should be at least 96 %");
  require(seconds < 10, "training should take less than 10 s");
}

/** `cnn.nn`; at least 97 %. */
export async function cnn() {
  const DigitsCnn = await compileModel("cnn.nn", { sizes: { filters: 16 }, target: "wasm" });
  const { accuracy } = classify(DigitsCnn.create({ seed: 1 }), loadDigits(), {
    ...shape,
    epochs: 20,
    batchSize: 32,
    learningRate: (epoch) => (epoch <= 14 ? 4e-3 : 5e-4),
  });
  require(accuracy >= 0.97, "the test accuracy should be at least 97 %");
}
