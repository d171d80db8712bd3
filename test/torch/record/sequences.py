"""Embedding and recurrent networks."""

import torch
import torch.nn.functional as F

from record.layout import linear
from record.recording import case, ids, tensor, values, weighted


@case
def embedding(r):
    r.parameter("y.embedding.E", values(6, 3))
    r.batches = [{"token": tensor([[2, 2, 0, 5], [1, 2, 5, 3]]), "dy": values(2, 4, 3)}]
    r.forward = lambda p, x, training: {"y": F.embedding(x["token"], p["y.embedding.E"])}
    r.loss = lambda p, x, training: (x["dy"] * r.forward(p, x, training)["y"] ** 2).sum()


def recurrent(p, network, start, x):
    """All states of torch.rnn_tanh, lstm or gru with the weights of the two linear maps `inward` and `onward`."""
    bias = p["inward.b"]
    weights = [p["inward.W"].T, p["onward.W"].T, bias, p.get("onward.b", torch.zeros_like(bias))]
    options = {"num_layers": 1, "dropout": 0.0, "train": False, "bidirectional": False, "batch_first": True}
    return network(x, start, weights, has_biases=True, **options)[0]


@case
def char_rnn(r):
    hidden, time, letters, batch = 5, 6, 7, 3
    r.model = "examples/char-rnn.nn"
    r.sizes = {"hidden": hidden, "time": time, "letters": letters}
    r.dims = {"batch": batch}
    r.hyper = {"lr": 3e-3}
    r.parameter("seen.embedding.E", values(letters, 16))
    r.linear("inward", 16, hidden)
    r.linear("onward", hidden, hidden, bias=False)
    r.linear("logits.linear", hidden, letters)
    r.batches = [{"letter": ids(letters, batch, time), "next": ids(letters, batch, time)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.Adam(p, lr=3e-3)
    start = torch.zeros(1, batch, hidden)

    def logits(p, x):
        states = recurrent(p, torch.rnn_tanh, start, F.embedding(x["letter"], p["seen.embedding.E"]))
        return linear(p, "logits.linear", states)

    r.forward = lambda p, x, training: {"probability": F.softmax(logits(p, x), -1)}
    r.loss = lambda p, x, training: F.cross_entropy(logits(p, x).flatten(0, 1), x["next"].flatten())


@case
def lstm(r):
    r.dims = {"batch": 2}
    r.linear("inward", 2, 12)
    r.linear("onward", 3, 12)
    r.batches = [{"x": values(2, 4, 2), "dy": values(2, 4, 3)}]
    start = torch.zeros(1, 2, 3)
    r.forward = lambda p, x, training: {"y": recurrent(p, torch.lstm, (start, start), x["x"])}
    weighted(r, {"y": "dy"})


@case
def gru(r):
    r.dims = {"batch": 2}
    r.linear("inward", 2, 9)
    r.linear("onward", 3, 9)
    r.batches = [{"x": values(2, 4, 2), "dy": values(2, 3)}]
    start = torch.zeros(1, 2, 3)
    r.forward = lambda p, x, training: {"y": recurrent(p, torch.gru, start, x["x"])[:, -1]}
    weighted(r, {"y": "dy"})


@case
def causal_conv1d(r):
    r.parameter("x", values(2, 7, 2))
    r.parameter("V", values(3, 2, 4))
    r.parameter("W", values(2, 4, 3))
    r.batches = [{"dy": values(2, 7, 3)}]

    def past(x, W, dilation):
        """Tap u of W [taps, in, out] reads u·dilation places back; PyTorch's last tap reads the present."""
        padded = F.pad(x.transpose(1, 2), ((len(W) - 1) * dilation, 0))
        return F.conv1d(padded, W.flip(0).permute(2, 1, 0), dilation=dilation).transpose(1, 2)

    r.forward = lambda p, x, training: {"y": past(torch.tanh(past(p["x"], p["V"], 1)), p["W"], 3)}
    weighted(r, {"y": "dy"})


@case
def tied_embedding(r):
    r.dims = {"batch": 4}
    r.hyper = {"lr": 1e-2}
    r.parameter("E", values(6, 3))
    r.linear("g.linear", 3, 3)
    r.batches = [{"word": ids(6, 4), "next": ids(6, 4)} for _ in range(3)]
    r.optimizer = lambda p: torch.optim.Adam(p, lr=1e-2)

    def logits(p, x):
        return torch.tanh(linear(p, "g.linear", F.embedding(x["word"], p["E"]))) @ p["E"].T

    r.forward = lambda p, x, training: {"probability": F.softmax(logits(p, x), -1)}
    r.loss = lambda p, x, training: F.cross_entropy(logits(p, x), x["next"])
