/** Convolutions with batch norm and a residual block of stride 2 on 16×16, cross-entropy, Adam. */
export default {
  batch: 16,
  optimizer: { kind: "adam", rate: 1e-3 },
  inputs: { x: { kind: "uniform" }, label: { kind: "integer", below: 10 } },
};
