/** 1000 → 100 ReLU → 10, squared error. */
export default {
  batch: 64,
  optimizer: { kind: "sgd", rate: 0.01 },
  inputs: { x: { kind: "normal" }, t: { kind: "normal" } },
};
