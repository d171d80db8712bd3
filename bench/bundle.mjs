/** Bundles: of TensorFlow.js, so that Node can run it; of all, minified, to see how large they are. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { build } from "./compile.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Modules by name that exist as text only. */
const virtual = (texts) => ({
  name: "virtual",
  resolveId: (id) => (id in texts ? { id: `${here}${id}`, moduleSideEffects: true } : null),
  load: (id) => texts[id.slice(here.length)] ?? null,
});

/** What an application of a library has to bring along, besides the model that it writes itself. */
const libraries = {
  "jax-js": `export { defaultDevice, init, jit, lax, nn, numpy, valueAndGrad } from "@jax-js/jax";`,
  "tfjs-cpu": `
    export * from "@tensorflow/tfjs-core";
    import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
    import "@tensorflow/tfjs-backend-cpu";`,
  "tfjs-wasm": `
    export * from "@tensorflow/tfjs-core";
    import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
    import "@tensorflow/tfjs-backend-wasm";`,
};

/** What is loaded beside the JavaScript. */
const besides = {
  "tfjs-wasm": ["node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"],
};

export async function bundleTfjs() {
  const bundle = await rolldown({
    input: `${here}contestants/tfjs.mjs`,
    platform: "node",
    resolve: { mainFields: ["module", "main"] },
    logLevel: "silent",
  });
  await bundle.write({ file: `${build}/tfjs.cjs`, format: "cjs", codeSplitting: false });
}

export async function minifiedText(input, plugins = []) {
  const bundle = await rolldown({ input, plugins, platform: "browser", logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
  return output.map(({ code }) => code ?? "").join("");
}

const sizes = (text) => ({ minified: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length });

export async function librarySize(name) {
  const entry = `${name}.mjs`;
  const text = await minifiedText(entry, [virtual({ [entry]: libraries[name] })]);
  const files = (besides[name] ?? []).map((file) => readFileSync(`${here}${file}`));
  const sum = (pick) => files.reduce((total, file) => total + pick(file), 0);
  return {
    ...sizes(text),
    besides: sum((file) => file.length),
    besidesGzip: sum((file) => gzipSync(file, { level: 9 }).length),
  };
}

/** A generated module is everything that an application brings along. */
export const moduleSize = async (path) => sizes(await minifiedText(path));
