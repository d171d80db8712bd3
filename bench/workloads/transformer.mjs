/** One block of a causal transformer over 64 tokens, cross-entropy at every place, Adam. */
export default {
  batch: 8,
  optimizer: { kind: "adam", rate: 1e-3 },
  inputs: { token: { kind: "integer", below: 64 }, next: { kind: "integer", below: 64 } },
  // Tables of vectors start small, as the library starts them.
  start: { "read.embedding.E": 0.035, "read.learned_positions.P": 0.035 },
};
