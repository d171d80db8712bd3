/** Trains a classifier on `{ train, test }` and prints loss and accuracy by epoch. */
import { generator, range, shuffled } from "./random.mjs";
import { largestOf, percent, pieces, rowsOf } from "./support.mjs";

/**
 * `widths` names the inputs with the numbers an example has of each; the ids are called `target`, and the output
 * `probability` has one number for each of `classes`. `learningRate(epoch)` is taken over by the optimizer.
 * Gives the accuracy on the test examples after the last epoch, and the seconds of training.
 */
export function classify(model, data, { widths, target, classes, epochs, batchSize, learningRate }) {
  const { [target]: _, ...asked } = widths;
  const accuracy = () => {
    let right = 0;
    for (const piece of pieces(range(data.test.count), batchSize)) {
      const { probability } = model.forward(rowsOf(data.test, asked, piece));
      const found = largestOf(probability, classes);
      right += piece.filter((example, row) => found[row] === data.test[target][example]).length;
    }
    return right / data.test.count;
  };
  const random = generator(2);
  let seconds = 0;
  console.log("epoch   loss  test accuracy");
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    let total = 0;
    model.hyper.lr = learningRate(epoch);
    for (const piece of pieces(shuffled(data.train.count, random), batchSize))
      total += model.step(rowsOf(data.train, widths, piece)) * piece.length;
    seconds += (performance.now() - start) / 1000;
    const loss = (total / data.train.count).toFixed(4);
    console.log(`${String(epoch).padStart(5)} ${loss} ${percent(accuracy()).padStart(14)}`);
  }
  console.log(`\n${epochs} epochs of ${data.train.count} examples trained in ${seconds.toFixed(2)} s`);
  return { accuracy: accuracy(), seconds };
}
