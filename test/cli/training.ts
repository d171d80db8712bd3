/** What tests of `nnc train` and its kin share: small models and tables. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { numbers } from "../support/model.ts";
import { temporaryFolder, world } from "./world.ts";

/** Two kinds of points: a line parts them, but for some noise. */
export const kinds = `model Kinds(hidden: int = 4) {
  dim batch <= 16
  input x: [batch, 2]
  input kind: int[batch] < 2
  h = x |> linear(hidden) |> tanh |> dropout(0.1)
  logits = h |> linear(2)
  output probability = softmax(logits)
  metric accuracy = mean(argmax(logits) == kind)
  loss cross_entropy(logits, kind)
  optimizer adam(lr = 0.02)
}
`;

/** The same problem for tests that need no more: compiled in a moment. */
export const small = `model Small {
  dim batch <= 16
  input x: [batch, 2]
  input kind: int[batch] < 2
  param w: [2, 2] ~ zeros
  logits[i, c] = sum[k] x[i, k] * w[k, c]
  output probability = softmax(logits)
  loss cross_entropy(logits, kind)
  optimizer sgd(lr = 0.1)
}
`;

/** `count` points as a table. */
export function points(count: number, seed = 3): string {
  const drawn = numbers(2 * count, seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const [a, b] = [drawn[2 * i]!, drawn[2 * i + 1]!];
    return `${(10 * a).toFixed(3)},${(10 * b).toFixed(3)},${a + 0.4 * b > 0 ? "upper" : "lower"}`;
  });
  return `x1,x2,kind\n${lines.join("\n")}\n`;
}

/** A command line in a folder of its own that holds these files, over the real compiler. */
export function folderWith(files: Readonly<Record<string, string>>): ReturnType<typeof world> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return world(folder, { loadCompiler: () => import("../../src/index.ts") });
}
