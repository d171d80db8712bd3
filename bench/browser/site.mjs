/** The files of the page: what runs in a frame, the contestants as bundles, and the data of the workloads. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { minifiedText } from "../bundle.mjs";
import { build } from "../compile.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const frame = `<!doctype html><title>One contestant</title><script type="module" src="/watch.mjs"></script>
<script type="module" src="/frame.mjs"></script>`;

/** Bundles as an application has them: minified, what is imported later in files of their own. */
async function bundles() {
  const bundle = await rolldown({
    input: {
      frame: `${here}frame.mjs`,
      watch: `${here}watch.mjs`,
      nnc: `${here}../contestants/nnc-webgpu.mjs`,
      "jax-js": `${here}../contestants/jax-js.mjs`,
      tfjs: `${here}../contestants/tfjs.mjs`,
    },
    platform: "browser",
    // Only Node comes to where this is imported.
    external: ["node:url"],
    logLevel: "silent",
  });
  const { output } = await bundle.generate({
    format: "esm",
    minify: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  });
  return Object.fromEntries(output.map(({ fileName, code }) => [`/${fileName}`, code]));
}

/** `modules`: for each workload, the files of what nnc generated, by target. */
export async function siteOf(modules) {
  const files = {
    "/index.html": "<!doctype html><title>All contestants</title>",
    "/frame.html": frame,
    ...(await bundles()),
  };
  for (const [workload, byTarget] of Object.entries(modules)) {
    files[`/${workload}.json`] = readFileSync(`${build}/${workload}.json`);
    files[`/${workload}.bin`] = readFileSync(`${build}/${workload}.bin`);
    for (const [target, path] of Object.entries(byTarget))
      files[`/${workload}-${target}.mjs`] = await minifiedText(path);
  }
  return { files };
}
