/** 50 → fifty layers of 50 sigmoids → 1 sigmoid, binary cross-entropy. */
export default {
  batch: 32,
  optimizer: { kind: "sgd", rate: 0.1 },
  inputs: { x: { kind: "normal" }, t: { kind: "integer", below: 2 } },
};
