/** 2-8-1 sigmoids, squared error, four examples. */
export default {
  batch: 4,
  optimizer: { kind: "sgd", rate: 0.5 },
  inputs: {
    x: { values: [0, 0, 0, 1, 1, 0, 1, 1] },
    t: { values: [0, 1, 1, 0] },
  },
};
