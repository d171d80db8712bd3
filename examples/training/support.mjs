/** What the programs that train the examples share: compiling a model, batches, and what is printed. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { compile } from "../../dist/index.mjs";
import { range } from "./random.mjs";

const build = new URL("../build/", import.meta.url);

/**
 * Compiles a model of the folder `examples`, writes the module to `examples/build`, and imports it from there.
 * `sizes` are values for the model's sizes, `target` is "typescript" or "wasm"; gives the class of the model.
 */
export async function compileModel(file, { sizes = {}, target = "typescript" } = {}) {
  const started = performance.now();
  const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  const { diagnostics, outputs } = await compile(source, {
    file,
    language: "javascript",
    level: 2,
    target,
    sizes,
  });
  for (const { severity, code, message } of diagnostics) console.error(`${severity}[${code}]: ${message}`);
  const module = outputs.find((o) => o.kind === "module");
  if (module === undefined) throw new Error(`${file} did not compile`);
  mkdirSync(build, { recursive: true });
  const path = new URL(`${file.replaceAll("/", "-").replace(/\.nn$/, "")}.js`, build);
  writeFileSync(path, module.text);
  const classes = Object.values(await import(path.href));
  const model = classes.find((c) => typeof c === "function" && "create" in c);
  const time = `${(performance.now() - started).toFixed(0)} ms`;
  console.log(`${file} compiled in ${time}, ${(module.text.length / 1000).toFixed(1)} kB\n`);
  return model;
}

/** An order in pieces of `size`; the last one is ragged. */
export function* pieces(order, size) {
  for (let i = 0; i < order.length; i += size) yield order.slice(i, i + size);
}

/** The rows at `indices` of each array, as the inputs of one call: `widths` says how many numbers a row has. */
export function rowsOf(data, widths, indices) {
  return Object.fromEntries(
    Object.entries(widths).map(([name, width]) => {
      const rows = new data[name].constructor(indices.length * width);
      indices.forEach((from, to) =>
        rows.set(data[name].subarray(from * width, (from + 1) * width), to * width),
      );
      return [name, rows];
    }),
  );
}

/** The position of the largest number of each row of `width`. */
export function largestOf(scores, width) {
  return range(scores.length / width).map((row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    return own.indexOf(Math.max(...own));
  });
}

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Says on stderr what was missed, and lets the process fail. */
export function require(condition, wanted) {
  if (condition) return;
  console.error(wanted);
  process.exitCode = 1;
}
