/** An LSTM of 64 over 32 places, a class from the last, Adam. */
export default {
  batch: 16,
  optimizer: { kind: "adam", rate: 1e-3 },
  inputs: { x: { kind: "normal" }, label: { kind: "integer", below: 10 } },
  start: { "h.lstm.W_x": 0.125, "h.lstm.W_h": 0.125 },
};
