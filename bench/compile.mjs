/** The models of this folder as modules of nnc, in `build/`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const build = fileURLToPath(new URL("build", import.meta.url));

const compilerFile = new URL("../dist/index.mjs", import.meta.url);

/** What nnc can make of a model: a name, and the options of the compiler. */
export const targets = {
  1: { level: 1 },
  2: { level: 2 },
  wasm: { level: 2, target: "wasm" },
};

/** The same for a page with WebGPU. */
export const pageTargets = {
  "webgpu-1": { level: 1, target: "webgpu" },
  "webgpu-2": { level: 2, target: "webgpu" },
};

/** The six models by which libraries are compared. */
export const yardstick = ["xor", "twolayer", "mnist_mlp", "deep_sigmoid", "cnn", "transformer"];

/** The version of a library that takes part. */
export const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

export async function loadCompiler() {
  if (!existsSync(compilerFile))
    throw new Error("build the compiler first: npm ci && npm run build, one folder up");
  return import(compilerFile.href);
}

/**
 * Writes `build/<workload>-<target>.mjs`; gives its path, and how many operations a step is by the cost report, a function
 * counted as one; or null where the compiler does not know the target.
 */
export async function compileModel({ compile }, workload, target) {
  const file = `${workload}.nn`;
  const source = readFileSync(new URL(`models/${file}`, import.meta.url), "utf8");
  const { diagnostics, outputs, report } = await compile(source, {
    file,
    language: "javascript",
    report: {},
    ...{ ...targets, ...pageTargets }[target],
  });
  for (const { severity, code, message } of diagnostics) console.error(`${severity}[${code}]: ${message}`);
  const module = outputs.find((o) => o.kind === "module");
  if (module === undefined) throw new Error(`${file} did not compile for target ${target}`);
  // An option that an older compiler doesn't know is ignored.
  if (target === "wasm" && !module.text.includes("WebAssembly")) return null;
  mkdirSync(build, { recursive: true });
  const path = `${build}/${workload}-${target}.mjs`;
  writeFileSync(path, module.text);
  const kernels = outputs.find((o) => o.kind === "text");
  if (kernels) writeFileSync(path.replace(/mjs$/, "wat"), kernels.text);
  return { path, operations: operationsOf(report) };
}

/** Those of a step: forward and backward, running statistics, and the update. */
function operationsOf({ procedures }) {
  const parts = procedures.filter(({ name }) => ["backward", "statistics", "update"].includes(name));
  const functions = parts.flatMap((p) => Object.values(p.functions));
  return [...parts.map((p) => p.operations), ...functions].reduce((sum, n) => sum + n, 0);
}

/** The class of the model in a module. */
export async function modelOf(path) {
  const module = await import(path);
  return Object.values(module).find((value) => typeof value === "function" && "create" in value);
}

/** Which inputs of a model are of integers. */
export function integerInputs(workload) {
  const source = readFileSync(new URL(`models/${workload}.nn`, import.meta.url), "utf8");
  return new Set([...source.matchAll(/^ *input (\w+): int\[/gm)].map(([, name]) => name));
}
