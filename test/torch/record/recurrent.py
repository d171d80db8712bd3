"""Recurrent cells and networks of the library, against those of PyTorch in both directions."""

import math

import torch

from record.recording import case, values, weighted


def recurrent(r, path, inputs, hidden, gates):
    """The weights of a cell or a network, drawn as PyTorch does in size."""
    scale = 1 / math.sqrt(hidden)
    r.parameter(f"{path}.W_x", values(inputs, gates * hidden, scale=scale))
    r.parameter(f"{path}.W_h", values(hidden, gates * hidden, scale=scale))
    r.parameter(f"{path}.b_x", values(gates * hidden, scale=scale))
    r.parameter(f"{path}.b_h", values(gates * hidden, scale=scale))


def weights(p, path):
    return [p[f"{path}.W_x"].T, p[f"{path}.W_h"].T, p[f"{path}.b_x"], p[f"{path}.b_h"]]


def both_directions(r, gates, run):
    """A network that reads x forward from a start, and one that reads it backward from zero."""
    r.parameter("x", values(2, 4, 2))
    recurrent(r, "forward", 2, 3, gates)
    recurrent(r, "backward", 2, 3, gates)
    options = {"num_layers": 1, "dropout": 0.0, "train": False, "bidirectional": True, "batch_first": True}

    def outputs(p, x, training):
        both = weights(p, "forward") + weights(p, "backward")
        y = run(p["x"], x["start"], both, has_biases=True, **options)[0]
        return {"y": y[..., :3], "z": y[..., 3:]}

    r.forward = outputs
    weighted(r, {"y": "dy", "z": "dz"})
    return {"dy": values(2, 4, 3), "dz": values(2, 4, 3)}


def from_zero(start):
    """The states before either direction: the backward one starts from zero."""
    return torch.stack([start, torch.zeros_like(start)])


@case
def recurrent_rnn(r):
    weighing = both_directions(r, 1, lambda x, start, *w, **o: torch.rnn_tanh(x, from_zero(start), *w, **o))
    r.batches = [{"start": values(2, 3), **weighing}]


@case
def recurrent_lstm(r):
    def run(x, start, *w, **options):
        return torch.lstm(x, (from_zero(start[0]), from_zero(start[1])), *w, **options)

    weighing = both_directions(r, 4, run)
    r.batches = [{"start": values(2, 2, 3), **weighing}]


@case
def recurrent_gru(r):
    weighing = both_directions(r, 3, lambda x, start, *w, **o: torch.gru(x, from_zero(start), *w, **o))
    r.batches = [{"start": values(2, 3), **weighing}]


@case
def recurrent_cells(r):
    r.parameter("x", values(3, 2))
    r.parameter("h", values(3, 4))
    r.parameter("c", values(3, 4))
    for path, gates in [("plain", 1), ("long", 4), ("gated", 3)]:
        recurrent(r, path, 2, 4, gates)
    r.batches = [{"du": values(3, 4), "dv": values(2, 3, 4), "dw": values(3, 4)}]

    def outputs(p, x, training):
        return {
            "u": torch.rnn_tanh_cell(p["x"], p["h"], *weights(p, "plain")),
            "v": torch.stack(torch.lstm_cell(p["x"], (p["h"], p["c"]), *weights(p, "long"))),
            "w": torch.gru_cell(p["x"], p["h"], *weights(p, "gated")),
        }

    r.forward = outputs
    weighted(r, {"u": "du", "v": "dv", "w": "dw"})
