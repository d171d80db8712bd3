/** Who takes part in the page: the bundle of each, and what it is told. */

const onlyConvolutions = (workload) =>
  workload === "cnn" ? undefined : "is the same as jax-js without convolutions";

const nnc = (target) => ({
  target,
  file: "/nnc.mjs",
  options: (workload) => ({ module: `/${workload}-${target}.mjs` }),
});

/** `peer` is the name by which `--peers` chooses, `target` what nnc compiles to. */
export const contestants = {
  "nnc-O1": nnc("webgpu-1"),
  "nnc-O2": nnc("webgpu-2"),
  "jax-js": { peer: "jax-js", file: "/jax-js.mjs", options: () => ({ variant: "stock" }) },
  "jax-js-patches": {
    peer: "jax-js",
    file: "/jax-js.mjs",
    options: () => ({ variant: "patches" }),
    cannot: onlyConvolutions,
  },
  tfjs: { peer: "tfjs", file: "/tfjs.mjs", options: () => ({}) },
};

export const peers = [...new Set(Object.values(contestants).flatMap(({ peer }) => peer ?? []))];
