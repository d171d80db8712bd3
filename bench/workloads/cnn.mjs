/** Three convolutions with pooling on 28×28, two linear maps, cross-entropy, Adam. */
export default {
  batch: 32,
  optimizer: { kind: "adam", rate: 1e-3 },
  inputs: { x: { kind: "uniform" }, label: { kind: "integer", below: 10 } },
};
