/** 784 → 512 ReLU → 512 ReLU → 10, cross-entropy, Adam. */
export default {
  batch: 64,
  optimizer: { kind: "adam", rate: 1e-3 },
  inputs: { x: { kind: "uniform" }, label: { kind: "integer", below: 10 } },
};
