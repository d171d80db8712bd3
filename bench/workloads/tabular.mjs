/** Embeddings of eight columns of categories and ten numbers, 128 and 64 ReLU, a logit, Adam. */
export default {
  batch: 128,
  optimizer: { kind: "adam", rate: 1e-3 },
  inputs: {
    category: { kind: "integer", below: 400 },
    x: { kind: "normal" },
    t: { kind: "integer", below: 2 },
  },
  start: { "e.embedding.E": 0.035 },
};
