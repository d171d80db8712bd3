/**
 * A second implementation of WGSL: naga, that of Firefox, in the npm package `deno`, on the software adapter that
 * `dawn-setup.ts` makes known. Where it does not run, tests are skipped with a warning; with `CI=true` they fail.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { beforeAll, beforeEach, describe } from "vitest";

/** A shader as naga is given it; with `access`, what its storage buffers are for, it is also made a pipeline. */
export interface Candidate {
  readonly text: string;
  readonly access?: readonly ("read" | "read_write")[];
}

/** What is wrong with each of these shaders, `null` where nothing is. */
export type Naga = (candidates: readonly Candidate[]) => Promise<(string | null)[]>;

/** A group of tests that ask naga. */
export function describeOnNaga(name: string, define: (naga: Naga) => void): void {
  describe(name, () => {
    let reason: string | undefined;
    beforeAll(async () => {
      try {
        await naga([]);
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (process.env.CI === "true") throw error;
        console.warn(`SKIPPED, since naga does not run here: ${name}\n${reason}`);
      }
    }, 60_000);
    beforeEach((context) => {
      if (reason !== undefined) context.skip(`no naga: ${reason}`);
    });
    define(naga);
  });
}

/** One process for all candidates: it takes half a second to start, and a shader less than a millisecond. */
const naga: Naga = async (candidates) => {
  const answer = await deno(program, JSON.stringify(candidates));
  const found = JSON.parse(answer) as { adapter: boolean; complaints: (string | null)[] };
  if (!found.adapter) throw new Error("`requestAdapter` of Deno gave none");
  return found.complaints;
};

const program = `
const candidates = JSON.parse(await new Response(Deno.stdin.readable).text());
const complaints = [];
const adapter = await navigator.gpu.requestAdapter();
const device = await adapter?.requestDevice();
const visibility = GPUShaderStage.COMPUTE;
const group = (buffers) =>
  device.createBindGroupLayout({ entries: buffers.map((buffer, binding) => ({ binding, visibility, buffer })) });
for (const { text, access } of device ? candidates : []) {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: text });
  if (access) {
    const storage = access.map((a) => ({ type: a === "read" ? "read-only-storage" : "storage" }));
    const bindGroupLayouts = [group(storage), group([{ type: "uniform", hasDynamicOffset: true }])];
    const layout = device.createPipelineLayout({ bindGroupLayouts });
    device.createComputePipeline({ layout, compute: { module, entryPoint: "main" } });
  }
  complaints.push((await device.popErrorScope())?.message ?? null);
}
console.log(JSON.stringify({ adapter: adapter !== null, complaints }));
Deno.exit(0);
`;

/** Runs a program in Deno: its standard input, then its standard output. */
function deno(text: string, input: string): Promise<string> {
  // The script of the package finds the binary also where no script ran at installation.
  const script = createRequire(import.meta.url).resolve("deno/bin.cjs");
  const child = spawn(process.execPath, [script, "eval", "--unstable-webgpu", text], {
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (errors += part));
  // A process that fails early reads nothing; its exit status tells.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve(output) : reject(new Error(`Deno ended with ${status}: ${errors}`)),
    );
  });
}
