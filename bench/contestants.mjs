/** Who takes part: the process that runs each, and what each can't do. */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "./compile.mjs";

const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const python = "/usr/bin/python3";

const worker = (file, variant) => (workload) => [
  process.execPath,
  ["--expose-gc", path("worker.mjs"), file, variant.replace("*", workload), workload, build],
];
/** With WebAssembly: products and sums rounded twice or once (`relaxed`), and how many threads. */
const nncWasm = (options) => worker(path("contestants/nnc.mjs"), `*-wasm?${options}`);
const tfjs = `${build}/tfjs.cjs`;
const torch = (threads) => (workload) => [python, [path("contestants/pytorch.py"), threads, workload, build]];

const convolutions = new Set(["cnn", "resnet"]);

/** Why a contestant does not run a workload, or undefined where it does. */
const noFilterGradient = (workload) =>
  convolutions.has(workload) ? "has no gradient of a convolution with respect to its filter" : undefined;
const onlyConvolutions = (workload) =>
  convolutions.has(workload) ? undefined : "is the same as jax-js without convolutions";

/** `peer` is the name by which `--peers` chooses, `needs` the target of the compiler; `collects` is true in JavaScript. */
export const contestants = {
  "nnc-O1": { needs: "1", command: worker(path("contestants/nnc.mjs"), "*-1"), collects: true },
  "nnc-O2": { needs: "2", command: worker(path("contestants/nnc.mjs"), "*-2"), collects: true },
  "nnc-wasm": { needs: "wasm", command: nncWasm("relaxed=false"), collects: true },
  "nnc-wasm-relaxed": { needs: "wasm", command: nncWasm("relaxed=true"), collects: true },
  "nnc-wasm-2": { needs: "wasm", command: nncWasm("threads=2"), collects: true },
  "nnc-wasm-2-relaxed": { needs: "wasm", command: nncWasm("threads=2&relaxed=true"), collects: true },
  "jax-js": { peer: "jax-js", command: worker(path("contestants/jax-js.mjs"), "stock"), collects: true },
  "jax-js-patches": {
    peer: "jax-js",
    command: worker(path("contestants/jax-js.mjs"), "patches"),
    collects: true,
    cannot: onlyConvolutions,
  },
  "tfjs-cpu": { peer: "tfjs-cpu", command: worker(tfjs, "cpu"), collects: true },
  "tfjs-wasm": { peer: "tfjs-wasm", command: worker(tfjs, "wasm"), collects: true, cannot: noFilterGradient },
  "torch-1": { peer: "torch", command: torch("1") },
  "torch-2": { peer: "torch", command: torch("2") },
};

const aboutTorch = `
import torch
libraries = {"/".join(line.split()[-1].split("/")[-2:]) for line in open("/proc/self/maps") if "blas" in line}
print(torch.__version__, "with", *sorted(libraries))`;

/** The version of PyTorch and the library of its products, or null where it is not installed. */
export function torchVersion() {
  const { status, stdout } = spawnSync(python, ["-c", aboutTorch], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** A process that answers each line of JSON with one. */
export class Contestant {
  #process;
  #replies;
  #name;

  constructor(name, workload) {
    const [command, args] = contestants[name].command(workload);
    this.#name = name;
    this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: this.#process.stdout });
    this.#replies = lines[Symbol.asyncIterator]();
  }

  async ask(command, details = {}) {
    this.#process.stdin.write(`${JSON.stringify({ command, ...details })}\n`);
    // Libraries greet on standard output, too.
    for (;;) {
      const { done, value } = await this.#replies.next();
      if (done) throw new Error(`${this.#name} ended at "${command}"`);
      if (!value.startsWith("{")) continue;
      const reply = JSON.parse(value);
      if (reply.error) throw new Error(`${this.#name} failed at "${command}": ${reply.error}`);
      return reply;
    }
  }

  end() {
    this.#process.stdin.end();
  }
}
